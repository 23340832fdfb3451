import type { Severity } from "../../compareRules.js";
import type { Sample } from "./evidence.js";

export type Outcome = "pass" | "fail" | "inconclusive";

/** One rule's result on the evidence. */
export interface Finding {
    readonly rule: string;
    /** The field it is about; `null` where it is about whole records. */
    readonly field: string | null;
    readonly severity: Severity;
    readonly outcome: Outcome;
    readonly incumbent: number | string | null;
    readonly candidate: number | string | null;
    /** How many records or pairs it rests on. */
    readonly n: number;
    /** What was allowed, as a number with its unit or a short phrase. */
    readonly threshold: string;
    /** One sentence that a person understands without the rest. */
    readonly sentence: string;
}

/** The decision on a candidate. Plain JSON; frozen once made. */
export interface Verdict {
    readonly reportVersion: 1;
    readonly outcome: Outcome;
    /** Versions by name. */
    readonly incumbent: string;
    readonly candidate: string;
    /** What exactly was compared: see `fingerprint`. */
    readonly fingerprint: string;
    /** ISO time at which the look ended. */
    readonly comparedAt: string;
    /** ISO time of the first counted window's start; `null` where none counted. Earlier ones are warm-up. */
    readonly coveredFrom: string | null;
    /** ISO time: the end of the contiguous run of passing windows; `null` where there is none. */
    readonly verifiedThrough: string | null;
    readonly windows: number;
    readonly records: {
        readonly incumbent: number;
        readonly candidate: number;
        readonly matched: number;
        readonly changed: number;
        readonly missing: number;
        readonly extra: number;
    };
    /** Failing findings first, then inconclusive ones, then passing ones. */
    readonly findings: readonly Finding[];
    readonly gaps: readonly string[];
    readonly samples: readonly Sample[];
}
