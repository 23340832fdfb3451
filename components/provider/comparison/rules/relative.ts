import { distance, parseDecimal, product, type Decimal } from "../decimal.js";
import { exactly, type Estimate } from "./confidence.js";

/** How far a number is from the incumbent's, as a share of the incumbent's; more than any share of nothing. */
export function relativeDifference(incumbent: Decimal, candidate: Decimal): number {
    const apart = distance(incumbent, candidate);
    if (apart === undefined) {
        // Too many orders of magnitude apart to write down: the larger one is all there is.
        return candidate.exponent > incumbent.exponent ? Infinity : 1;
    }
    return apart.digits === 0n ? 0 : incumbent.digits === 0n ? Infinity : ratio(apart, incumbent);
}

/** The same of two exact decimal texts. */
export function exactDifference(incumbent: string, candidate: string): Estimate {
    return exactly(relativeDifference(parse(incumbent), parse(candidate)));
}

/** The same of two means, of exact sums over so many numbers each: compared across, nothing has to be divided. */
export function meanDifference(
    incumbent: { readonly sum: string; readonly count: number },
    candidate: { readonly sum: string; readonly count: number },
): Estimate {
    const of = (sum: string, count: number) => product(parse(sum), parse(String(count)));
    return exactly(
        relativeDifference(of(incumbent.sum, candidate.count), of(candidate.sum, incumbent.count)),
    );
}

/**
 * The same of two numbers that are each within a share `error` of the true one. Two equal ones are taken as equal: the
 * same records give the same estimate.
 */
export function differenceWithin(
    incumbent: number,
    candidate: number,
    errors: { readonly incumbent: number; readonly candidate: number },
): Estimate {
    if (incumbent === candidate) {
        return exactly(0);
    }
    if (incumbent === 0 || candidate === 0) {
        // An error that is a share leaves zero what it is.
        return exactly(incumbent === 0 ? Infinity : 1);
    }
    const seen = candidate / incumbent;
    const bounds = [
        (seen * (1 - errors.incumbent)) / (1 + errors.candidate),
        (seen * (1 + errors.incumbent)) / (1 - errors.candidate),
    ].sort((a, b) => a - b) as [number, number];
    const [low, high] = bounds;
    return {
        value: Math.abs(seen - 1),
        low: low <= 1 && high >= 1 ? 0 : Math.min(Math.abs(low - 1), Math.abs(high - 1)),
        high: Math.max(Math.abs(low - 1), Math.abs(high - 1)),
    };
}

const digits = 25;

/** The nearest double of a share: both numbers are exact, so that 0.1 is not more than 0.1. */
function ratio(part: Decimal, whole: Decimal): number {
    const of = whole.digits < 0n ? -whole.digits : whole.digits;
    const shift = Math.max(0, digits + String(of).length - String(part.digits).length);
    const quotient = (part.digits * 10n ** BigInt(shift)) / of;
    return Number(`${quotient}e${part.exponent - whole.exponent - shift}`);
}

function parse(text: string): Decimal {
    const decimal = parseDecimal(text);
    if (decimal === undefined) {
        throw new Error(`An aggregate is not a decimal number: ${text}`);
    }
    return decimal;
}
