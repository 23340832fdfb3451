/** Numbers and times as they stand in sentences: the same ones everywhere, in every locale. */

export function number(value: number): string {
    return value.toLocaleString("en-US", { maximumSignificantDigits: 15 });
}

/** `3 records`, `1 record`. */
export function several(count: number, noun: string): string {
    return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a compared record is called: where only a sample is compared, one of that. */
export function recordOf({ sample }: { readonly sample: number }): string {
    return sample < 1 ? "sampled record" : "record";
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

/** A length of time, in the largest unit that it has one of: `90 ms`, `1.5 hours`. */
export function duration(milliseconds: number): string {
    const units = [
        ["hour", 3_600_000],
        ["minute", 60_000],
        ["second", 1_000],
    ] as const;
    const unit = units.find(([, length]) => milliseconds >= length);
    return unit === undefined
        ? `${number(milliseconds)} ms`
        : several(Number((milliseconds / unit[1]).toPrecision(3)), unit[0]);
}
