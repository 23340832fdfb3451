import type { CompareSettings } from "../../compare.js";
import type { Evidence, WindowEvidence } from "./evidence.js";
import { rules } from "./rules/index.js";
import { sampleSize } from "./sampleSize.js";
import { shareOf, totalsOf, type Found, type Rule } from "./rules/rule.js";
import { number } from "./rules/wording.js";
import type { Finding, Outcome, Verdict } from "./verdict.js";

export interface About {
    /** What was compared: see `fingerprint`. */
    readonly fingerprint: string;
    /** ISO time at which the look ended. */
    readonly comparedAt: string;
}

/**
 * Judges evidence. One critical failure fails the verdict; else a gap, or a rule without enough evidence, makes
 * it inconclusive; only what is left passes.
 *
 * With gaps in the evidence only those failures decide that missing records cannot have made (two counterparts
 * that were both read, and differ). A count or a key that is missing may just not have been read: the verdict
 * is then inconclusive, and the finding stands beside the gap.
 */
export function decide(evidence: Evidence, settings: CompareSettings, about: About): Verdict {
    const findings = sortByOutcome(
        rules.flatMap((rule) =>
            atMost(rule.examine(evidence, settings).map((found) => finding(rule, found, settings))),
        ),
    );
    const [first] = evidence.windows;
    const totals = totalsOf(evidence.windows);
    const verifiedThrough = endOfPassing(evidence.windows, settings);
    return deepFreeze({
        reportVersion: 1,
        outcome: outcomeOf(findings, evidence.gaps),
        incumbent: evidence.incumbent.version,
        candidate: evidence.candidate.version,
        fingerprint: about.fingerprint,
        comparedAt: about.comparedAt,
        coveredFrom: first === undefined ? null : new Date(first.start).toISOString(),
        verifiedThrough: verifiedThrough === null ? null : new Date(verifiedThrough).toISOString(),
        windows: totals.windows,
        records: {
            incumbent: totals.incumbentRecords,
            candidate: totals.candidateRecords,
            matched: totals.matched,
            changed: totals.changed,
            missing: totals.missing,
            extra: totals.extra,
        },
        sample: sampleSize(evidence.windows, settings),
        findings,
        gaps: evidence.gaps,
        samples: evidence.samples,
    });
}

/** Findings of one rule that stand by themselves: a topic may have a hundred thousand fields. */
const mostFindings = 50;

/** The gravest findings of a rule, and one for all the others. */
function atMost(findings: readonly Finding[]): Finding[] {
    const sorted = sortByOutcome(findings);
    const rest = sorted.slice(mostFindings);
    const [gravest] = rest;
    return gravest === undefined
        ? sorted
        : [
              ...sorted.slice(0, mostFindings),
              {
                  ...gravest,
                  field: null,
                  incumbent: null,
                  candidate: null,
                  sentence: `And ${number(rest.length)} more findings of this rule, none graver than: ${gravest.sentence}`,
              },
          ];
}

/** What rests on fewer records than the rule asks for decides nothing. */
function finding(rule: Rule, found: Found, settings: CompareSettings): Finding {
    const { severity, minRecords } = rule.settings(settings, found);
    const known = { rule: rule.name, severity, ...found };
    return found.n >= minRecords
        ? known
        : {
              ...known,
              outcome: "inconclusive",
              sentence: `${found.sentence} That rests on ${number(found.n)} records, of ${number(minRecords)} needed.`,
          };
}

/** Also the order in which findings are shown. */
const outcomes: readonly Outcome[] = ["fail", "inconclusive", "pass"];

function sortByOutcome(findings: readonly Finding[]): Finding[] {
    return findings.toSorted((a, b) => outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome));
}

function outcomeOf(findings: readonly Finding[], gaps: readonly string[]): Outcome {
    const deciding = findings.filter(({ severity }) => severity !== "informational");
    const fails = deciding.some(
        ({ rule, severity, outcome }) =>
            outcome === "fail" &&
            severity === "critical" &&
            (gaps.length === 0 || !needsEveryRecord.has(rule)),
    );
    if (fails) {
        return "fail";
    }
    // A required rule that fails does not fail the verdict, but what it asks for is not there.
    const passes =
        gaps.length === 0 &&
        deciding.length > 0 &&
        deciding.every(({ outcome }) => outcome === "pass");
    return passes ? "pass" : "inconclusive";
}

const needsEveryRecord = new Set(
    rules.filter((rule) => rule.needsEveryRecord).map(({ name }) => name),
);

/** The end of the last window before the first one that does not pass by itself. */
function endOfPassing(
    windows: readonly WindowEvidence[],
    settings: CompareSettings,
): number | null {
    let end: number | null = null;
    for (const window of windows) {
        if (!passes(window, settings)) {
            break;
        }
        end = window.end;
    }
    return end;
}

function passes(window: WindowEvidence, { rules: allowed }: CompareSettings): boolean {
    const { incumbentRecords, candidateRecords, incumbentSampled, candidateSampled } = window;
    const apart = Math.abs(candidateRecords - incumbentRecords);
    const { maxMissingShare, maxExtraShare, maxDuplicatedShare } = allowed.keyCoverage;
    return (
        shareOf(apart, incumbentRecords) <= allowed.counts.maxRelativeDifference &&
        shareOf(window.missing, incumbentSampled) <= maxMissingShare &&
        shareOf(window.extra, candidateSampled) <= maxExtraShare &&
        shareOf(window.incumbentDuplicates, incumbentSampled) <= maxDuplicatedShare &&
        shareOf(window.candidateDuplicates, candidateSampled) <= maxDuplicatedShare &&
        shareOf(window.changed, window.matched + window.changed) <= allowed.values.maxDifferentShare
    );
}

function deepFreeze<T>(value: T): T {
    if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
        Object.values(value).forEach(deepFreeze);
        Object.freeze(value);
    }
    return value;
}
