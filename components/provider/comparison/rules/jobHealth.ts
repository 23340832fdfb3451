import type { CompareSettings } from "../../../compare.js";
import type { JobEvidence } from "../evidence.js";
import type { Found, Rule } from "./rule.js";
import { number, percent, several } from "./wording.js";

/** What Flink says of the candidate's job. The incumbent's is shown beside it and never judged. */
export const jobHealth: Rule = {
    name: "jobHealth",
    // A job that is not well is not, however few records it was given.
    settings: ({ rules: { jobHealth: own } }, { outcome }) =>
        outcome === "pass" ? own : { ...own, minRecords: 0 },
    needsEveryRecord: false,
    examine({ incumbent, candidate }, settings) {
        const { job } = candidate;
        if (job === null) {
            return [];
        }
        const n = job.recordsIn ?? candidate.records;
        const found = checks(settings).flatMap((check) => check(job, incumbent.job, n));
        if (job.problem !== null || job.status === unknown) {
            const problem = job.problem ?? "Flink does not say whether it runs.";
            found.push({
                ...notKnown(job, incumbent.job, n),
                sentence: `Not all is known of the candidate's job${named(job)}: ${problem}`,
            });
        }
        return found.length > 0
            ? found
            : [
                  {
                      field: null,
                      outcome: "pass",
                      incumbent: incumbent.job?.status ?? null,
                      candidate: job.status,
                      n,
                      threshold: "running, within the limits",
                      sentence:
                          `The candidate's job${named(job)} runs, with ${several(job.restarts ?? 0, "restart")} and ` +
                          `${several(job.failedCheckpoints ?? 0, "failed checkpoint")} since it was warm.`,
                  },
              ];
    },
};

type Check = (job: JobEvidence, incumbent: JobEvidence | null, n: number) => Found[];

function checks({ rules }: CompareSettings): Check[] {
    const { maxRestarts, maxFailedCheckpoints, maxBackpressure } = rules.jobHealth;
    return [
        (job, incumbent, n) =>
            job.status === "RUNNING" || job.status === unknown
                ? []
                : [
                      {
                          field: "status",
                          outcome: "fail",
                          incumbent: incumbent?.status ?? null,
                          candidate: job.status,
                          n,
                          threshold: "RUNNING",
                          sentence: `The candidate's job${named(job)} is ${job.status}, not RUNNING.${causeOf(job)}`,
                      },
                  ],
        limit("restarts", maxRestarts, (job) => job.restarts, {
            over: (value, job) =>
                `was restarted ${value === 1 ? "once" : `${number(value)} times`} since it was warm.${causeOf(job)}`,
            missing: "how often it was restarted",
        }),
        limit("failedCheckpoints", maxFailedCheckpoints, (job) => job.failedCheckpoints, {
            over: (value, { completedCheckpoints }) =>
                `has ${several(value, "failed checkpoint")} since it was warm` +
                `${completedCheckpoints === null ? "" : `, beside ${number(completedCheckpoints)} completed`}.`,
            missing: "how many checkpoints failed: is checkpointing on?",
        }),
        limit("backpressure", maxBackpressure, (job) => job.backpressure, {
            over: (value) =>
                `is held up: an operator was back-pressured ${percent(value)} of the time.`,
            missing: "whether it is back-pressured",
        }),
    ];
}

/** The status of a job that could not be asked for it. */
export const unknown = "UNKNOWN";

function limit(
    field: string,
    allowed: number,
    of: (job: JobEvidence) => number | null,
    say: { over: (value: number, job: JobEvidence) => string; missing: string },
): Check {
    return (job, incumbent, n) => {
        const value = of(job);
        const found = {
            field,
            incumbent: incumbent === null ? null : of(incumbent),
            candidate: value,
            n,
            threshold: `at most ${number(allowed)}`,
        };
        if (value === null) {
            // Where something went wrong that is said once, for all that is missing.
            const sentence = `Flink does not say of the candidate's job${named(job)} ${say.missing}${say.missing.endsWith("?") ? "" : "."}`;
            return job.problem === null ? [{ ...found, outcome: "inconclusive", sentence }] : [];
        }
        return value <= allowed
            ? []
            : [
                  {
                      ...found,
                      outcome: "fail",
                      sentence: `The candidate's job${named(job)} ${say.over(value, job)} At most ${number(allowed)} is allowed.`,
                  },
              ];
    };
}

function notKnown(job: JobEvidence, incumbent: JobEvidence | null, n: number) {
    return {
        field: null,
        outcome: "inconclusive",
        incumbent: incumbent?.status ?? null,
        candidate: job.status,
        n,
        threshold: "an answer from Flink",
    } as const;
}

const named = ({ jobId }: JobEvidence) => (jobId === "" ? "" : ` ${jobId}`);
const causeOf = ({ exception }: JobEvidence) =>
    exception === null ? "" : ` Its last exception was ${exception}.`;
