import * as pulumi from "@pulumi/pulumi";
import type { CompareSettings } from "./compare.js";
import type { Verdict } from "./provider/comparison/verdict.js";
import { shim } from "./shim.js";

/** What the provider half is told of one version. */
export interface VersionInput {
    readonly topic: string;
    /** Whether its job is a resource of this component. */
    readonly managed: boolean;
}

export interface ComparisonInputs {
    /** Name of the component. */
    name: pulumi.Input<string>;
    /** The version under comparison. */
    version: pulumi.Input<string>;
    /** The version that the program asks to hold authority. */
    authority: pulumi.Input<string>;
    versions: pulumi.Input<Record<string, VersionInput>>;
    bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
    routingTopic: pulumi.Input<string>;
    /** Digest of what the candidate's job runs. */
    candidateDigest: pulumi.Input<string>;
    settings: pulumi.Input<CompareSettings>;
    onFail: pulumi.Input<"report" | "error">;
}

/** Where the evidence of a verdict begins, on both topics: offsets as strings by partition. */
export interface EvidenceRange {
    readonly incumbent: string;
    readonly incumbentTopicId: string;
    readonly candidateTopicId: string;
    readonly incumbentFrom: Readonly<Record<string, string>>;
    readonly candidateFrom: Readonly<Record<string, string>>;
}

const provider = shim("comparison");

/** Looks at a candidate's output beside the incumbent's with every `pulumi up` until the candidate is settled. */
export class Comparison extends pulumi.dynamic.Resource {
    /** The newest verdict; `null` where nothing was compared, since the version holds authority or did. */
    declare readonly verdict: pulumi.Output<Verdict | null>;
    declare readonly range: pulumi.Output<EvidenceRange | null>;

    constructor(name: string, inputs: ComparisonInputs, opts: pulumi.CustomResourceOptions) {
        super(
            provider,
            name,
            { ...inputs, verdict: undefined, range: undefined },
            opts,
            "shadow-flink",
            "Comparison",
        );
    }
}
