import * as pulumi from "@pulumi/pulumi";
import type { EvidenceStartInputs, JobStart } from "../provider/inputs.js";
import { shim, type Inputs } from "../shim.js";

const provider = shim("jobStart");

/** Where a comparison's job begins to read. It stands for nothing else, and never changes. */
export class EvidenceStart extends pulumi.dynamic.Resource {
    declare readonly start: pulumi.Output<JobStart>;

    constructor(
        name: string,
        inputs: Inputs<EvidenceStartInputs>,
        opts: pulumi.CustomResourceOptions,
    ) {
        super(
            provider,
            name,
            { ...inputs, start: undefined },
            opts,
            "shadow-flink",
            "EvidenceStart",
        );
    }
}
