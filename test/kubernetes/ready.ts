import { ApiextensionsV1Api, AppsV1Api, KubeConfig } from "@kubernetes/client-node";

/** A cluster that is there, with an operator in it. */
export interface ReadyCluster {
    readonly config: KubeConfig;
}

/** The cluster of `KUBECONFIG`, or why the story cannot be played there. */
export async function readyCluster(
    kubeconfig = process.env.KUBECONFIG,
): Promise<ReadyCluster | { readonly reason: string }> {
    if (!kubeconfig) {
        return { reason: "KUBECONFIG is not set; it names the file of a cluster to play it on" };
    }
    const config = new KubeConfig();
    try {
        config.loadFromFile(kubeconfig);
        const { items } = await config
            .makeApiClient(ApiextensionsV1Api)
            .listCustomResourceDefinition();
        if (!items.some(({ metadata }) => metadata?.name === "flinkdeployments.flink.apache.org")) {
            return { reason: "the cluster has no FlinkDeployments: install the operator's chart" };
        }
        const operators = await config.makeApiClient(AppsV1Api).listDeploymentForAllNamespaces({
            labelSelector: "app.kubernetes.io/name=flink-kubernetes-operator",
        });
        return operators.items.some(({ status }) => (status?.readyReplicas ?? 0) > 0)
            ? { config }
            : { reason: "no Flink Kubernetes Operator is running in the cluster" };
    } catch (error) {
        const [first] = String(error).split("\n");
        return { reason: `the cluster of KUBECONFIG (${kubeconfig}) cannot be asked: ${first}` };
    }
}
