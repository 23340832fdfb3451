import * as pulumi from "@pulumi/pulumi";
import type { ConsumerArgs } from "./cutoverArguments.js";
import { hasKubernetes, loadKubernetes, needsKubernetes } from "./kubernetes.js";
import type { RoutingRecord } from "./provider/cutover/routingRecord.js";
import type { Problem } from "./versions.js";

/** A ConfigMap with what a consumer's pods read, for their `envFrom`. */
export interface RoutingConfigMapArgs {
    /** Defaults to `<component>-routing-<consumer>`. */
    name?: string;
    /** The namespace of the consumer's pods. */
    namespace: string;
    /**
     * Restarts the pods of this Deployment, rolling, when their topic or group changes: `envFrom` is read when a pod
     * starts. Defaults to none; a controller that watches ConfigMaps (Reloader, say) does it as well.
     */
    rolls?: { deployment: string };
}

/** Marks the ConfigMaps whose epoch only grows, for `routingGuard`. */
export const routingLabel = "shadow-flink/routing";
/** The annotation of a Deployment's pods that restarts them. */
export const rollAnnotation = "shadow-flink/routing";

/** One for all runs, so that a ConfigMap or annotation that was let go is taken up again without a conflict. */
const fieldManager = { "pulumi.com/patchFieldManager": "shadow-flink" };

/** What one consumer reads, as its pods are told. */
export interface Routed {
    readonly version: string;
    readonly topic: string;
    readonly group: string;
    readonly epoch: number;
}

/** What a consumer reads by the routing record: not the same for all while they are moved one after the other. */
export function routedBy(record: RoutingRecord, consumer: string): Routed | null {
    const route = record.consumers[consumer];
    if (route === undefined) {
        return null;
    }
    const { group, own } = route;
    return {
        version: own?.version ?? record.authority,
        topic: own?.topic ?? record.topic,
        group,
        epoch: own?.epoch ?? record.epoch,
    };
}

/**
 * The ConfigMap of a consumer, and the restart of its Deployment where one is named. It says what the record in Kafka says,
 * as the pointer read it in this very run. Where the ConfigMap was changed by somebody else, server-side apply refuses
 * to overwrite it; that no run writes an older epoch over a newer one is for the API server to hold, see `routingGuard`.
 */
export function routingConfigMap(
    resourceName: string,
    consumer: string,
    component: string,
    args: RoutingConfigMapArgs,
    routing: pulumi.Output<RoutingRecord>,
    bootstrapServers: pulumi.Input<pulumi.Input<string>[]>,
    opts: pulumi.CustomResourceOptions,
): void {
    const { core, apps } = loadKubernetes();
    const { namespace } = args;
    const routed = routing.apply((record) => {
        const found = routedBy(record, consumer);
        if (found === null) {
            throw new Error(
                `The routing record says nothing of consumer "${consumer}": run pulumi up again, which adds it.`,
            );
        }
        return found;
    });
    const map = new core.v1.ConfigMap(
        resourceName,
        {
            metadata: {
                name: configMapName(component, consumer, args),
                namespace,
                labels: {
                    "app.kubernetes.io/part-of": component,
                    "app.kubernetes.io/managed-by": "pulumi",
                    [routingLabel]: consumer,
                },
                annotations: fieldManager,
            },
            data: {
                TOPIC: routed.topic,
                GROUP: routed.group,
                VERSION: routed.version,
                EPOCH: routed.epoch.apply(String),
                BOOTSTRAP_SERVERS: pulumi.output(bootstrapServers).apply((list) => list.join(",")),
            },
        },
        // Pods that read it outlive the stack, and could not start without it.
        { ...opts, retainOnDelete: true },
    );
    if (args.rolls !== undefined) {
        // Not by the epoch: it grows with the moves of other consumers too, and those restart nobody here.
        const reads = routed.apply(({ topic, group }) => `${topic} as ${group}`);
        new apps.v1.DeploymentPatch(
            `${resourceName}-roll`,
            {
                metadata: {
                    name: args.rolls.deployment,
                    namespace,
                    annotations: fieldManager,
                },
                spec: { template: { metadata: { annotations: { [rollAnnotation]: reads } } } },
            },
            // Taking the annotation away would restart the pods once more.
            { ...opts, dependsOn: [map], retainOnDelete: true },
        );
    }
}

/** What is wrong with the ConfigMaps of consumers. */
export function configMapProblems(
    component: string,
    consumers: Readonly<Record<string, ConsumerArgs>>,
): Problem[] {
    const problems: Problem[] = [];
    const taken = new Map<string, string>();
    for (const [consumer, { configMap }] of Object.entries(consumers)) {
        if (configMap === undefined) {
            continue;
        }
        const field = `consumers.${consumer}.configMap`;
        const check = (key: string, value: unknown, pattern: RegExp, limit: number) => {
            if (typeof value !== "string" || value.length > limit || !pattern.test(value)) {
                problems.push({
                    field: `${field}.${key}`,
                    message:
                        `is ${JSON.stringify(value)}; Kubernetes takes a-z, 0-9 and "-" inside, at most ${limit} ` +
                        `characters: give a \`${key}\` that is so.`,
                });
            }
        };
        const name = configMapName(component, consumer, configMap);
        check("name", name, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 253);
        check("namespace", configMap.namespace, /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 63);
        if (configMap.rolls !== undefined) {
            const { deployment } = configMap.rolls;
            check("rolls.deployment", deployment, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 253);
        }
        if (!hasKubernetes()) {
            problems.push({ field, message: needsKubernetes });
        }
        const place = `${configMap.namespace}/${name}`;
        const other = taken.get(place);
        if (other !== undefined) {
            problems.push({
                field: `${field}.name`,
                message: `"${name}" is the ConfigMap of consumer ${other} too: give each its own.`,
            });
        }
        taken.set(place, consumer);
    }
    return problems;
}

function configMapName(component: string, consumer: string, args: RoutingConfigMapArgs): string {
    return args.name ?? `${component}-routing-${consumer}`;
}
