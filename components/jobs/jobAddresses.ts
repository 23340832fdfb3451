import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import type { JobAddress } from "../provider/flink/jobEvidence.js";
import type { ExistingJobArgs } from "./existing.js";
import { serviceUrl } from "./operatorJob.js";
import type { LiveJob } from "./liveDeployment.js";
import { sessionJobName } from "./sessionJob.js";
import type { VersionJob } from "./versionJob.js";

/**
 * Where the comparison of a version can ask Flink about the jobs; `null` where that is not known. Of the other versions only
 * what is declared is taken, and no output: a comparison must not wait for another candidate's job, which may be dead.
 */
export function jobAddresses(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    version: string,
    own: VersionJob,
    live: Readonly<Record<string, pulumi.Output<LiveJob>>> = {},
): pulumi.Output<Record<string, JobAddress | null>> {
    const addresses = Object.entries(versions).map(([name, declared]) => {
        const address =
            "existing" in declared
                ? existingAddress(declared.existing, live[name])
                : name === version
                  ? addressById(own.restUrl, own.jobId)
                  : "operator" in declared
                    ? // By which name Flink knows it only its own configuration says.
                      null
                    : // Where it does not say which cluster, on the same one.
                      addressByName(
                          declared.job.rest ?? own.restUrl,
                          sessionJobName(component, name),
                      );
        return [name, address] as const;
    });
    return pulumi.output(Object.fromEntries(addresses));
}

function existingAddress(
    { rest: given, jobName, deployment }: ExistingJobArgs,
    live: pulumi.Output<LiveJob> | undefined,
): pulumi.Output<JobAddress | null> {
    if (given === undefined) {
        return pulumi.output(null);
    }
    const rest =
        given === "service" && deployment !== undefined
            ? serviceUrl(deployment.name, deployment.namespace)
            : given;
    return jobName !== undefined || live === undefined
        ? addressByName(rest, jobName ?? null)
        : addressById(
              rest,
              live.apply(({ jobId }) => jobId),
          );
}

function addressById(
    where: pulumi.Input<string | null>,
    id: pulumi.Output<string | null>,
): pulumi.Output<JobAddress | null> {
    return pulumi
        .all([where, id])
        .apply(([rest, jobId]) =>
            rest === null || jobId === null ? null : { rest, jobId, jobName: null },
        );
}

function addressByName(
    where: pulumi.Input<string | null>,
    jobName: string | null,
): pulumi.Output<JobAddress | null> {
    return pulumi
        .output(where)
        .apply((rest) =>
            rest === null || jobName === null ? null : { rest, jobId: null, jobName },
        );
}
