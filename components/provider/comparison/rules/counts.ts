import type { WindowEvidence } from "../evidence.js";
import { shareOf, totalsOf, type Rule } from "./rule.js";
import { number, percent, several, time } from "./wording.js";

/** Records per window. Windows with more do not make up for windows with fewer. */
export const counts: Rule = {
    name: "counts",
    settings: ({ rules }) => rules.counts,
    needsEveryRecord: true,
    examine({ windows }, { rules }) {
        if (windows.length === 0) {
            return [];
        }
        const { incumbentRecords, candidateRecords } = totalsOf(windows);
        const differing = windows.filter((window) => apart(window) > 0);
        const share = shareOf(
            windows.reduce((sum, window) => sum + apart(window), 0),
            incumbentRecords,
        );
        const allowed = rules.counts.maxRelativeDifference;
        return [
            {
                field: null,
                outcome: share > allowed ? "fail" : "pass",
                incumbent: incumbentRecords,
                candidate: candidateRecords,
                n: incumbentRecords,
                threshold: `${percent(allowed)} of the incumbent's records`,
                sentence: describe(windows, differing, share),
            },
        ];
    },
};

const apart = ({ incumbentRecords, candidateRecords }: WindowEvidence) =>
    Math.abs(candidateRecords - incumbentRecords);

function describe(
    windows: readonly WindowEvidence[],
    differing: readonly WindowEvidence[],
    share: number,
): string {
    const [first] = differing;
    if (first === undefined) {
        return `Both versions have the same number of records in each of ${several(windows.length, "window")}.`;
    }
    const worst = differing.reduce((a, b) => (apart(b) > apart(a) ? b : a), first);
    return (
        `The number of records differs in ${number(differing.length)} of ${several(windows.length, "window")}, ` +
        `by ${percent(share)} in all; most at ${time(worst.start)}: ${number(worst.candidateRecords)} ` +
        `against the incumbent's ${number(worst.incumbentRecords)}.`
    );
}
