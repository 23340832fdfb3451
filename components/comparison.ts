import * as pulumi from "@pulumi/pulumi";
import type { Verdict } from "./provider/comparison/verdict.js";
import type { ComparisonInputs, EvidenceRange } from "./provider/inputs.js";
import { shim, type Inputs } from "./shim.js";

const provider = shim("comparison");

/** Looks at a candidate's output beside the incumbent's with every `pulumi up` until the candidate is settled. */
export class Comparison extends pulumi.dynamic.Resource {
    /** The newest verdict; `null` where nothing was compared, since the version holds authority or did. */
    declare readonly verdict: pulumi.Output<Verdict | null>;
    declare readonly range: pulumi.Output<EvidenceRange | null>;

    constructor(
        name: string,
        inputs: Inputs<ComparisonInputs>,
        opts: pulumi.CustomResourceOptions,
    ) {
        super(
            provider,
            name,
            { ...inputs, verdict: undefined, range: undefined, kept: undefined },
            opts,
            "shadow-flink",
            "Comparison",
        );
    }
}
