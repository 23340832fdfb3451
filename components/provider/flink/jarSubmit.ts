import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { explain } from "../errors.js";
import type { JarRun } from "../inputs.js";
import { derivedJobId, digestParameter, type JobIdentity, versionParameter } from "./ownJob.js";
import { FlinkRequestError, request, urlOf } from "./request.js";
import { type FlinkRest, isTerminal, type JobDetails } from "./restClient.js";
import { afterFailure, endedTooOften, type Submission } from "./submit.js";

const maxAttempts = 100;
const uploadSeconds = 120;

/**
 * The job of this identity by its id, where the cluster knows it. A program may give its job any name and parameters
 * that it likes; the id is ours.
 */
export async function findJarJob(
    rest: FlinkRest,
    identity: JobIdentity,
): Promise<{ readonly running: JobDetails | undefined; readonly attempt: number }> {
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
        const job = await rest.job(derivedJobId(identity, attempt));
        if (job === undefined || !isTerminal(job.state)) {
            return { running: job, attempt };
        }
    }
    throw endedTooOften(identity, rest);
}

/** Adopts the job of this identity if one runs, else uploads the jar, unless it is there, and runs it. */
export async function submitJarOrAdopt(
    rest: FlinkRest,
    identity: JobIdentity,
    file: string,
    run: JarRun,
    until: number,
): Promise<Submission> {
    const found = await findJarJob(rest, identity);
    if (found.running !== undefined) {
        return { jobId: found.running.id, adopted: true };
    }
    const jar = await uploaded(rest, file, run.jarDigest);
    for (let attempt = found.attempt; attempt < maxAttempts; attempt++) {
        const jobId = derivedJobId(identity, attempt);
        try {
            await request({
                method: "POST",
                url: urlOf(rest.url, "jars", jar, "run"),
                asked: `run ${file}`,
                deadlineMilliseconds: Math.max(1000, until - Date.now()),
                body: {
                    ...(run.entryClass !== null && { entryClass: run.entryClass }),
                    ...(run.parallelism !== null && { parallelism: run.parallelism }),
                    programArgsList: [...run.args],
                    jobId,
                    flinkConfiguration: {
                        "pipeline.name": identity.jobName,
                        "pipeline.global-job-parameters": `${versionParameter}:${identity.version},${digestParameter}:${identity.digest}`,
                    },
                },
            });
            return { jobId, adopted: false };
        } catch (error) {
            const job = await afterFailure(rest, jobId, error);
            if (job !== "try the next id") {
                return { jobId, adopted: job === "adopted" };
            }
        }
    }
    throw new Error(
        `Version ${identity.version} ended ${maxAttempts} times. Declare a new version.`,
    );
}

/** The cluster's id of the jar with this digest; uploaded once, and again where a cluster has forgotten it. */
async function uploaded(rest: FlinkRest, file: string, digest: string): Promise<string> {
    const name = `shadow-flink-${digest}.jar`;
    const { files } = await request({
        method: "GET",
        url: urlOf(rest.url, "jars"),
        asked: "list the jars",
    });
    const known = (files as { id: string; name: string }[]).find((jar) => jar.name === name);
    if (known !== undefined) {
        return known.id;
    }
    const content = readJar(file);
    const found = createHash("sha256").update(content).digest("hex");
    if (found !== digest) {
        throw new Error(
            `${file} was changed since the program looked at it (sha256 ${found.slice(0, 12)}, not ${digest.slice(0, 12)}). ` +
                "Run pulumi up again.",
        );
    }
    const form = new FormData();
    form.append("jarfile", new Blob([content], { type: "application/java-archive" }), name);
    const url = urlOf(rest.url, "jars", "upload");
    const failure = (what: string, status?: number) =>
        new FlinkRequestError(`Could not upload ${file}: POST ${url} ${what}`, url, status, "");
    let response: Response;
    try {
        response = await fetch(url, {
            method: "POST",
            body: form,
            signal: AbortSignal.timeout(uploadSeconds * 1000),
        });
    } catch (error) {
        throw failure(`was not answered: ${explain(error)}`);
    }
    const text = await response.text();
    if (!response.ok) {
        throw failure(
            `answered ${response.status}. Does the cluster take jars (web.submit.enable)?`,
            response.status,
        );
    }
    const { filename } = JSON.parse(text) as { filename: string };
    return filename.split("/").at(-1)!;
}

function readJar(file: string): Buffer<ArrayBuffer> {
    try {
        return readFileSync(file);
    } catch (error) {
        throw new Error(`The jar ${file} cannot be read: ${explain(error)}`, { cause: error });
    }
}
