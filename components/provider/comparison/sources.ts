import type { Evidence, JobEvidence, MetricEvidence } from "./evidence.js";

/** What was asked elsewhere than on the topics. */
export interface Sources {
    /** `null` where it is not known where the version's job runs. */
    readonly jobs: {
        readonly incumbent: JobEvidence | null;
        readonly candidate: JobEvidence | null;
    };
    readonly metrics: readonly MetricEvidence[];
}

/** The evidence of the topics with what was asked elsewhere. */
export function withSources(evidence: Evidence, { jobs, metrics }: Sources): Evidence {
    return {
        ...evidence,
        incumbent: { ...evidence.incumbent, job: jobs.incumbent },
        candidate: { ...evidence.candidate, job: jobs.candidate },
        metrics,
    };
}
