import * as pulumi from "@pulumi/pulumi";
import type { ClusterInputs } from "./provider/inputs.js";
import { shim, type Inputs } from "./shim.js";

const provider = shim("cluster");

/**
 * Says, in words of the arguments and before any other resource is read or made, that brokers do not answer or that an
 * existing job's topic is not there. It stands for nothing and changes nothing.
 */
export class Cluster extends pulumi.dynamic.Resource {
    constructor(name: string, inputs: Inputs<ClusterInputs>, opts: pulumi.CustomResourceOptions) {
        super(provider, name, { ...inputs }, opts, "shadow-flink", "Cluster");
    }
}
