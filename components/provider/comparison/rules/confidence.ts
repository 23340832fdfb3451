import type { Outcome } from "../verdict.js";

/** A number that was measured, and where the true one lies with 95 % confidence. */
export interface Estimate {
    readonly value: number;
    readonly low: number;
    readonly high: number;
}

/** The 97.5 % point of the normal distribution: what is beyond it on either side is 5 % together. */
const z = 1.959963984540054;

/** What is known exactly. */
export function exactly(value: number): Estimate {
    return { value, low: value, high: value };
}

/**
 * A share of `n`, by Wilson's score interval (E. B. Wilson, JASA 22, 1927, without continuity correction), which keeps
 * its promise where there are few records or the share is near 0 or 1. More than all of them is taken for exact.
 */
export function proportion(k: number, n: number): Estimate {
    if (k > n) {
        return exactly(n === 0 ? Infinity : k / n);
    }
    if (n === 0) {
        return { value: 0, low: 0, high: 1 };
    }
    const p = k / n;
    const centre = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
    const reach = (z / (1 + z ** 2 / n)) * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
    // At the ends the sum is exact on paper only.
    return { value: p, low: k === 0 ? 0 : centre - reach, high: k === n ? 1 : centre + reach };
}

/**
 * The difference of two estimates that do not depend on each other. For two proportions it is Newcombe's hybrid score
 * interval (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10); for others the same recovery of variance from
 * their intervals (Zou and Donner, Statistics in Medicine 27, 2008).
 */
export function minus(a: Estimate, b: Estimate): Estimate {
    if (a.value === b.value && a.low === a.high && b.low === b.high) {
        return exactly(0);
    }
    const value = a.value - b.value;
    return {
        value,
        low: value - Math.hypot(a.value - a.low, b.high - b.value),
        high: value + Math.hypot(a.high - a.value, b.value - b.low),
    };
}

/**
 * The difference of two proportions of the same `n` pairs, of which `more` have only the first property and `less`
 * only the second: the Wald interval with half a pair added to each cell (A. Agresti and Y. Min, Statistics in Medicine
 * 24, 2005). Pairs that agree say nothing about the difference, so it is far narrower than that of unpaired ones.
 */
export function pairedDifference(more: number, less: number, n: number): Estimate {
    const value = n === 0 ? 0 : (more - less) / n;
    const centre = (more - less) / (n + 2);
    const reach =
        (z * Math.sqrt(Math.max(0, more + less + 1 - (more - less) ** 2 / (n + 2)))) / (n + 2);
    return {
        value,
        low: Math.max(-1, Math.min(value, centre - reach)),
        high: Math.min(1, Math.max(value, centre + reach)),
    };
}

/** The size of a difference, whichever way it goes. */
export function sizeOf({ value, low, high }: Estimate): Estimate {
    return {
        value: Math.abs(value),
        low: Math.max(0, low, -high),
        high: Math.max(Math.abs(low), Math.abs(high)),
    };
}

/** What is left of a difference that counts only where it is positive. */
export function atLeastNone({ value, low, high }: Estimate): Estimate {
    return { value: Math.max(0, value), low: Math.max(0, low), high: Math.max(0, high) };
}

/**
 * Whether an estimate is within what is allowed: surely within passes, surely beyond fails, and where the interval holds
 * both nothing is decided. Nothing at all passes whatever is allowed, so that a looser threshold never takes a pass away.
 */
export function judge({ value, low, high }: Estimate, allowed: number): Outcome {
    if (value <= 0 || high <= allowed) {
        return "pass";
    }
    return low > allowed ? "fail" : "inconclusive";
}

/** Judges `k` of `n`; where nothing is allowed, one is too many. */
export function judgeShare(
    k: number,
    n: number,
    allowed: number,
): { outcome: Outcome; low: number; high: number } {
    const share = proportion(k, n);
    return { outcome: judge(share, allowed), low: share.low, high: share.high };
}

/**
 * About how many records would decide on a share that stayed as it is: Wilson's interval reaches the threshold `a` at
 * z² a (1 − a) / (p − a)² of them. Two digits, rounded up; `null` where the share is what is allowed, and no number is
 * enough.
 */
export function enoughForShare(share: number, allowed: number): number | null {
    const distance = share - allowed;
    return distance === 0 ? null : rounded((z ** 2 * allowed * (1 - allowed)) / distance ** 2);
}

/** The same for a difference that rests on `n` records: its interval shrinks with the root of their number. */
export function enoughForDifference(
    { value, low, high }: Estimate,
    n: number,
    allowed: number,
): number | null {
    const distance = Math.abs(value - allowed);
    const reach = value < allowed ? high - value : value - low;
    return distance === 0 ? null : rounded(n * (reach / distance) ** 2);
}

function rounded(records: number): number {
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(records)) - 1);
    return Math.ceil(records / unit) * unit;
}
