import type * as pulumi from "@pulumi/pulumi";
import { loadKubernetes } from "../kubernetes.js";

interface Meta {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
}

/**
 * A service account of the job's own. In native mode the JobManager makes and removes TaskManager pods; leader election
 * and checkpoint pointers of high availability are in ConfigMaps. Secrets, services and other deployments are not its
 * affair: the operator's own chart gives its account no less than this in the whole namespace.
 */
export function jobAccount(
    resourceName: string,
    { name, namespace, labels }: Meta,
    opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
    const { core, rbac } = loadKubernetes();
    const metadata = { name, ...(namespace && { namespace }), labels: { ...labels } };
    const account = new core.v1.ServiceAccount(`${resourceName}-account`, { metadata }, opts);
    const role = new rbac.v1.Role(
        `${resourceName}-role`,
        {
            metadata,
            rules: [
                {
                    apiGroups: [""],
                    resources: ["pods", "configmaps"],
                    verbs: ["get", "list", "watch", "create", "update", "patch", "delete"],
                },
                // The JobManager's own: pods are made in its name, so that they go when it goes ...
                {
                    apiGroups: ["apps"],
                    resources: ["deployments"],
                    resourceNames: [name],
                    verbs: ["get"],
                },
                // ... which some clusters (OpenShift) allow only to who may hold up its removal.
                {
                    apiGroups: ["apps"],
                    resources: ["deployments/finalizers"],
                    resourceNames: [name],
                    verbs: ["update"],
                },
            ],
        },
        opts,
    );
    const binding = new rbac.v1.RoleBinding(
        `${resourceName}-binding`,
        {
            metadata,
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
            subjects: [{ kind: "ServiceAccount", name, ...(namespace && { namespace }) }],
        },
        { ...opts, dependsOn: [account, role] },
    );
    return [account, role, binding];
}
