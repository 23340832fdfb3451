import type * as pulumi from "@pulumi/pulumi";

/** The job of a managed version, wherever it runs. */
export interface VersionJob {
    readonly resource: pulumi.Resource;
    /** Tells one build of the job from another. */
    readonly digest: pulumi.Output<string>;
    /** As Flink knows it; `null` where that is not known. */
    readonly jobId: pulumi.Output<string | null>;
    /** Flink's word for how it is; `null` where that is not known. */
    readonly status: pulumi.Output<string | null>;
    /** Where it left a savepoint when it was retired; `null` where it was not, or left none. */
    readonly savepoint: pulumi.Output<string | null | undefined>;
    /** URL of the REST API of the cluster that it runs on; `null` where that is not asked. */
    readonly restUrl: pulumi.Output<string | null>;
}
