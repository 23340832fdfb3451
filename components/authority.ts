import * as pulumi from "@pulumi/pulumi";
import type { RoutingRecord } from "./provider/cutover/routingRecord.js";
import type { AuthorityInputs } from "./provider/inputs.js";
import { shim, type Inputs } from "./shim.js";

const provider = shim("authority");

/** The pointer: decides whether authority may move, moves the consumers, and writes the routing record. */
export class Authority extends pulumi.dynamic.Resource {
    /** The routing record as it stands in Kafka. */
    declare readonly routing: pulumi.Output<RoutingRecord>;

    constructor(name: string, inputs: Inputs<AuthorityInputs>, opts: pulumi.CustomResourceOptions) {
        super(provider, name, { ...inputs, routing: undefined }, opts, "shadow-flink", "Authority");
    }
}
