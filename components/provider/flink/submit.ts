import { describeStatement, parseJobScript } from "./jobScript.js";
import {
    derivedJobId,
    digestParameter,
    findOwnJob,
    type JobIdentity,
    versionParameter,
} from "./ownJob.js";
import { FlinkRequestError, pause } from "./request.js";
import { type FlinkRest, isTerminal } from "./restClient.js";
import type { SqlGatewaySession } from "./sqlGateway.js";

/** A job that runs or is about to. */
export interface Submission {
    readonly jobId: string;
    /** It was there already: an earlier `up` started it. */
    readonly adopted: boolean;
}

const maxAttempts = 100;

/** Adopts the job of this identity if one runs, else submits the script. There is never a second job. */
export async function submitOrAdopt(
    session: SqlGatewaySession,
    rest: FlinkRest,
    identity: JobIdentity,
    script: string,
    until: number,
): Promise<Submission> {
    const running = await findOwnJob(rest, identity);
    if (running !== undefined) {
        return { jobId: running.id, adopted: true };
    }
    const parsed = parseJobScript(script);
    if ("problem" in parsed) {
        throw new Error(
            `The script of version ${identity.version} cannot be submitted: ${parsed.problem}`,
        );
    }
    for (const statement of parsed.preparation) {
        await session.run(statement.text, describeStatement(statement), until);
    }
    const settings = await tags(session, identity);
    const what = describeStatement(parsed.job);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const id = derivedJobId(identity, attempt);
        const earlier = await rest.job(id);
        if (earlier !== undefined && isTerminal(earlier.state)) {
            continue;
        }
        try {
            const { jobId } = await session.run(parsed.submission, what, until, {
                ...settings,
                "$internal.pipeline.job-id": id,
            });
            for (const statement of parsed.rest) {
                await session.run(statement.text, describeStatement(statement), until);
            }
            return { jobId: jobId ?? id, adopted: false };
        } catch (error) {
            const job = await afterFailure(rest, id, error);
            if (job === "started") {
                return { jobId: id, adopted: false };
            }
            if (job === "adopted") {
                return { jobId: id, adopted: true };
            }
        }
    }
    throw endedTooOften(identity, rest);
}

/** That every id that a version may have is that of a job which ended. */
export function endedTooOften({ version }: JobIdentity, { url }: FlinkRest): Error {
    return new Error(
        `Version ${version} was submitted and ended ${maxAttempts} times at ${url}. Declare a new version.`,
    );
}

/**
 * What a failed submission left behind: a job that another one started, a job whose start was not answered, or nothing
 * because the cluster remembers the id of a job that ended. Any other failure is thrown again.
 */
export async function afterFailure(
    rest: FlinkRest,
    id: string,
    error: unknown,
): Promise<"started" | "adopted" | "try the next id"> {
    if (!(error instanceof FlinkRequestError)) {
        throw error;
    }
    const duplicate = /already been submitted|DuplicateJobSubmission|globally.terminal/i.test(
        error.said,
    );
    // Where nothing answered, the job may still be on its way.
    const looks = error.unanswered ? 10 : 1;
    for (let look = 0; look < looks; look++) {
        const job = await rest.job(id).catch(() => undefined);
        if (job !== undefined && !isTerminal(job.state)) {
            return duplicate ? "adopted" : "started";
        }
        if (look < looks - 1) {
            await pause(500);
        }
    }
    if (duplicate) {
        return "try the next id";
    }
    throw error;
}

/** The job's name and parameters; parameters that the script sets are kept. */
async function tags(
    session: SqlGatewaySession,
    { jobName, version, digest }: JobIdentity,
): Promise<Record<string, string>> {
    const key = "pipeline.global-job-parameters";
    const given = (await session.properties())[key];
    const own = `${versionParameter}:${version},${digestParameter}:${digest}`;
    return {
        "pipeline.name": jobName,
        [key]: given === undefined || given === "" ? own : `${given},${own}`,
    };
}
