/** Numbers and times as they stand in sentences: the same ones everywhere, in every locale. */

export function number(value: number): string {
    return value.toLocaleString("en-US", { maximumSignificantDigits: 15 });
}

/** `3 records`, `1 record`. */
export function several(count: number, noun: string): string {
    return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A share as a percentage, with enough digits never to round a difference away. */
export function percent(share: number): string {
    if (!Number.isFinite(share)) {
        return "more than there is";
    }
    return `${(share * 100).toLocaleString("en-US", { maximumSignificantDigits: 2 })} %`;
}

export function time(milliseconds: number): string {
    const date = new Date(milliseconds);
    return Number.isNaN(date.getTime())
        ? `${milliseconds} ms`
        : date.toISOString().replace(/(:00)?\.000Z$/, "Z");
}
