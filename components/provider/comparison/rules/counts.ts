import type { Evidence, WindowEvidence } from "../evidence.js";
import { inParentheses, judgeBeyondNoise, shareOfRecords, type Judged } from "./noise.js";
import { totalsOf, type Rule } from "./rule.js";
import { number, percent, several, time } from "./wording.js";

/**
 * Records per window. Windows with more do not make up for windows with fewer: the difference of every window counts,
 * each of its records as one of the incumbent's that is not as it was.
 */
export const counts: Rule = {
    name: "counts",
    settings: ({ rules }) => rules.counts,
    needsEveryRecord: true,
    examine(evidence, settings) {
        const { windows } = evidence;
        if (windows.length === 0) {
            return [];
        }
        const { incumbentRecords, candidateRecords } = totalsOf(windows);
        const allowed = settings.rules.counts.maxRelativeDifference;
        const judged = judgeBeyondNoise(evidence, settings, allowed, measure);
        return [
            {
                field: null,
                outcome: judged.outcome,
                incumbent: incumbentRecords,
                candidate: candidateRecords,
                n: incumbentRecords,
                threshold: `${percent(allowed)} of the incumbent's records`,
                sentence: describe(windows, judged),
            },
        ];
    },
};

function measure({ windows }: Evidence) {
    const { incumbentRecords } = totalsOf(windows);
    return shareOfRecords(
        windows.reduce((sum, window) => sum + apart(window), 0),
        incumbentRecords,
    );
}

const apart = ({ incumbentRecords, candidateRecords }: WindowEvidence) =>
    Math.abs(candidateRecords - incumbentRecords);

function describe(windows: readonly WindowEvidence[], { share, confidence, note }: Judged): string {
    const differing = windows.filter((window) => apart(window) > 0);
    const [first] = differing;
    if (first === undefined) {
        return `Both versions have the same number of records in each of ${several(windows.length, "window")}.`;
    }
    const worst = differing.reduce((a, b) => (apart(b) > apart(a) ? b : a), first);
    return (
        `The number of records differs in ${number(differing.length)} of ${several(windows.length, "window")}, ` +
        `by ${share}${inParentheses(confidence)} in all; most at ${time(worst.start)}: ` +
        `${number(worst.candidateRecords)} against the incumbent's ${number(worst.incumbentRecords)}.${note}`
    );
}
