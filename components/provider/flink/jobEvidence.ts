import type { JobEvidence } from "../comparison/evidence.js";
import { explain } from "../errors.js";
import { baselineAt, since, type JobBaseline, type JobCounts } from "./jobBaseline.js";
import { MetricsRest, type JobDescription } from "./metricsRest.js";
import { pause } from "./request.js";
import { FlinkRest, isTerminal } from "./restClient.js";

/** Where a job can be asked about: by its id where that is known, else by its name. */
export interface JobAddress {
    /** URL of the cluster's REST API. */
    readonly rest: string;
    readonly jobId: string | null;
    readonly jobName: string | null;
}

export interface SeenJob {
    readonly evidence: JobEvidence;
    /** What to count from the next time; what was given where the job could not be asked. */
    readonly baseline: JobBaseline | null;
}

const pollMilliseconds = 500;
/** An answer is what the cluster fetched when somebody asked before, at the start of the look say: it fetches anew then. */
const fetchMilliseconds = 2_000;
/** The status of a job that could not be asked for it. */
const unknown = "UNKNOWN";

/** Begins to count what happens to the job; waits for nothing but an answer, and fails for nothing. */
export async function beginToCount(
    address: JobAddress,
    known: JobBaseline | null,
    until: number,
): Promise<JobBaseline | null> {
    try {
        const rest = new MetricsRest(address.rest, until);
        const id = await idOf(address, until);
        if (known?.jobId === id && known.warm) {
            return known;
        }
        await fetchAnew(rest, id, until);
        const counts = await countsOf(rest, await rest.job(id), until);
        return typeof counts === "string" ? known : baselineAt(known, counts, Date.now());
    } catch {
        // Said by the look itself, which asks again.
        return known;
    }
}

/**
 * What Flink says of a job, until `until` (epoch ms) at most. It fetches metrics only once somebody asks, so this asks
 * until they are complete. Whatever goes wrong is the evidence's problem; nothing is thrown.
 */
export async function jobEvidence(
    address: JobAddress,
    known: JobBaseline | null,
    until: number,
): Promise<SeenJob> {
    let jobId = address.jobId ?? "";
    try {
        jobId = await idOf(address, until);
        const rest = new MetricsRest(address.rest, until);
        await fetchAnew(rest, jobId, until);
        const job = await completeJob(rest, jobId, until);
        const counts = await countsOf(rest, job, until);
        const counted = typeof counts === "string" ? undefined : counts;
        const baseline = counted === undefined ? known : baselineAt(known, counted, Date.now());
        const operators = await operatorsOf(rest, job, until);
        const exception = await rest.exceptionSince(jobId, baseline?.at ?? 0);
        const evidence = {
            jobId,
            status: job.state,
            ...sinceBaseline(counted, baseline),
            ...operators.numbers,
            exception: exception ?? null,
            problem: sentence([typeof counts === "string" ? counts : undefined, operators.problem]),
        };
        return { evidence, baseline };
    } catch (error) {
        return { evidence: { ...nothing, jobId, problem: line(explain(error)) }, baseline: known };
    }
}

const nothing = {
    status: unknown,
    restarts: null,
    completedCheckpoints: null,
    failedCheckpoints: null,
    backpressure: null,
    lateDropped: null,
    recordsIn: null,
    watermark: null,
    exception: null,
} as const;

/** The one job of the name that runs, or the one that ran last; two of one name are not told apart. */
async function idOf({ rest, jobId, jobName }: JobAddress, until: number): Promise<string> {
    if (jobId !== null) {
        return jobId;
    }
    const deadline = Math.max(1, Math.min(10_000, until - Date.now()));
    const jobs = (await new FlinkRest(rest, deadline).jobs()).filter(
        ({ name }) => name === jobName,
    );
    const running = jobs.filter(({ state }) => !isTerminal(state));
    if (running.length > 1) {
        const ids = running.map(({ id }) => id).join(", ");
        throw new Error(
            `${running.length} jobs named "${jobName}" run at ${rest} (${ids}): which one is meant is not known.`,
        );
    }
    const [last] = running.length === 1 ? running : jobs.sort((a, b) => b.startTime - a.startTime);
    if (last === undefined) {
        throw new Error(`No job named "${jobName}" is known at ${rest}.`);
    }
    return last.id;
}

/** Lets the cluster fetch what it has from its tasks; what it says is at most ten seconds old then. */
async function fetchAnew(rest: MetricsRest, id: string, until: number): Promise<void> {
    await rest.job(id);
    await pause(Math.min(fetchMilliseconds, (until - Date.now()) / 4));
}

/** The job once the metrics of all of its tasks are there; as it is where it does not run, or the time is over. */
async function completeJob(rest: MetricsRest, id: string, until: number): Promise<JobDescription> {
    for (;;) {
        const job = await rest.job(id);
        const complete = job.vertices.every((vertex) => vertex.complete);
        if (complete || job.state !== "RUNNING" || Date.now() + pollMilliseconds >= until) {
            return job;
        }
        await pause(pollMilliseconds);
    }
}

/** The counters, or what is missing. */
async function countsOf(
    rest: MetricsRest,
    { id, age }: JobDescription,
    until: number,
): Promise<JobCounts | string> {
    const checkpoints = await rest.checkpoints(id);
    for (;;) {
        const restarts = await rest.restarts(id);
        if (restarts !== undefined) {
            return {
                jobId: id,
                age,
                restarts,
                completedCheckpoints: checkpoints?.completed ?? null,
                failedCheckpoints: checkpoints?.failed ?? null,
            };
        }
        if (Date.now() + pollMilliseconds >= until) {
            return "how often it was restarted";
        }
        await pause(pollMilliseconds);
    }
}

function sinceBaseline(
    counts: JobCounts | undefined,
    baseline: JobBaseline | null,
): Pick<JobEvidence, "restarts" | "completedCheckpoints" | "failedCheckpoints"> {
    if (counts === undefined || baseline === null) {
        return { restarts: null, completedCheckpoints: null, failedCheckpoints: null };
    }
    const { completedCheckpoints: completed, failedCheckpoints: failed } = counts;
    return {
        restarts: since(baseline.restarts, counts.restarts),
        completedCheckpoints:
            completed === null ? null : since(baseline.completedCheckpoints, completed),
        failedCheckpoints: failed === null ? null : since(baseline.failedCheckpoints, failed),
    };
}

type OperatorNumbers = Pick<
    JobEvidence,
    "backpressure" | "lateDropped" | "recordsIn" | "watermark"
>;

const dropped = /\.numLateRecordsDropped$/;
/** What a source gave its job: of what it took in, neither its vertex nor every connector says more than 0. */
const read = /^Source__.*\.numRecordsOut$/;

async function operatorsOf(
    rest: MetricsRest,
    job: JobDescription,
    until: number,
): Promise<{ numbers: OperatorNumbers; problem?: string }> {
    const none = { backpressure: null, lateDropped: null, recordsIn: null, watermark: null };
    if (!job.vertices.every(({ complete }) => complete)) {
        return { numbers: none, problem: "what its operators measure" };
    }
    const ofAll = <T>(ask: (vertex: string) => Promise<T>) =>
        Promise.all(job.vertices.map(({ id }) => ask(id)));
    const sources = job.vertices.filter(({ isSource }) => isSource);
    const [lateDropped, recordsIn, watermarks, backpressures] = await Promise.all([
        ofAll((id) => rest.sum(job.id, id, dropped)).then(total),
        Promise.all(sources.map(({ id }) => rest.sum(job.id, id, read))).then(total),
        ofAll((id) => rest.watermark(job.id, id)),
        ofAll((id) => measured(() => rest.backpressure(job.id, id), until)),
    ]);
    const known = watermarks.filter((watermark) => watermark !== undefined);
    const numbers = {
        lateDropped,
        recordsIn,
        watermark:
            known.length === 0 || known.includes(null)
                ? null
                : Math.min(...known.map((watermark) => watermark ?? Infinity)),
        backpressure: backpressures.some((ratio) => ratio === undefined)
            ? null
            : Math.max(0, ...backpressures.map((ratio) => ratio ?? 0)),
    };
    return {
        numbers,
        ...(numbers.backpressure === null && { problem: "whether it is back-pressured" }),
    };
}

/** The first answer may be that it is being measured. */
async function measured<T>(
    ask: () => Promise<T | undefined>,
    until: number,
): Promise<T | undefined> {
    for (;;) {
        const answer = await ask();
        if (answer !== undefined || Date.now() + pollMilliseconds >= until) {
            return answer;
        }
        await pause(pollMilliseconds);
    }
}

function total(sums: readonly (number | undefined)[]): number | null {
    return sums.reduce<number | null>(
        (sum, part) => (sum === null || part === undefined ? null : sum + part),
        0,
    );
}

const line = (text: string) => text.replaceAll("\n", "; ");

function sentence(missing: readonly (string | undefined)[]): string | null {
    const parts = missing.filter((part) => part !== undefined);
    return parts.length === 0 ? null : `Flink does not say yet ${parts.join(", nor ")}.`;
}
