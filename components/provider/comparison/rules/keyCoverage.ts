import { shareOf, totalsOf, type Found, type Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

/** Whether every identity is on both topics, and as often. */
export const keyCoverage: Rule = {
    name: "keyCoverage",
    settings: ({ rules }) => rules.keyCoverage,
    needsEveryRecord: true,
    examine({ windows }, { identity, rules }) {
        if (windows.length === 0) {
            return [];
        }
        const totals = totalsOf(windows);
        const { missing, extra, incumbentDuplicates, candidateDuplicates } = totals;
        const { maxMissingShare, maxExtraShare, maxDuplicatedShare } = rules.keyCoverage;
        const incumbents = totals.incumbentRecords;
        const candidates = totals.candidateRecords;
        const name = identity.join(", ");
        const found: Found[] = [];
        if (missing > 0) {
            const share = shareOf(missing, incumbents);
            found.push({
                field: null,
                outcome: share > maxMissingShare ? "fail" : "pass",
                incumbent: missing,
                candidate: 0,
                n: incumbents,
                threshold: `${percent(maxMissingShare)} missing`,
                sentence:
                    `Missing: ${number(missing)} of the incumbent's ${several(incumbents, "record")} ` +
                    `(${percent(share)}); the candidate has none with the same ${name}.`,
            });
        }
        if (extra > 0) {
            const share = shareOf(extra, candidates);
            found.push({
                field: null,
                outcome: share > maxExtraShare ? "fail" : "pass",
                incumbent: 0,
                candidate: extra,
                n: candidates,
                threshold: `${percent(maxExtraShare)} extra`,
                sentence:
                    `Extra: ${number(extra)} of the candidate's ${several(candidates, "record")} ` +
                    `(${percent(share)}); the incumbent has none with the same ${name}.`,
            });
        }
        if (incumbentDuplicates + candidateDuplicates > 0) {
            const share = Math.max(
                shareOf(incumbentDuplicates, incumbents),
                shareOf(candidateDuplicates, candidates),
            );
            found.push({
                field: null,
                outcome: share > maxDuplicatedShare ? "fail" : "pass",
                incumbent: incumbentDuplicates,
                candidate: candidateDuplicates,
                n: Math.max(incumbents, candidates),
                threshold: `${percent(maxDuplicatedShare)} duplicated`,
                sentence: describeDuplicates(incumbentDuplicates, candidateDuplicates, name),
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

function describeDuplicates(incumbents: number, candidates: number, name: string): string {
    const has = (version: string, count: number) =>
        `the ${version} has ${several(count, "record")} more than the other version of the same ${name}`;
    const parts = [
        candidates > 0 ? has("candidate", candidates) : "",
        incumbents > 0 ? has("incumbent", incumbents) : "",
    ].filter((part) => part !== "");
    return `Duplicates: ${parts.join("; ")}.`;
}
