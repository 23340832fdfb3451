import type { DeploymentReference } from "./liveDeployment.js";

/** A job that is already running: referenced, never managed. */
export interface ExistingJobArgs {
    /** Its output topic. */
    topic: string;
    /** Its consumer group, where known: a candidate that shares it is refused. */
    group?: string;
    /** Its transactional-id prefix, where known: a candidate whose prefix overlaps is refused. */
    transactionalIdPrefix?: string;
    /** Its checkpoint directory, where known: a candidate that shares it is refused. */
    checkpoints?: string;
    /**
     * URL of its cluster's REST API. It is only read: verdicts show the job's health beside the candidate's, and what it
     * dropped as late. Needs `jobName` or `deployment`; with the latter, `"service"` is the operator's service for it, for a
     * Pulumi that runs in the cluster. Defaults to not asking.
     */
    rest?: string;
    /**
     * The FlinkDeployment that runs it, where one does. It is read and never written, so that its job is found by id (`rest`
     * then needs no `jobName`), and a candidate with a group, prefix or folder of its spec is refused. Needs
     * `@pulumi/kubernetes`.
     */
    deployment?: DeploymentReference;
    /** What the job is called in Flink. Two running jobs of one name cannot be told apart, and are not looked at. */
    jobName?: string;
}

export interface ExistingJob extends ExistingJobArgs {
    readonly kind: "existing";
}

/** Declares a version whose job runs already; nothing of it is ever changed. */
export function existingJob(args: ExistingJobArgs): ExistingJob {
    return { ...args, kind: "existing" };
}
