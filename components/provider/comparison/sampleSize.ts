import type { CompareSettings } from "../../compare.js";
import type { WindowEvidence } from "./evidence.js";
import { totalsOf } from "./rules/rule.js";
import { number, percent, several } from "./rules/wording.js";
import type { SampleSize } from "./verdict.js";

/** What is left of a chance where something is sure with 95 % confidence. */
const doubt = 0.05;

/**
 * What a sample can show. Of `n` identities drawn with the same chance `s` each, none differs with the chance `(1 - p)^n` where
 * a share `p` of all does, and with the chance `(1 - s)^d` where `d` do: what makes that 5 % is the smallest that shows.
 */
export function sampleSize(
    windows: readonly WindowEvidence[],
    { sample: share }: CompareSettings,
): SampleSize | null {
    if (share === 1) {
        return null;
    }
    const totals = totalsOf(windows);
    const identities = windows.reduce((sum, window) => sum + (window.identities ?? 0), 0);
    const records = { incumbent: totals.incumbentSampled, candidate: totals.candidateSampled };
    const smallestShare = identities === 0 ? 1 : roundedUp(1 - doubt ** (1 / identities));
    const smallestCount = Math.ceil(Math.log(doubt) / Math.log1p(-share));
    return {
        share,
        identities,
        records,
        unsampledRecords: {
            incumbent: totals.incumbentRecords - records.incumbent,
            candidate: totals.candidateRecords - records.candidate,
        },
        smallestShare,
        smallestCount,
        sentence:
            `A sample (${share}) was compared: ${number(records.incumbent)} of the incumbent's ` +
            `${several(totals.incumbentRecords, "record")}, of ${identities === 1 ? "1 identity" : `${number(identities)} identities`}. ` +
            `It shows what differs in ${percent(smallestShare)} of all identities, or in ${number(smallestCount)} (95 % confidence).`,
    };
}

/** To two digits, as it is shown, and never to less than it is. */
function roundedUp(of: number): number {
    const unit = 10 ** (Math.floor(Math.log10(of)) - 1);
    return Math.min(1, Number((Math.ceil(of / unit) * unit).toPrecision(2)));
}
