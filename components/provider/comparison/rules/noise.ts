import type { CompareSettings } from "../../../compare.js";
import type { Evidence } from "../evidence.js";
import type { Outcome } from "../verdict.js";
import {
    atLeastNone,
    enoughForDifference,
    enoughForShare,
    exactly,
    judge,
    minus,
    proportion,
    type Estimate,
} from "./confidence.js";
import { isEnough } from "./sufficiency.js";
import { number, percent } from "./wording.js";

/** How far a version is from the incumbent, measured in one way. */
export interface Measured {
    readonly estimate: Estimate;
    /** The same of the records that were read, whatever others would say: what counts where nothing is allowed. */
    readonly seen: Estimate;
    /** Why nothing can be decided where what is `left` of it is neither surely within nor surely beyond. */
    readonly doubt: (left: Estimate, allowed: number) => string;
}

export interface Judged {
    readonly outcome: Outcome;
    /** The share that was seen, `0.4 %`. */
    readonly share: string;
    /** `95 % confidence: 0.2 % to 0.8 %`; empty where one record is too many, whatever the confidence. */
    readonly confidence: string;
    /** Sentences on the noise and on what is missing, with a space in front; empty where there is nothing to add. */
    readonly note: string;
}

/** Measures `part` of so many records, or pairs. */
export function shareOfRecords(part: number, of: number): Measured {
    const estimate = proportion(part, of);
    return {
        estimate,
        seen: exactly(estimate.value),
        doubt: (left, allowed) =>
            tooFew(
                allowed,
                left === estimate
                    ? enoughForShare(estimate.value, allowed)
                    : enoughForDifference(left, of, allowed),
            ),
    };
}

/** Measures a difference that rests on `n` records. */
export function differenceOfRecords(estimate: Estimate, n: number): Measured {
    return {
        estimate,
        seen: exactly(estimate.value),
        doubt: (left, allowed) => tooFew(allowed, enoughForDifference(left, n, allowed)),
    };
}

function tooFew(allowed: number, enough: number | null): string {
    const question = allowed === 0 ? "more than nothing" : `within ${percent(allowed)}`;
    return enough === null
        ? ` That is too near to ${percent(allowed)} to say whether it is ${question}.`
        : ` There are too few records to say whether that is ${question}: about ${number(enough)} would be enough.`;
}

/**
 * Judges what `measure` finds in the evidence. Where a control version is there, what is found of it in the candidate's
 * place is noise, and taken off first; only a candidate that passes by itself needs no control.
 */
export function judgeBeyondNoise(
    evidence: Evidence,
    settings: CompareSettings,
    allowed: number,
    measure: (evidence: Evidence) => Measured,
): Judged {
    const { control } = evidence;
    const { estimate, seen, doubt } = measure(evidence);
    const outcome = judge(allowed === 0 ? seen : estimate, allowed);
    const judged: Judged = {
        outcome,
        share: percent(estimate.value),
        confidence: allowed > 0 ? confidenceOf(estimate) : "",
        note: outcome === "inconclusive" ? doubt(estimate, allowed) : "",
    };
    if (control === null || outcome === "pass") {
        return judged;
    }
    const lacking = unusable(control, settings);
    if (lacking !== undefined) {
        const note = ` How much of that is noise is not known: ${lacking}`;
        return { ...judged, outcome: "inconclusive", note };
    }
    const noise = measure(control).estimate;
    const left = atLeastNone(minus(estimate, noise));
    const beyond = judge(left, allowed);
    return {
        ...judged,
        outcome: beyond,
        note:
            ` The control ${control.candidate.version} differs by ${percent(noise.value)} itself, which leaves ` +
            `${percent(left.value)}${inParentheses(confidenceOf(left))}.` +
            (beyond === "inconclusive" ? doubt(left, allowed) : ""),
    };
}

/** `(a; b)` with a space in front, of what is not empty. */
export function inParentheses(...parts: readonly string[]): string {
    const present = parts.filter((part) => part !== "");
    return present.length === 0 ? "" : ` (${present.join("; ")})`;
}

function confidenceOf({ low, high }: Estimate): string {
    return low === high ? "" : `95 % confidence: ${percent(low)} to ${percent(high)}`;
}

/** What keeps a control from saying how much is noise. */
function unusable(control: Evidence, settings: CompareSettings): string | undefined {
    const [gap] = control.gaps;
    if (gap !== undefined) {
        return `of the control ${control.candidate.version}, ${gap}`;
    }
    return isEnough(control, settings)
        ? undefined
        : `there is not enough of the control ${control.candidate.version} to judge by yet.`;
}
