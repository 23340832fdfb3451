import { explain, PartialFailure } from "./errors.js";
import {
    cancelJob,
    JobNotRunningError,
    notRunning,
    stoppedWith,
    stopJob,
    untilRunning,
} from "./flink/jobLife.js";
import { findJarJob, submitJarOrAdopt } from "./flink/jarSubmit.js";
import { findOwnJob } from "./flink/ownJob.js";
import { FlinkRest, isTerminal, type JobDetails } from "./flink/restClient.js";
import { restAddress, SqlGatewaySession } from "./flink/sqlGateway.js";
import { submitOrAdopt, type Submission } from "./flink/submit.js";
import type { JarRun, SessionJobInputs } from "./inputs.js";
import { prefixedLog } from "./log.js";
import { sessionJobProblems } from "./sessionJobInputs.js";
import { toState } from "./state.js";
import { type Json, unknownValue, type Verbs } from "./verbs.js";

interface SessionJobState extends SessionJobInputs {
    readonly jobId: string;
    readonly restUrl: string;
    readonly startedAt: string;
    readonly status: string;
    /** Where it left a savepoint when it was retired. */
    readonly savepoint?: string | null;
}

/** The status of a job that the cluster does not know. */
const missing = "MISSING";
/** The status of one that was stopped for good. */
const retired = "RETIRED";

/** Inputs whose change is taken over into the state; the job itself goes on. */
const remembered = ["gateway", "rest", "savepointDirectory", "startTimeoutSeconds"] as const;
const build = ["version", "jobName", "digest"] as const;
const lookMilliseconds = 3000;

/** A SQL job on a session cluster: submitted once, adopted on a retry, stopped on removal. */
export const sessionJob: Verbs = { check, diff, create, update, delete: remove };

function check(olds: Json, news: Json) {
    return Promise.resolve({ inputs: news, failures: sessionJobProblems(olds, news) });
}

async function diff(_id: string, olds: Json, news: Json): Promise<{ changes: boolean }> {
    const old = olds as SessionJobState;
    if (old.status === retired) {
        return { changes: false };
    }
    if (
        isAsked(news["retire"]) ||
        [...remembered, ...build].some(
            (key) => news[key] === unknownValue || news[key] !== olds[key],
        )
    ) {
        return { changes: true };
    }
    const log = prefixedLog(old.name);
    try {
        const rest = new FlinkRest(old.restUrl, lookMilliseconds);
        const job = await rest.job(old.jobId);
        const status = job?.state ?? missing;
        if (status === "RUNNING") {
            return { changes: old.status !== status };
        }
        log(`the job of ${old.version} (${old.jobId}) is ${status}, but should be running.`);
        const restored = await findRunning(rest, old);
        return { changes: old.status !== status || restored !== undefined };
    } catch (error) {
        // Not a reason to touch anything: a rollback must get through where Flink is gone.
        log(
            `whether the job of ${old.version} (${old.jobId}) runs is not known. ${explain(error)}`,
        );
        return { changes: false };
    }
}

async function create(json: Json): Promise<{ id: string; outs: Json }> {
    const inputs = json as SessionJobInputs;
    const log = prefixedLog(inputs.name);
    if (isAsked(inputs.retire)) {
        throw new Error(
            `retire.${inputs.version}: this stack has no job of ${inputs.version} to stop, and starts none for that. Remove ` +
                "the version from `versions` and `retire`.",
        );
    }
    const until = Date.now() + inputs.startTimeoutSeconds * 1000;
    const { rest, jobId, adopted } = await submit(inputs, until);
    log(
        adopted
            ? `found job ${jobId} of an earlier run and adopted it.`
            : `submitted job ${jobId} to ${rest.url}; waiting until all its tasks run.`,
    );
    try {
        const job = await untilRunning(rest, jobId, until);
        log(`job ${jobId} is running.`);
        return { id: jobId, outs: stateOf(json, rest, job) };
    } catch (error) {
        throw await startFailure(json, rest, jobId, adopted, error);
    }
}

/** Through the SQL Gateway, or for a jar through the cluster's REST API. */
async function submit(
    inputs: SessionJobInputs,
    until: number,
): Promise<Submission & { readonly rest: FlinkRest }> {
    if (isString(inputs.jar)) {
        const rest = new FlinkRest(inputs.rest ?? "");
        const run = JSON.parse(inputs.script) as JarRun;
        return { rest, ...(await submitJarOrAdopt(rest, inputs, inputs.jar, run, until)) };
    }
    const gateway = inputs.gateway ?? "";
    const session = await SqlGatewaySession.open(gateway);
    try {
        const rest = new FlinkRest(inputs.rest ?? (await restOf(session, gateway)));
        return {
            rest,
            ...(await submitOrAdopt(session, rest, inputs, inputs.script, until)),
        };
    } finally {
        await session.close();
    }
}

/** The job of this version that runs, whoever started it. */
async function findRunning(
    rest: FlinkRest,
    inputs: SessionJobInputs,
): Promise<{ readonly id: string } | undefined> {
    const own = isString(inputs.jar) ? (await findJarJob(rest, inputs)).running : undefined;
    return own ?? (await findOwnJob(rest, inputs));
}

function isString(value: unknown): value is string {
    return typeof value === "string";
}

/**
 * What is thrown when the job did not come up. One that this run submitted is cancelled, so that nothing is left; one
 * that was there before may have worked for weeks and be down for a moment only: it is kept, and kept in the state.
 */
async function startFailure(
    inputs: Json,
    rest: FlinkRest,
    jobId: string,
    adopted: boolean,
    error: unknown,
): Promise<Error> {
    const status = error instanceof JobNotRunningError ? error.state : "UNKNOWN";
    const kept = (reason: string) =>
        new PartialFailure(jobId, unwell(inputs, rest, jobId, status), [explain(error), reason]);
    if (adopted) {
        return kept(
            `Job ${jobId} was there before this run and was left as it is. Repair it, or remove version ` +
                `${inputs.version}, which stops it.`,
        );
    }
    try {
        await cancelJob(rest, jobId);
    } catch (failure) {
        return kept(`Job ${jobId} could not be cancelled either: ${explain(failure)}`);
    }
    return new Error(
        `${explain(error)}\nThe job that was submitted is cancelled; nothing of it runs. Correct the cause and run ` +
            "pulumi up again.",
    );
}

/**
 * Takes over what changed, and what became of the job. A job that is not well is no error: its version shows it, is
 * not promoted, and stands in nobody's way, least of all in that of a rollback.
 */
async function update(_id: string, olds: Json, news: Json): Promise<{ outs: Json }> {
    const inputs = news as SessionJobInputs;
    const old = olds as SessionJobState;
    const log = prefixedLog(inputs.name);
    if (old.status === retired) {
        return { outs: toState({ ...news, ...lastOf(old) }) };
    }
    const rest = new FlinkRest(await restAfterUpdate(old, inputs));
    if (inputs.retire !== null && inputs.retire !== undefined) {
        const savepoint = await stop(rest, old, inputs.retire.savepoint);
        return { outs: toState({ ...news, ...lastOf(old), status: retired, savepoint }) };
    }
    const found = await rest.job(old.jobId);
    let jobId = old.jobId;
    if (found === undefined || isTerminal(found.state)) {
        const restored = await findRunning(rest, inputs);
        if (restored === undefined) {
            const error = await notRunning(rest, jobId, found, "has ended");
            log(`${error.message} ${neverAgain(inputs)}`);
            return { outs: unwell(news, rest, jobId, error.state) };
        }
        log(`job ${old.jobId} has ended; adopted job ${restored.id} of the same name and script.`);
        jobId = restored.id;
    }
    try {
        const job = await untilRunning(rest, jobId, Date.now() + inputs.startTimeoutSeconds * 1000);
        return { outs: stateOf(news, rest, job) };
    } catch (error) {
        log(`${explain(error)} It was left as it is; the next pulumi up looks again.`);
        const status = error instanceof JobNotRunningError ? error.state : "UNKNOWN";
        return { outs: unwell(news, rest, jobId, status) };
    }
}

/** A job is never started again from nothing: its new output would mix with the old on the same topic. */
function neverAgain({ version, jobName, digest, wayOut }: SessionJobInputs): string {
    return (
        "It is not submitted again: without its state it would write records that differ from those already on its topic. " +
        `${wayOut ?? `Declare a new version and remove ${version}.`} Or restore the job from its last checkpoint or savepoint with ` +
        `pipeline.name '${jobName}' and pipeline.global-job-parameters 'shadow-flink.digest:${digest}', and the next ` +
        "pulumi up adopts it."
    );
}

async function remove(_id: string, json: Json): Promise<void> {
    const state = json as SessionJobState;
    await stop(new FlinkRest(state.restUrl), state, state.savepointDirectory);
}

function isAsked(retire: unknown): boolean {
    return retire !== null && retire !== undefined;
}

/** What is known of a job that nobody looks at any more. */
function lastOf({ jobId, restUrl, startedAt, status, savepoint = null }: SessionJobState) {
    return { jobId, restUrl, startedAt, status, savepoint, reportVersion: 1 };
}

/** Stops the job, and returns the path of its savepoint where one was left. Called again it finds what it did. */
async function stop(
    rest: FlinkRest,
    { name, jobId }: SessionJobState,
    savepointDirectory: string | null,
): Promise<string | null> {
    const log = prefixedLog(name);
    const job = await rest.job(jobId);
    if (job === undefined) {
        log(`job ${jobId} is unknown to the cluster already.`);
        return null;
    }
    if (isTerminal(job.state)) {
        const path = savepointDirectory === null ? undefined : await stoppedWith(rest, jobId);
        log(
            `job ${jobId} is ${job.state} already${path === undefined ? "." : `, savepoint: ${path}`}`,
        );
        return path ?? null;
    }
    if (savepointDirectory === null) {
        await cancelJob(rest, jobId);
        log(`job ${jobId} is cancelled, without a savepoint.`);
        return null;
    }
    const path = await stopJob(rest, jobId, savepointDirectory);
    log(`job ${jobId} is stopped, savepoint: ${path}`);
    return path;
}

async function restAfterUpdate(old: SessionJobState, inputs: SessionJobInputs): Promise<string> {
    if (inputs.rest !== null) {
        return inputs.rest;
    }
    if (inputs.gateway === old.gateway && old.rest === null) {
        return old.restUrl;
    }
    const gateway = inputs.gateway ?? "";
    const session = await SqlGatewaySession.open(gateway);
    try {
        return await restOf(session, gateway);
    } finally {
        await session.close();
    }
}

async function restOf(session: SqlGatewaySession, gateway: string): Promise<string> {
    const address = restAddress(await session.properties());
    if (address === undefined) {
        throw new Error(
            `The SQL Gateway at ${gateway} does not say where the cluster's REST API is (rest.address is not set). Give ` +
                "the job `rest`.",
        );
    }
    return address;
}

function stateOf(inputs: Json, rest: FlinkRest, job: JobDetails): Json {
    return toState({
        ...inputs,
        jobId: job.id,
        restUrl: rest.url,
        startedAt: new Date(job.startTime).toISOString(),
        status: job.state,
        reportVersion: 1,
    });
}

function unwell(inputs: Json, rest: FlinkRest, jobId: string, status: string): Json {
    const state = { ...inputs, jobId, restUrl: rest.url, status, reportVersion: 1 };
    return toState({ ...state, startedAt: new Date().toISOString() });
}
