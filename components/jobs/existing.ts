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
}

export interface ExistingJob extends ExistingJobArgs {
    readonly kind: "existing";
}

/** Declares a version whose job runs already; nothing of it is ever changed. */
export function existingJob(args: ExistingJobArgs): ExistingJob {
    return { ...args, kind: "existing" };
}
