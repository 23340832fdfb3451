import { canonicalNumber } from "../decimal.js";

/** The canonical texts of single values, as JSON: the same ones as those of JSON records where both can say a value. */

const plain = /^[ !#-[\]-~]*$/;

export function stringText(text: string): string {
    return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

/**
 * The shortest text of exactly this double: 0.1 as a float is another number than 0.1 as a double, and is written so.
 * What is no number is an object, to be equal to no string.
 */
export function numberText(value: number): string {
    return Number.isFinite(value)
        ? canonicalNumber(String(value))!
        : `{"$number":"${String(value)}"}`;
}

/** `unscaled × 10^-scale`, exactly; a number must be an exact integer. */
export function decimalText(unscaled: bigint | number, scale: number): string {
    const text = String(unscaled);
    // As the canonical text would be, but several times as fast.
    if (scale > 0 && scale < plainPlaces && text.length < plainPlaces) {
        const isNegative = text.startsWith("-");
        const digits = (isNegative ? text.slice(1) : text).padStart(scale + 1, "0");
        let end = digits.length;
        const point = end - scale;
        while (end > point && digits.charCodeAt(end - 1) === zero) {
            end--;
        }
        const whole = isNegative ? `-${digits.slice(0, point)}` : digits.slice(0, point);
        return end === point ? whole : `${whole}.${digits.slice(point, end)}`;
    }
    return canonicalNumber(scale === 0 ? text : `${text}e${-scale}`)!;
}

/** Below so many digits, on either side of the point, no canonical text has an exponent. */
const plainPlaces = 30;
const zero = 0x30;

/** Bytes where the schema says that they are bytes. */
export function bytesText(hex: string): string {
    return `"${hex}"`;
}

/** Bytes where there may be strings too: inside arrays, in unions. */
export function taggedBytesText(hex: string): string {
    return `{"$bytes":"${hex}"}`;
}

/** The order in which members of an object are written: that of their names' UTF-16 units. */
export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
    return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

/** An object's text, from its members' texts by name. */
export function objectText(members: [string, string][]): string {
    return `{${members
        .sort(byName)
        .map(([name, text]) => `${JSON.stringify(name)}:${text}`)
        .join(",")}}`;
}
