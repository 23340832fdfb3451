import * as pulumi from "@pulumi/pulumi";
import type { CompareSettings } from "./compare.js";
import type { EvidenceRange, VersionInput } from "./comparison.js";
import type { Verdict } from "./provider/comparison/verdict.js";
import type { RoutingRecord } from "./provider/cutover/routingRecord.js";
import { shim } from "./shim.js";

export interface AuthorityInputs {
    /** Name of the component. */
    name: pulumi.Input<string>;
    /** organization/project/stack of the program: only it may move these consumers. */
    owner: pulumi.Input<string>;
    /** The version that the program asks to hold authority. */
    authority: pulumi.Input<string>;
    versions: pulumi.Input<Record<string, VersionInput>>;
    /** Digest of what that version's job runs; empty for a job that is not managed. */
    candidateDigest: pulumi.Input<string>;
    /** The group of every consumer on every version's topic: consumer, then version. */
    consumers: pulumi.Input<Record<string, Record<string, string>>>;
    bootstrapServers: pulumi.Input<pulumi.Input<string>[]>;
    routingTopic: pulumi.Input<string>;
    transactionalId: pulumi.Input<string>;
    settings: pulumi.Input<CompareSettings>;
    /** The verdict on the version that is asked for, and what it rests on; `null` for a job that is not managed. */
    verdict: pulumi.Input<Verdict | null>;
    range: pulumi.Input<EvidenceRange | null>;
    override: pulumi.Input<{ reason: string; approvedBy: string } | null>;
}

const provider = shim("authority");

/** The pointer: decides whether authority may move, moves the consumers, and writes the routing record. */
export class Authority extends pulumi.dynamic.Resource {
    /** The routing record as it stands in Kafka. */
    declare readonly routing: pulumi.Output<RoutingRecord>;

    constructor(name: string, inputs: AuthorityInputs, opts: pulumi.CustomResourceOptions) {
        super(provider, name, { ...inputs, routing: undefined }, opts, "shadow-flink", "Authority");
    }
}
