import * as pulumi from "@pulumi/pulumi";
import { loadKubernetes } from "./kubernetes.js";
import { routingLabel } from "./routingConfigMap.js";

/**
 * Lets no writer put an older epoch over a newer one, in any routing ConfigMap of the cluster: what a run that was held
 * up for long would do after another one had moved the consumers. For the stack of whoever may write cluster-wide policies,
 * once per cluster; needs Kubernetes 1.30.
 *
 * The API server compares inside the write itself, so that of two writers at once the older one loses whatever the order.
 * A program cannot do that: Pulumi writes without `resourceVersion`, and what a reader saw may be past when it writes.
 */
export function routingGuard(
    name: string,
    opts: pulumi.CustomResourceOptions = {},
): pulumi.Resource[] {
    const { admissionregistration } = loadKubernetes();
    const policy = new admissionregistration.v1.ValidatingAdmissionPolicy(
        name,
        {
            metadata: { name },
            spec: {
                failurePolicy: "Fail",
                matchConstraints: {
                    // Of the object before the write or after it: taking the label away is no way round.
                    objectSelector: {
                        matchExpressions: [{ key: routingLabel, operator: "Exists" }],
                    },
                    resourceRules: [
                        {
                            apiGroups: [""],
                            apiVersions: ["v1"],
                            operations: ["UPDATE"],
                            resources: ["configmaps"],
                        },
                    ],
                },
                variables: [
                    { name: "before", expression: epochOf("oldObject") },
                    { name: "after", expression: epochOf("object") },
                ],
                validations: [
                    {
                        expression: "variables.after >= variables.before",
                        messageExpression:
                            "'the routing of epoch ' + string(variables.after) + ' is older than epoch ' + " +
                            "string(variables.before) + ', which is there: run pulumi up again'",
                        reason: "Invalid",
                    },
                ],
            },
        },
        opts,
    );
    const binding = new admissionregistration.v1.ValidatingAdmissionPolicyBinding(
        `${name}-binding`,
        {
            metadata: { name },
            spec: { policyName: name, validationActions: ["Deny"] },
        },
        pulumi.mergeOptions(opts, { dependsOn: [policy] }),
    );
    return [policy, binding];
}

/** No epoch at all is older than any. */
function epochOf(object: string): string {
    return `has(${object}.data) && 'EPOCH' in ${object}.data ? int(${object}.data['EPOCH']) : 0`;
}
