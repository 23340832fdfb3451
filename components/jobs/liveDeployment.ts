import * as pulumi from "@pulumi/pulumi";
import { loadKubernetes } from "../kubernetes.js";
import { namesInSpec } from "../specIsolation.js";
import { at, entriesOf, type Rendered } from "./flinkSpec.js";
import { operatorApi, operatorKinds } from "./operatorJob.js";

/** A FlinkDeployment that is there already. */
export interface DeploymentReference {
    /** Its name in the cluster. */
    name: string;
    /** Its namespace. */
    namespace: string;
}

/** What the cluster says of an existing job. */
export interface LiveJob {
    readonly jobId: string | null;
    /** What its spec says of its names. */
    readonly names: ReturnType<typeof namesInSpec>;
}

/** Reads the FlinkDeployment of an existing job with every `pulumi up`. A resource that is read is never written or deleted. */
export function liveDeployment(
    resourceName: string,
    { name, namespace }: DeploymentReference,
    opts: pulumi.CustomResourceOptions,
): pulumi.Output<LiveJob> {
    const { CustomResource } = loadKubernetes().apiextensions;
    const read = new CustomResource(
        resourceName,
        {
            apiVersion: operatorApi,
            kind: operatorKinds.flinkDeployment,
            metadata: undefined,
            spec: undefined,
            status: undefined,
        },
        { ...opts, id: `${namespace}/${name}` },
    ) as { spec?: pulumi.Output<unknown>; status?: pulumi.Output<unknown> };
    return pulumi.all([read.spec, read.status]).apply(([spec, status]) => {
        const jobId = at(status, "jobStatus", "jobId");
        const plain: Rendered = Object.fromEntries(entriesOf(spec));
        return { jobId: typeof jobId === "string" ? jobId : null, names: namesInSpec(plain) };
    });
}
