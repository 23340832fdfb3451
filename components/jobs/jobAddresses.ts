import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../arguments.js";
import type { JobAddress } from "../provider/flink/jobEvidence.js";
import { sessionJobName, type SessionJob } from "./sessionJob.js";

/**
 * Where the comparison of a version can ask Flink about the jobs; `null` where that is not known. Of the other versions only
 * what is declared is taken, and no output: a comparison must not wait for another candidate's job, which may be dead.
 */
export function jobAddresses(
    component: string,
    versions: Readonly<Record<string, Declared>>,
    version: string,
    own: SessionJob,
): pulumi.Output<Record<string, JobAddress | null>> {
    const addresses = Object.entries(versions).map(([name, declared]) => {
        const address =
            "existing" in declared
                ? existingAddress(declared.existing)
                : name === version
                  ? { rest: own.restUrl, jobId: own.jobId, jobName: null }
                  : // Where it does not say which cluster, on the same one.
                    {
                        rest: declared.job.rest ?? own.restUrl,
                        jobId: null,
                        jobName: sessionJobName(component, name),
                    };
        return [name, address] as const;
    });
    return pulumi.output(Object.fromEntries(addresses));
}

function existingAddress({
    rest,
    jobName,
}: {
    rest?: string;
    jobName?: string;
}): JobAddress | null {
    return rest === undefined || jobName === undefined ? null : { rest, jobId: null, jobName };
}
