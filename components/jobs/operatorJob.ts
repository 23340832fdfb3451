import * as pulumi from "@pulumi/pulumi";
import { loadKubernetes } from "../kubernetes.js";
import type { VersionNames } from "../versions.js";
import type { PlacedJob } from "./flinkDeployment.js";
import { at, type Rendered } from "./flinkSpec.js";
import { jobAccount } from "./jobAccount.js";
import { specDigest, suspended } from "./operatorSpec.js";
import type { VersionJob } from "./versionJob.js";

export const operatorApi = "flink.apache.org/v1beta1";

export const operatorKinds = {
    flinkDeployment: "FlinkDeployment",
    flinkSessionJob: "FlinkSessionJob",
} as const;

/** What the cluster says of a job: its resource's `status`, of the last update or refresh. */
interface Live {
    readonly status?: pulumi.Output<unknown>;
}

/** The operator's resource for a version, with what it needs. */
export function operatorJob(
    resourceName: string,
    component: string,
    names: Pick<VersionNames, "version">,
    job: PlacedJob,
    jobName: string,
    /** As `renderSpec` made it. */
    spec: pulumi.Output<Rendered>,
    opts: pulumi.CustomResourceOptions,
    retire: pulumi.Input<{ savepoint: string | null } | null> = null,
): VersionJob {
    const { CustomResource } = loadKubernetes().apiextensions;
    const labels = jobLabels(component, names.version, jobName, job.labels);
    const meta = { name: jobName, ...(job.namespace && { namespace: job.namespace }), labels };
    const account =
        job.kind === "flinkDeployment" && job.serviceAccount === true
            ? jobAccount(resourceName, meta, opts)
            : [];
    const stopped = pulumi.output(retire);
    const timeout = `${job.startTimeoutSeconds ?? 600}s`;
    const resource = new CustomResource(
        resourceName,
        {
            apiVersion: operatorApi,
            kind: operatorKinds[job.kind],
            metadata: {
                ...meta,
                annotations: stopped.apply((stop) => ({
                    ...job.annotations,
                    "pulumi.com/waitFor": readyWhen(stop === null ? "RUNNING" : "FINISHED"),
                })),
            },
            spec: pulumi
                .all([spec, stopped])
                .apply(([rendered, stop]) =>
                    stop === null ? rendered : suspended(rendered, stop.savepoint !== null),
                ),
            // An output: what is given there is the operator's.
            status: undefined,
        },
        pulumi.mergeOptions(opts, {
            dependsOn: account,
            customTimeouts: { create: timeout, update: timeout },
        }),
    );
    const status = pulumi.output((resource as Live).status ?? null);
    const text = (...path: string[]): pulumi.Output<string | null> =>
        pulumi.all([status]).apply(([live]: unknown[]) => {
            const value = at(live, ...path);
            return typeof value === "string" ? value : null;
        });
    return {
        resource,
        digest: pulumi.unsecret(spec.apply((rendered) => specDigest(job.kind, rendered))),
        jobId: text("jobStatus", "jobId"),
        status: text("jobStatus", "state"),
        savepoint: text("jobStatus", "upgradeSavepointPath"),
        restUrl: spec.apply((rendered) => restUrl(job, jobName, rendered)),
    };
}

/**
 * When the resource counts as made. By the field and not by the condition `Running`, which only operators from 1.15 on
 * write, and session jobs have none of.
 */
function readyWhen(state: string): string {
    return `jsonpath={.status.jobStatus.state}=${state}`;
}

/** Labels by which people and other tools find what belongs to a version. */
export function jobLabels(
    component: string,
    version: string,
    jobName: string,
    own: Readonly<Record<string, string>> = {},
): Record<string, string> {
    return {
        "app.kubernetes.io/name": component,
        "app.kubernetes.io/instance": jobName,
        "app.kubernetes.io/version": version,
        "app.kubernetes.io/component": "flink-job",
        "app.kubernetes.io/part-of": component,
        "app.kubernetes.io/managed-by": "pulumi",
        ...own,
    };
}

/** Where the job's REST API is; `null` where it is not asked. A job of a session cluster has that of its cluster. */
export function restUrl(
    { kind, rest, namespace }: PlacedJob,
    jobName: string,
    spec: Rendered,
): string | null {
    const deployment = kind === "flinkSessionJob" ? spec["deploymentName"] : jobName;
    const name = typeof deployment === "string" ? deployment : jobName;
    return rest === "service"
        ? serviceUrl(name, namespace)
        : (rest?.replaceAll("{{name}}", name).replaceAll("{{namespace}}", namespace ?? "") ?? null);
}

/** The service that the operator makes for a FlinkDeployment's REST API. */
export function serviceUrl(name: string, namespace?: string): string {
    return `http://${name}-rest${namespace === undefined ? "" : `.${namespace}`}:8081`;
}
