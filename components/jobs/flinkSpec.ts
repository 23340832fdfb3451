import type * as pulumi from "@pulumi/pulumi";

/**
 * Spec of a FlinkDeployment, `flink.apache.org/v1beta1` as in operator 1.15. Fields that are not named here are passed
 * through: the operator's own CRD judges them.
 */
export interface FlinkDeploymentSpec {
    /** Image with Flink and the job. */
    image?: pulumi.Input<string>;
    imagePullPolicy?: pulumi.Input<string>;
    /** Of the pods; it needs what Flink does in the cluster. Defaults to the one that `serviceAccount` of the options makes. */
    serviceAccount?: pulumi.Input<string>;
    /** `v1_13` to `v2_2` with operator 1.15. */
    flinkVersion: pulumi.Input<string>;
    /** By key, `"taskmanager.numberOfTaskSlots": "2"`; nested objects are what the same with dots is. */
    flinkConfiguration?: pulumi.Input<FlinkConfiguration>;
    ingress?: pulumi.Input<Record<string, unknown>>;
    /** Template of all pods, over which those of `jobManager` and `taskManager` are laid. */
    podTemplate?: pulumi.Input<Record<string, unknown>>;
    jobManager?: pulumi.Input<JobManagerSpec>;
    taskManager?: pulumi.Input<TaskManagerSpec>;
    logConfiguration?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    mode?: pulumi.Input<"native" | "standalone">;
    /** Another number restarts the job. */
    restartNonce?: pulumi.Input<number>;
    /** The job: application mode. */
    job: pulumi.Input<OperatorJobSpec>;
    [passedThrough: string]: unknown;
}

/** Spec of a FlinkSessionJob: a job on a session cluster that the operator runs. */
export interface FlinkSessionJobSpec {
    /** Name of the session cluster's FlinkDeployment, in the same namespace. */
    deploymentName: pulumi.Input<string>;
    job: pulumi.Input<OperatorJobSpec>;
    flinkConfiguration?: pulumi.Input<FlinkConfiguration>;
    restartNonce?: pulumi.Input<number>;
    [passedThrough: string]: unknown;
}

/** What the operator is told of a job. */
export interface OperatorJobSpec {
    /** `local:///opt/flink/usrlib/delays.jar` in the image, or what the operator can download. */
    jarURI?: pulumi.Input<string>;
    /** Defaults to `1`, as with the operator. */
    parallelism?: pulumi.Input<number>;
    entryClass?: pulumi.Input<string>;
    /** Where the job is told its topic, group and transactional-id prefix. */
    args?: pulumi.Input<pulumi.Input<string>[]>;
    state?: pulumi.Input<"running" | "suspended">;
    /** How the operator changes the running job: `stateless` without its state. Defaults to `stateless`, as with the operator. */
    upgradeMode?: pulumi.Input<"stateless" | "last-state" | "savepoint">;
    initialSavepointPath?: pulumi.Input<string>;
    allowNonRestoredState?: pulumi.Input<boolean>;
    [passedThrough: string]: unknown;
}

export interface JobManagerSpec {
    /** `resource`, not `resources`: that is in no operator up to 1.15. */
    resource?: pulumi.Input<FlinkResource>;
    replicas?: pulumi.Input<number>;
    podTemplate?: pulumi.Input<Record<string, unknown>>;
    [passedThrough: string]: unknown;
}

export type TaskManagerSpec = JobManagerSpec;

export interface FlinkResource {
    /** Cores. */
    cpu?: pulumi.Input<number>;
    /** `"2g"`, as Flink spells it. */
    memory?: pulumi.Input<string>;
    ephemeralStorage?: pulumi.Input<string>;
}

export interface FlinkConfiguration {
    [key: string]: pulumi.Input<string | number | boolean | FlinkConfiguration>;
}

/** A spec without outputs in it, as it is sent. */
export type Rendered = Readonly<Record<string, unknown>>;

/** `{ a: { b: 1 } }` as `{ "a.b": "1" }`, which Flink takes as the same. */
export function flatConfiguration(value: unknown, prefix = ""): Record<string, string> {
    const flat: Record<string, string> = {};
    for (const [key, inner] of entriesOf(value)) {
        const path = `${prefix}${key}`;
        if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
            Object.assign(flat, flatConfiguration(inner, `${path}.`));
        } else if (inner !== undefined && inner !== null) {
            flat[path] = typeof inner === "string" ? inner : JSON.stringify(inner);
        }
    }
    return flat;
}

/** The entries of an object; none of anything else. */
export function entriesOf(value: unknown): [string, unknown][] {
    return typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(value)
        : [];
}

/** What stands under a path; `undefined` where that leads nowhere. */
export function at(value: unknown, ...path: string[]): unknown {
    return path.reduce<unknown>(
        (inner, key) => entriesOf(inner).find(([name]) => name === key)?.[1],
        value,
    );
}
