import type { CompareSettings } from "../../../compare.js";
import type { Evidence } from "../evidence.js";
import type { Severity } from "../../../compareRules.js";
import type { Finding } from "../verdict.js";

/** What a rule finds; the rest is the rule's. */
export type Found = Omit<Finding, "rule" | "severity">;

/** How grave a failure is, and how many records a rule must rest on to judge. */
export interface RuleLimits {
    readonly severity: Severity;
    readonly minRecords: number;
}

/** One question about the evidence. A pure function: the same evidence gives the same findings. */
export interface Rule {
    readonly name: string;
    /** What the settings say of the rule; a finding may be more, or less, than others of its rule. */
    readonly settings: (settings: CompareSettings, found: Found) => RuleLimits;
    /**
     * Whether a failure could come from records that were not read. With gaps in the evidence such a rule
     * cannot fail a verdict, only keep it from passing.
     */
    readonly needsEveryRecord: boolean;
    readonly examine: (evidence: Evidence, settings: CompareSettings) => Found[];
}

/** The windows that count, taken together. */
export interface Totals {
    readonly windows: number;
    readonly incumbentRecords: number;
    readonly candidateRecords: number;
    readonly incumbentSampled: number;
    readonly candidateSampled: number;
    readonly matched: number;
    readonly changed: number;
    readonly missing: number;
    readonly extra: number;
    readonly incumbentDuplicates: number;
    readonly candidateDuplicates: number;
}

export function totalsOf(windows: Evidence["windows"]): Totals {
    const sum = (key: Exclude<keyof Totals, "windows">) =>
        windows.reduce((total, window) => total + window[key], 0);
    return {
        windows: windows.reduce((total, { windows: of }) => total + of, 0),
        incumbentRecords: sum("incumbentRecords"),
        candidateRecords: sum("candidateRecords"),
        incumbentSampled: sum("incumbentSampled"),
        candidateSampled: sum("candidateSampled"),
        matched: sum("matched"),
        changed: sum("changed"),
        missing: sum("missing"),
        extra: sum("extra"),
        incumbentDuplicates: sum("incumbentDuplicates"),
        candidateDuplicates: sum("candidateDuplicates"),
    };
}

/** A share of nothing is 0 where there is nothing to share, and more than any threshold where there is. */
export function shareOf(part: number, whole: number): number {
    return part === 0 ? 0 : whole === 0 ? Infinity : part / whole;
}
