import * as kafka from "@pulumi/kafka";
import type * as pulumi from "@pulumi/pulumi";
import { routingTopicName } from "./versions.js";

/** The compacted topic with the routing record: one partition, the newest record for ever. */
export function routingTopic(
    name: string,
    replicationFactor: pulumi.Input<number>,
    opts: pulumi.CustomResourceOptions,
): kafka.Topic {
    return new kafka.Topic(
        `${name}-routing`,
        {
            name: routingTopicName(name),
            partitions: 1,
            replicationFactor,
            config: { "cleanup.policy": "compact" },
        },
        // Consumers find their topic by it; it outlives the stack.
        { ...opts, protect: true, retainOnDelete: true, ignoreChanges: ["replicationFactor"] },
    );
}
