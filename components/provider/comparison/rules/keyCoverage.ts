import { inParentheses, judgeBeyondNoise, shareOfRecords, type Measured } from "./noise.js";
import { totalsOf, type Found, type Rule, type Totals } from "./rule.js";
import { number, percent, recordOf, several } from "./wording.js";

/** Whether every identity is on both topics, and as often. */
export const keyCoverage: Rule = {
    name: "keyCoverage",
    settings: ({ rules }) => rules.keyCoverage,
    needsEveryRecord: true,
    examine(evidence, settings) {
        const { windows } = evidence;
        if (windows.length === 0) {
            return [];
        }
        const totals = totalsOf(windows);
        const { missing, extra, incumbentDuplicates, candidateDuplicates } = totals;
        const { maxMissingShare, maxExtraShare, maxDuplicatedShare } = settings.rules.keyCoverage;
        const incumbents = totals.incumbentSampled;
        const candidates = totals.candidateSampled;
        const noun = recordOf(settings);
        const name = settings.identity.join(", ");
        const judge = (allowed: number, measure: (totals: Totals) => Measured) =>
            judgeBeyondNoise(evidence, settings, allowed, (of) => measure(totalsOf(of.windows)));
        const found: Found[] = [];
        if (missing > 0) {
            const { outcome, share, confidence, note } = judge(maxMissingShare, (of) =>
                shareOfRecords(of.missing, of.incumbentSampled),
            );
            found.push({
                field: null,
                outcome,
                incumbent: missing,
                candidate: 0,
                n: incumbents,
                threshold: `${percent(maxMissingShare)} missing`,
                sentence:
                    `Missing: ${number(missing)} of the incumbent's ${several(incumbents, noun)}` +
                    `${inParentheses(share, confidence)}; the candidate has none with the same ${name}.${note}`,
            });
        }
        if (extra > 0) {
            const { outcome, share, confidence, note } = judge(maxExtraShare, (of) =>
                shareOfRecords(of.extra, of.candidateSampled),
            );
            found.push({
                field: null,
                outcome,
                incumbent: 0,
                candidate: extra,
                n: candidates,
                threshold: `${percent(maxExtraShare)} extra`,
                sentence:
                    `Extra: ${number(extra)} of the candidate's ${several(candidates, noun)}` +
                    `${inParentheses(share, confidence)}; the incumbent has none with the same ${name}.${note}`,
            });
        }
        if (incumbentDuplicates + candidateDuplicates > 0) {
            const { outcome, confidence, note } = judge(maxDuplicatedShare, duplicated);
            found.push({
                field: null,
                outcome,
                incumbent: incumbentDuplicates,
                candidate: candidateDuplicates,
                n: Math.max(incumbents, candidates),
                threshold: `${percent(maxDuplicatedShare)} duplicated`,
                sentence:
                    describeDuplicates(incumbentDuplicates, candidateDuplicates, name) +
                    `${inParentheses(confidence)}.${note}`,
            });
        }
        if (found.length === 0) {
            found.push({
                field: null,
                outcome: "pass",
                incumbent: incumbents,
                candidate: candidates,
                n: incumbents,
                threshold: "every identity on both, as often",
                sentence: `Both versions have the same identities (${name}), as often.`,
            });
        }
        return found;
    },
};

/** The larger share of the two versions. */
function duplicated(totals: Totals): Measured {
    const incumbent = shareOfRecords(totals.incumbentDuplicates, totals.incumbentSampled);
    const candidate = shareOfRecords(totals.candidateDuplicates, totals.candidateSampled);
    return candidate.estimate.value >= incumbent.estimate.value ? candidate : incumbent;
}

function describeDuplicates(incumbents: number, candidates: number, name: string): string {
    const has = (version: string, count: number) =>
        `the ${version} has ${several(count, "record")} more than the other version of the same ${name}`;
    const parts = [
        candidates > 0 ? has("candidate", candidates) : "",
        incumbents > 0 ? has("incumbent", incumbents) : "",
    ].filter((part) => part !== "");
    return `Duplicates: ${parts.join("; ")}`;
}
