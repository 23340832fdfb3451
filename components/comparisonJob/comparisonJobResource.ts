import * as pulumi from "@pulumi/pulumi";
import type { SessionJobInputs } from "../provider/inputs.js";
import { shim, type Inputs } from "../shim.js";

const provider = shim("comparer");

/** The job of a comparison on a session cluster. */
export class ComparisonJob extends pulumi.dynamic.Resource {
    /** `null` where it could not be started. */
    declare readonly jobId: pulumi.Output<string | null>;
    /** Why it could not be started; `null` where it was. */
    declare readonly problem: pulumi.Output<string | null>;
    declare readonly restUrl: pulumi.Output<string | null>;

    constructor(
        name: string,
        inputs: Inputs<SessionJobInputs>,
        opts: pulumi.CustomResourceOptions,
    ) {
        const outputs = {
            jobId: undefined,
            problem: undefined,
            restUrl: undefined,
            status: undefined,
            startedAt: undefined,
        };
        super(provider, name, { ...inputs, ...outputs }, opts, "shadow-flink", "ComparisonJob");
    }
}
