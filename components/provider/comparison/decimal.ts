/**
 * A JSON number, exactly: `digits × 10^exponent`, without trailing zeros in the digits. What a double cannot
 * hold (2^53 + 1, 1e400, 400 decimals) stays what it is; 1, 1.0 and 1e0 are one number, and so are 0 and -0.
 */
export interface Decimal {
    readonly digits: bigint;
    readonly exponent: number;
}

/** Numbers with a larger exponent than this are refused: they would not be exact any more. */
const largestExponent = 1_000_000_000;
/** Numbers that need more places than this are written with an exponent. */
const mostPlaces = 30;
/** Apart by more orders of magnitude than this, two numbers are not brought to one scale. */
const largestScale = 2_000;

const alreadyCanonical = /^-?(?:[1-9]\d{0,29}|(?:0|[1-9]\d{0,14})\.\d{0,13}[1-9])$/;
const jsonNumber = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The one text of a number, from any way of writing it; `undefined` past the largest exponent. */
export function canonicalNumber(source: string): string | undefined {
    if (alreadyCanonical.test(source)) {
        return source;
    }
    const decimal = parseDecimal(source);
    return decimal === undefined ? undefined : writeDecimal(decimal);
}

/** Reads a number as JSON writes it; `undefined` where it is none, or past the largest exponent. */
export function parseDecimal(source: string): Decimal | undefined {
    const match = jsonNumber.exec(source);
    if (match === null) {
        return undefined;
    }
    const [, sign, whole, fraction = "", power = "0"] = match;
    const all = `${whole}${fraction}`.replace(/^0+/, "");
    const digits = all.replace(/0+$/, "");
    if (digits === "") {
        return { digits: 0n, exponent: 0 };
    }
    const exponent = Number(power) - fraction.length + (all.length - digits.length);
    if (Math.abs(exponent) > largestExponent) {
        return undefined;
    }
    return { digits: BigInt(`${sign}${digits}`), exponent };
}

/** The one text of a number. */
export function writeDecimal({ digits, exponent }: Decimal): string {
    const sign = digits < 0n ? "-" : "";
    const text = String(digits < 0n ? -digits : digits);
    if (exponent >= 0 && text.length + exponent <= mostPlaces) {
        return `${sign}${text}${"0".repeat(exponent)}`;
    }
    if (exponent < 0 && -exponent <= mostPlaces && text.length <= mostPlaces) {
        const padded = text.padStart(1 - exponent, "0");
        return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
    }
    return `${sign}${text}e${exponent}`;
}

/** How far two numbers are apart; `undefined` where they are too many orders of magnitude apart to say. */
export function distance(a: Decimal, b: Decimal): Decimal | undefined {
    const scaled = toOneScale(a, b);
    if (scaled === undefined) {
        return undefined;
    }
    const difference = scaled.a - scaled.b;
    return { digits: difference < 0n ? -difference : difference, exponent: scaled.exponent };
}

/**
 * The sum of two numbers, exactly; of numbers too many orders of magnitude apart to say, the larger one.
 */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
    const scaled = toOneScale(a, b);
    return scaled === undefined
        ? a.exponent > b.exponent
            ? a
            : b
        : withoutZeros(scaled.a + scaled.b, scaled.exponent);
}

/** Without trailing zeros in the digits, as every `Decimal` is. */
function withoutZeros(digits: bigint, exponent: number): Decimal {
    if (digits === 0n) {
        return { digits, exponent: 0 };
    }
    let [rest, power] = [digits, exponent];
    while (rest % 10n === 0n) {
        rest /= 10n;
        power++;
    }
    return { digits: rest, exponent: power };
}

/** The product of two numbers, exactly. */
export function product(a: Decimal, b: Decimal): Decimal {
    return { digits: a.digits * b.digits, exponent: a.exponent + b.exponent };
}

/** Whether `a` is at most `b`, both not negative. */
export function atMost(a: Decimal, b: Decimal): boolean {
    const scaled = toOneScale(a, b);
    if (scaled === undefined) {
        return a.digits === 0n || (b.digits !== 0n && a.exponent < b.exponent);
    }
    return scaled.a <= scaled.b;
}

/** The nearest double, and the largest one for what is larger. */
export function toNumber({ digits, exponent }: Decimal): number {
    const value = Number(`${digits}e${exponent}`);
    return Number.isFinite(value) ? value : Math.sign(value) * Number.MAX_VALUE;
}

function toOneScale(
    a: Decimal,
    b: Decimal,
): { a: bigint; b: bigint; exponent: number } | undefined {
    // Zero has every scale.
    const exponent =
        a.digits === 0n
            ? b.exponent
            : b.digits === 0n
              ? a.exponent
              : Math.min(a.exponent, b.exponent);
    const raise = (value: Decimal) => (value.digits === 0n ? 0 : value.exponent - exponent);
    if (raise(a) > largestScale || raise(b) > largestScale) {
        return undefined;
    }
    return {
        a: a.digits * 10n ** BigInt(raise(a)),
        b: b.digits * 10n ** BigInt(raise(b)),
        exponent,
    };
}
