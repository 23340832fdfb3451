import type { Severity } from "../../compareRules.js";
import type { Sample } from "./evidence.js";
import type { Side } from "../../side.js";

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

/** A sample of the identities, in the windows that count. */
export interface SampleSize {
    /** As `compare.sample` says. */
    readonly share: number;
    readonly identities: number;
    readonly records: Sided;
    /** Records that were only counted. */
    readonly unsampledRecords: Sided;
    /** What differs in so large a share of all identities, or in so many, shows in the sample with 95 % confidence. */
    readonly smallestShare: number;
    readonly smallestCount: number;
    /** All of it in words. */
    readonly sentence: string;
}

type Sided = Readonly<Record<Side, number>>;

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
    /** Of each version all in the windows that count; what became of them, of those that were compared. */
    readonly records: {
        readonly incumbent: number;
        readonly candidate: number;
        readonly matched: number;
        readonly changed: number;
        readonly missing: number;
        readonly extra: number;
    };
    /** What of the records was compared, and what that can show; `null` where it is all of them. */
    readonly sample: SampleSize | null;
    /** Failing findings first, then inconclusive ones, then passing ones. */
    readonly findings: readonly Finding[];
    readonly gaps: readonly string[];
    readonly samples: readonly Sample[];
}
