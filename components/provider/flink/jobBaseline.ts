/** How often things had gone wrong with a job when it began to count; kept in the comparison's state. */
export interface JobBaseline {
    readonly jobId: string;
    /** When it was taken, in ms since the epoch. */
    readonly at: number;
    /** Whether the job was warm by then: only from there on failed checkpoints count. */
    readonly warm: boolean;
    readonly restarts: number;
    readonly completedCheckpoints: number;
    readonly failedCheckpoints: number;
}

/** What Flink counts of a job. */
export interface JobCounts {
    readonly jobId: string;
    /** How long ago it was started, in ms. */
    readonly age: number;
    readonly restarts: number;
    /** `null` where checkpointing is off. */
    readonly completedCheckpoints: number | null;
    readonly failedCheckpoints: number | null;
}

/**
 * The first checkpoints of a healthy job fail, since its sources do not run yet: so long, in ms, it is taken to be warming.
 */
export const warming = 30_000;

/**
 * Where counting begins: at the first look for what happened before anybody compared, and for failed checkpoints not
 * before the job is warm. Restarts of a job that was seen warming count from its start.
 */
export function baselineAt(known: JobBaseline | null, counts: JobCounts, now: number): JobBaseline {
    const { jobId, restarts } = counts;
    const warm = counts.age >= warming;
    const checkpoints = {
        completedCheckpoints: counts.completedCheckpoints ?? 0,
        failedCheckpoints: counts.failedCheckpoints ?? 0,
    };
    if (known?.jobId !== jobId) {
        return { jobId, at: now, warm, restarts: warm ? restarts : 0, ...checkpoints };
    }
    return known.warm ? known : { ...known, warm, ...checkpoints };
}

/** How much a counter grew; one that is lower than before began anew with another job manager. */
export function since(before: number, now: number): number {
    return now >= before ? now - before : now;
}
