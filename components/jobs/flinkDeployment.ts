import type { PermissionArgs } from "../permissions.js";
import type { StartOptions } from "../startPosition.js";
import type { HandedNames, NameOverrides } from "../versions.js";
import type { FlinkDeploymentSpec, FlinkSessionJobSpec } from "./flinkSpec.js";

/** How a job of the Flink Kubernetes Operator stands in the cluster, beside its spec. */
export interface OperatorJobOptions extends NameOverrides, PermissionArgs, StartOptions {
    /**
     * Name in the cluster; also the job's id in high availability, and what its REST service is called after. Defaults to
     * `<component>-<version>`.
     */
    name?: string;
    /** Where it runs. Defaults to the namespace of the Kubernetes provider. */
    namespace?: string;
    /** More labels, over ours (`app.kubernetes.io/...`). The version's role is never among them, so that a promotion changes none. */
    labels?: Record<string, string>;
    /** More annotations, for the operator's resource. */
    annotations?: Record<string, string>;
    /**
     * URL of the job's REST API as it is reached from where Pulumi runs: verdicts then show health and watermarks. `{{name}}`
     * and `{{namespace}}` in it are those of the resource, as in an ingress template of the operator. `"service"` takes the
     * operator's service, `http://<name>-rest.<namespace>:8081`, for a Pulumi that runs in the cluster. Defaults to not asking.
     */
    rest?: string;
    /** How long the job may take to be running, in seconds; then `pulumi up` fails. Defaults to `600`. */
    startTimeoutSeconds?: number;
    /**
     * What the job has no use for, so that its spec need not hold it: a job that commits no offsets has no group, one
     * that is not exactly-once no transactional ids. Defaults to none: a name that stands nowhere in the spec is refused,
     * since the job would have one of its own that nobody can check.
     */
    unused?: readonly ("group" | "transactionalIdPrefix")[];
}

export interface FlinkDeploymentOptions extends OperatorJobOptions {
    /**
     * Makes a service account for the job's pods, allowed no more than what Flink needs in this namespace. Defaults to
     * `false`: the spec names one, or the pods get the namespace's default.
     */
    serviceAccount?: boolean;
}

/** A FlinkDeployment in application mode, with a callback that is handed names of its own. */
export interface FlinkDeployment<Names = HandedNames> extends FlinkDeploymentOptions {
    readonly kind: "flinkDeployment";
    readonly build: (names: Names) => FlinkDeploymentSpec;
}

/** A FlinkSessionJob, with a callback that is handed names of its own. */
export interface FlinkSessionJob<Names = HandedNames> extends OperatorJobOptions {
    readonly kind: "flinkSessionJob";
    readonly build: (names: Names) => FlinkSessionJobSpec;
}

/** A job that the Flink Kubernetes Operator runs: a version's, where nothing else is said. */
export type OperatorJob<Names = HandedNames> = FlinkDeployment<Names> | FlinkSessionJob<Names>;

/** How it stands in the cluster, whatever its callback is handed. */
export type PlacedJob = OperatorJob<never>;

/**
 * Declares a version that runs as a FlinkDeployment in application mode. The callback is handed the version's own topic,
 * group, transactional-id prefix and checkpoint folder, and its spec must hand them to the job, in `job.args`, the
 * environment of the pods or `flinkConfiguration`. Needs `@pulumi/kubernetes`.
 */
export function flinkDeployment<Names = HandedNames>(
    build: FlinkDeployment<Names>["build"],
    options: FlinkDeploymentOptions = {},
): FlinkDeployment<Names> {
    return { ...options, kind: "flinkDeployment", build };
}

/**
 * Declares a version that runs as a FlinkSessionJob, on a session cluster of the operator. Checkpoints are the session
 * cluster's affair where its operator does not take them from the job. Needs `@pulumi/kubernetes`.
 */
export function flinkSessionJob<Names = HandedNames>(
    build: FlinkSessionJob<Names>["build"],
    options: OperatorJobOptions = {},
): FlinkSessionJob<Names> {
    return { ...options, kind: "flinkSessionJob", build };
}

/** What the job is called in the cluster. */
export function operatorJobName(component: string, version: string, job: PlacedJob): string {
    return job.name ?? `${component}-${version}`;
}
