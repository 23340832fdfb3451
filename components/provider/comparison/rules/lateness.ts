import type { CompareSettings } from "../../../compare.js";
import type { Evidence, JobEvidence, WindowEvidence } from "../evidence.js";
import { judge, minus, proportion, type Estimate } from "./confidence.js";
import { differenceOfRecords } from "./noise.js";
import { totalsOf, type Found, type Rule } from "./rule.js";
import { duration, number, percent, several } from "./wording.js";

/** Whether more of the candidate's records come too late than of the incumbent's, or are dropped for it. */
export const lateness: Rule = {
    name: "lateness",
    settings: ({ rules }) => rules.lateness,
    needsEveryRecord: true,
    examine(evidence, settings) {
        const { maxLateShare, maxDroppedShare } = settings.rules.lateness;
        return [
            ...late(newest(evidence, settings), settings.allowedLatenessSeconds, maxLateShare),
            ...strays(evidence),
            ...dropped(evidence.incumbent.job, evidence.candidate.job, maxDroppedShare),
        ];
    },
};

/** Windows that are looked at, where a verdict does not need more. */
const newestWindows = 12;

/**
 * The evidence of the newest windows only. A candidate that rebuilds its state from history writes it in great disorder,
 * since its tasks advance at different paces; its consumers will read on from where it is now.
 */
function newest(evidence: Evidence, { minWindows }: CompareSettings): Evidence {
    return { ...evidence, windows: evidence.windows.slice(-Math.max(newestWindows, minWindows)) };
}

/** Records that are in no window that counts, and would not be looked at otherwise. */
function strays({ incumbent, candidate }: Evidence): Found[] {
    if (candidate.strayRecords <= incumbent.strayRecords) {
        return [];
    }
    return [
        {
            field: null,
            outcome: "inconclusive",
            incumbent: incumbent.strayRecords,
            candidate: candidate.strayRecords,
            n: candidate.records,
            threshold: "no more than the incumbent has",
            sentence:
                `${several(candidate.strayRecords, "record")} of the candidate have an event time far away from that of all ` +
                `others, and ${number(incumbent.strayRecords)} of the incumbent's: they are in no window that counts, and ` +
                "were not compared.",
        },
    ];
}

function late(
    { windows, incumbent, candidate }: Evidence,
    seconds: number,
    allowed: number,
): Found[] {
    const totals = totalsOf(windows);
    if (totals.candidateRecords === 0) {
        return [];
    }
    const sum = (of: (window: WindowEvidence) => number) =>
        windows.reduce((total, window) => total + of(window), 0);
    const lateRecords = {
        incumbent: sum(({ incumbentLate }) => incumbentLate),
        candidate: sum(({ candidateLate }) => candidateLate),
    };
    const before = proportion(lateRecords.incumbent, totals.incumbentRecords);
    const after = proportion(lateRecords.candidate, totals.candidateRecords);
    const n = totals.candidateRecords;
    const { outcome, apart } = compare(before, after, n, allowed);
    const what = `more than ${several(seconds, "second")} behind`;
    const found = {
        field: null,
        outcome,
        incumbent: lateRecords.incumbent,
        candidate: lateRecords.candidate,
        n,
        threshold: `${number(allowed * 100)} percentage points more than the incumbent`,
    };
    if (lateRecords.candidate === 0) {
        return [{ ...found, sentence: `No record of the candidate came ${what}.` }];
    }
    // How far behind at most depends on the partitioning, which must not change a verdict that passes.
    const most =
        outcome === "pass"
            ? ""
            : ` At most, one was ${duration(candidate.largestDisorder)} behind, and ` +
              `${duration(incumbent.largestDisorder)} on the incumbent's topic.`;
    return [
        {
            ...found,
            sentence:
                `${percent(after.value)} of the candidate's records came ${what}, and ` +
                `${percent(before.value)} of the incumbent's${apart}${most}`,
        },
    ];
}

function dropped(
    incumbent: JobEvidence | null,
    candidate: JobEvidence | null,
    allowed: number,
): Found[] {
    const before = droppedShare(incumbent);
    const after = droppedShare(candidate);
    if (before === undefined || after === undefined) {
        return [];
    }
    const n = candidate?.recordsIn ?? 0;
    const { outcome, apart } = compare(before, after, n, allowed);
    return [
        {
            field: null,
            outcome,
            incumbent: incumbent?.lateDropped ?? null,
            candidate: candidate?.lateDropped ?? null,
            n,
            threshold: `${number(allowed * 100)} percentage points more than the incumbent`,
            sentence:
                `Flink dropped ${percent(after.value)} of what the candidate's job read as too late, and ` +
                `${percent(before.value)} of the incumbent's${apart}`,
        },
    ];
}

/** `undefined` where Flink does not say both numbers, or the job has read nothing. */
function droppedShare(job: JobEvidence | null): Estimate | undefined {
    return job === null || job.lateDropped === null || !job.recordsIn
        ? undefined
        : // Several operators may drop the same record, each its own copy.
          proportion(Math.min(job.lateDropped, job.recordsIn), job.recordsIn);
}

/** The end of the sentence: a full stop, after the confidence where the shares are apart. */
function compare(
    before: Estimate,
    after: Estimate,
    n: number,
    allowed: number,
): { outcome: Found["outcome"]; apart: string } {
    const more = minus(after, before);
    const outcome = judge(more, allowed);
    if (more.value <= 0) {
        return { outcome, apart: "." };
    }
    const points = (value: number) => number(Number((value * 100).toPrecision(2)));
    const doubt =
        outcome === "inconclusive" ? differenceOfRecords(more, n).doubt(more, allowed) : "";
    return {
        outcome,
        apart:
            `: ${points(more.value)} percentage points more (95 % confidence: ${points(more.low)} to ` +
            `${points(more.high)}).${doubt}`,
    };
}
