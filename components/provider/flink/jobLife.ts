import { derivedTriggerId } from "./ownJob.js";
import { FlinkRequestError, pause } from "./request.js";
import { type FlinkRest, isTerminal, type JobDetails } from "./restClient.js";

/** A job that is not running as it should. */
export class JobNotRunningError extends Error {
    override readonly name = "JobNotRunningError";
    constructor(
        message: string,
        /** Flink's word for its state; `MISSING` where the cluster does not know it. */
        readonly state: string,
    ) {
        super(message);
    }
}

const pollMilliseconds = 500;
/** A source that misses its topic fails a moment after its tasks were started. */
const steadyMilliseconds = 2000;
/** Restarts are given this long to help, before the deadline even: they rarely cure a job that never ran. */
const failingMilliseconds = 15_000;
const stopMilliseconds = 300_000;
const cancelMilliseconds = 60_000;
const maxStopAttempts = 16;

/** Waits until all tasks of the job run, and go on running; fails with Flink's own reason. */
export async function untilRunning(
    rest: FlinkRest,
    id: string,
    until: number,
): Promise<JobDetails> {
    let steadySince: number | undefined;
    let failingSince: number | undefined;
    for (;;) {
        const job = await answerBefore(until, () => rest.job(id));
        if (job === undefined || isTerminal(job.state)) {
            throw await notRunning(rest, id, job, "has ended");
        }
        const now = Date.now();
        if (job.state === "RUNNING" && job.allTasksRunning) {
            steadySince ??= now;
            if (now - steadySince >= steadyMilliseconds) {
                return job;
            }
        } else {
            steadySince = undefined;
            if (job.state === "RESTARTING" || job.state === "FAILING") {
                failingSince ??= now;
                if (now - failingSince >= failingMilliseconds) {
                    throw await notRunning(rest, id, job, "fails again and again");
                }
            }
        }
        if (now >= until) {
            const waits = /^SCHEDULED \d+$/.test(job.tasks)
                ? ", the cluster has no free slots"
                : "";
            throw await notRunning(
                rest,
                id,
                job,
                `is not running in time (tasks: ${job.tasks}${waits})`,
            );
        }
        await pause(pollMilliseconds, until);
    }
}

/** The job's state and, where there is one, Flink's exception, as an error to throw or to show. */
export async function notRunning(
    rest: FlinkRest,
    id: string,
    job: JobDetails | undefined,
    what: string,
): Promise<JobNotRunningError> {
    if (job === undefined) {
        return new JobNotRunningError(
            `Job ${id} is unknown at ${rest.url}: the cluster was restarted without it, or it ended long ago.`,
            "MISSING",
        );
    }
    const exception = await rest.lastException(id).catch(() => undefined);
    const ended = { FINISHED: "it came to its end, or was stopped", CANCELED: "it was cancelled" };
    const why = exception?.cause ?? ended[job.state as keyof typeof ended];
    return new JobNotRunningError(
        `Job "${job.name}" (${id}) ${what}: ${job.state}${why === undefined ? "." : `: ${why}`}`,
        job.state,
    );
}

/** Cancels the job and waits until it has ended; one that has, or is unknown, is left alone. */
export async function cancelJob(rest: FlinkRest, id: string): Promise<void> {
    await rest.cancel(id);
    await untilEnded(rest, id, Date.now() + cancelMilliseconds);
}

/**
 * Stops the job with a savepoint, waits until it has ended and returns the savepoint's path. Called again after a kill
 * it goes on with the savepoint that it had asked for; after one that failed it asks for another.
 */
export async function stopJob(rest: FlinkRest, id: string, directory: string): Promise<string> {
    const until = Date.now() + stopMilliseconds;
    for (let attempt = 0; attempt < maxStopAttempts; attempt++) {
        const trigger = derivedTriggerId(id, attempt);
        const earlier = await rest.savepoint(id, trigger);
        if (earlier.status === "failed") {
            continue;
        }
        if (earlier.status === "unknown") {
            await rest.stop(id, trigger, directory);
        }
        const path = await savepointPath(rest, id, trigger, directory, until);
        await untilEnded(rest, id, until);
        return path;
    }
    throw new Error(
        `Job ${id} at ${rest.url} could not be stopped with a savepoint in ${directory} in ${maxStopAttempts} attempts.`,
    );
}

/** The path of the savepoint that {@link stopJob} took, as long as the cluster remembers. */
export async function stoppedWith(rest: FlinkRest, id: string): Promise<string | undefined> {
    for (let attempt = 0; attempt < maxStopAttempts; attempt++) {
        const savepoint = await rest.savepoint(id, derivedTriggerId(id, attempt));
        if (savepoint.status !== "failed") {
            return savepoint.status === "completed" ? savepoint.path : undefined;
        }
    }
    return undefined;
}

async function savepointPath(
    rest: FlinkRest,
    id: string,
    trigger: string,
    directory: string,
    until: number,
): Promise<string> {
    for (;;) {
        const savepoint = await answerBefore(until, () => rest.savepoint(id, trigger));
        if (savepoint.status === "completed") {
            return savepoint.path;
        }
        if (savepoint.status === "failed") {
            throw new Error(
                `The savepoint of job ${id} in ${directory} failed, so the job runs on: ${savepoint.cause}\n` +
                    "Make the directory writable for the cluster, or take savepointDirectory away to cancel without one.",
            );
        }
        if (Date.now() >= until) {
            throw new Error(
                `The savepoint of job ${id} in ${directory} is not done after ${stopMilliseconds / 1000} s; the job ` +
                    "runs on until it is. Run the same command again to wait for it.",
            );
        }
        await pause(pollMilliseconds, until);
    }
}

async function untilEnded(rest: FlinkRest, id: string, until: number): Promise<void> {
    for (;;) {
        const job = await answerBefore(until, () => rest.job(id));
        if (job === undefined || isTerminal(job.state)) {
            return;
        }
        if (Date.now() >= until) {
            throw new Error(
                `Job "${job.name}" (${id}) at ${rest.url} was told to end but is ${job.state} still. Run the same ` +
                    "command again to wait for it.",
            );
        }
        await pause(pollMilliseconds, until);
    }
}

/** A cluster that does not answer for a moment (a new leader, say) is asked again until the deadline. */
async function answerBefore<T>(until: number, ask: () => Promise<T>): Promise<T> {
    for (;;) {
        try {
            return await ask();
        } catch (error) {
            const again =
                error instanceof FlinkRequestError && (error.unanswered || error.status === 503);
            if (!again || Date.now() >= until) {
                throw error;
            }
            await pause(pollMilliseconds, until);
        }
    }
}
