import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";

/** Settings of canary topics. What is not given is taken from the authority's topic. */
export interface CanaryTopicArgs {
    /** Partitions. Defaults to those of the authority's topic. */
    partitions?: pulumi.Input<number>;
    /** Replicas of each partition. Defaults to those of the authority's topic. */
    replicationFactor?: pulumi.Input<number>;
    /**
     * Topic settings as Kafka spells them (`retention.ms`, `min.insync.replicas`, ...), over those mirrored from the
     * authority's topic: `cleanup.policy`, `message.timestamp.type`, `max.message.bytes` and `compression.type`.
     */
    config?: Record<string, pulumi.Input<string>>;
}

/** What of the authority's topic its counterpart must share, for the two to hold the same records. */
const mirrored = [
    "cleanup.policy",
    "message.timestamp.type",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "max.message.bytes",
    "compression.type",
];

/** A topic whose settings are taken over. */
export interface MirroredTopic {
    readonly partitions: pulumi.Input<number>;
    readonly replicationFactor: pulumi.Input<number>;
    readonly config?: pulumi.Input<Record<string, string> | undefined>;
}

/**
 * The output topic of a managed version. Partitions, replicas and settings are taken when the version is declared and
 * never touched again: a promotion, or a change of the topic they came from, must not reach a topic that is in use.
 */
export function canaryTopic(
    resourceName: string,
    topic: string,
    args: CanaryTopicArgs,
    mirror: MirroredTopic | undefined,
    opts: pulumi.CustomResourceOptions,
): kafka.Topic {
    const config = pulumi.all([mirror?.config, args.config ?? {}]).apply(([theirs, own]) => ({
        ...Object.fromEntries(
            Object.entries(theirs ?? {}).filter(([key]) => mirrored.includes(key)),
        ),
        ...own,
    }));
    return new kafka.Topic(
        resourceName,
        {
            name: topic,
            partitions: args.partitions ?? mirror?.partitions ?? 1,
            replicationFactor: args.replicationFactor ?? mirror?.replicationFactor ?? 1,
            config,
        },
        { ...opts, ignoreChanges: ["partitions", "replicationFactor", "config"] },
    );
}
