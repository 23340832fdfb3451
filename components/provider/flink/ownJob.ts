import { createHash } from "node:crypto";

import { type FlinkRest, isTerminal, type JobSummary } from "./restClient.js";

/** What makes a job on the cluster ours: its name, and the digest of the script that it was built from. */
export interface JobIdentity {
    readonly jobName: string;
    readonly version: string;
    readonly digest: string;
}

/** The job parameters (`pipeline.global-job-parameters`) by which a job is known again over REST. */
export const digestParameter = "shadow-flink.digest";
export const versionParameter = "shadow-flink.version";

/**
 * The id that the job gets. It is derived, so that a submission that is repeated, after a kill say, is refused by the
 * cluster itself while the first one's job is there. Flink never takes an id twice, hence the attempt.
 */
export function derivedJobId(identity: JobIdentity, attempt: number): string {
    return digest32(`${identity.jobName}\n${identity.digest}\n${attempt}`);
}

/** The id of a stop with savepoint. One that failed is answered from memory, hence the attempt. */
export function derivedTriggerId(jobId: string, attempt: number): string {
    return digest32(`${jobId}\nstop\n${attempt}`);
}

function digest32(text: string): string {
    return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/**
 * The running job of this name that was built from this script; `undefined` where no job of the name runs. Fails where
 * one runs that was built from something else: two jobs of one name would write one topic.
 */
export async function findOwnJob(
    rest: FlinkRest,
    identity: JobIdentity,
): Promise<JobSummary | undefined> {
    const { jobName, digest } = identity;
    const jobs = await rest.jobs();
    const running = jobs.filter(({ name, state }) => name === jobName && !isTerminal(state));
    const own: JobSummary[] = [];
    for (const job of running) {
        const found = (await rest.jobParameters(job.id))[digestParameter];
        if (found !== digest) {
            const built =
                found === undefined
                    ? "which was not submitted by this package"
                    : `built from another script (digest ${found.slice(0, 12)}, not ${digest.slice(0, 12)})`;
            throw new Error(
                `A job named "${jobName}" is ${job.state} at ${rest.url} (id ${job.id}), ${built}. Nothing was ` +
                    "submitted: stop that job if it is not needed, or give this version another name.",
            );
        }
        own.push(job);
    }
    if (own.length > 1) {
        const ids = own.map(({ id }) => id).join(", ");
        throw new Error(
            `${own.length} jobs named "${jobName}" run at ${rest.url} (${ids}), all built from this script. Cancel all ` +
                "but one.",
        );
    }
    return own[0];
}
