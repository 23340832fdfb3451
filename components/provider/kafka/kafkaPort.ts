import { Admin as OffsetAdmin, MultipleErrors, ProtocolError } from "@platformatic/kafka";
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from "kafkajs";
import { explain } from "../errors.js";
import { registerCodecs } from "./codecs.js";
import { withDeadline } from "./deadline.js";
import { openFencedWriter } from "./fencedWriter.js";
import { Leaders } from "./leaders.js";
import {
    GroupNotEmptyError,
    type KafkaPort,
    type Offsets,
    type TopicDescription,
    type TopicLog,
} from "./port.js";
import { nameMissingPermission } from "./notAllowed.js";
import { openTransactions } from "./openTransactions.js";
import { quietTimers } from "./quietTimers.js";
import { rangesOf, readRanges } from "./readRanges.js";
import { readSecurity, type KafkaSecurity } from "./security.js";
import { openTopicLog, type LogEnds } from "./topicLog.js";
import { Unpacker } from "./unpacker.js";
import { untilCoordinated } from "./untilCoordinated.js";

/** Where and how to reach the cluster. */
export interface KafkaSettings {
    readonly bootstrapServers: readonly string[];
    readonly clientId: string;
    /** Defaults to plain connections by nobody in particular. */
    readonly security?: KafkaSecurity;
}

const callSeconds = 30;
/** Less: what a coordinator says then is better than that a call took too long. */
const coordinatorSeconds = 20;
const readCommitted = 1;

/**
 * Kafka by kafkajs; by @platformatic/kafka what needs protocol versions that kafkajs does not speak. Those carry topic
 * ids, and reading goes by them: kafkajs reads only as a member of a group, and hands over aborted records.
 * Commits for a group without members are the other: its `setOffsets` joins the group instead of asking the broker to
 * refuse while somebody is in it.
 */
export async function connectKafka(settings: KafkaSettings): Promise<KafkaPort> {
    prepareClient();
    const secured = readSecurity(settings.security, settings.bootstrapServers);
    const kafka = new Kafka({
        ...secured.kafkajs,
        brokers: [...settings.bootstrapServers],
        clientId: settings.clientId,
        connectionTimeout: 5_000,
        requestTimeout: callSeconds * 1000,
        retry: { retries: 4, initialRetryTime: 200, maxRetryTime: 3_000 },
        // Retries are part of normal work; what ends a call is thrown.
        logLevel: logLevel.NOTHING,
    });
    const admin = kafka.admin();
    const offsetAdmin = new OffsetAdmin({
        ...secured.platformatic,
        clientId: settings.clientId,
        bootstrapBrokers: [...settings.bootstrapServers],
        timeout: callSeconds * 1000,
        connectTimeout: 5_000,
        retries: 5,
        autocreateTopics: false,
    });
    const unpacker = new Unpacker();
    const close = async () => {
        await Promise.allSettled([admin.disconnect(), offsetAdmin.close(), unpacker.close()]);
    };
    try {
        await withDeadline(
            `Connecting to ${settings.bootstrapServers.join(", ")}`,
            callSeconds,
            admin.connect(),
        );
        if (settings.security?.sasl?.mechanism === "oauthbearer") {
            // A refused token is answered with a challenge, which kafkajs takes for a welcome.
            await withDeadline("Presenting the token", callSeconds, present(offsetAdmin));
        }
    } catch (error) {
        // Not waited for: a server that does not answer does not answer this either.
        void close();
        throw error;
    }

    const call = async <T>(what: string, promise: Promise<T>, needs: string): Promise<T> => {
        try {
            return await withDeadline(what, callSeconds, promise);
        } catch (error) {
            throw nameMissingPermission(what, needs, error);
        }
    };
    const reading = (topic: string) => `Read on topic ${topic}`;
    const ofGroup = (group: string, topic: string) =>
        `Read on group ${group} and on topic ${topic}`;

    const describe = (topic: string) =>
        call(
            `Describing ${topic}`,
            describeTopic(admin, offsetAdmin, topic),
            `Read and DescribeConfigs on topic ${topic}`,
        );

    const leadersOf = (topic: TopicDescription) =>
        new Leaders(settings.bootstrapServers, settings.clientId, topic, secured.platformatic);

    const openLog = (topic: TopicDescription): Promise<TopicLog> =>
        openTopicLog({
            topic,
            leaders: leadersOf(topic),
            unpacker,
            endsOf: (partition) =>
                call(
                    `Offsets of ${topic.name}`,
                    endsOf(offsetAdmin, topic.name, partition),
                    reading(topic.name),
                ),
        });

    return {
        describeTopic: describe,
        earliestOffsets: (topic) =>
            call(`Offsets of ${topic}`, listed(offsetAdmin, topic, earliest), reading(topic)),
        lastStableOffsets: (topic) =>
            call(
                `Last stable offsets of ${topic}`,
                listed(offsetAdmin, topic, latest),
                reading(topic),
            ),
        offsetsAt: async (topic, timestamp) => {
            const what = `Offsets of ${topic} by time`;
            const at = BigInt(Math.max(0, Math.ceil(timestamp)));
            const ends = await call(what, listed(offsetAdmin, topic, latest), reading(topic));
            const found = await call(what, listed(offsetAdmin, topic, at), reading(topic));
            // A partition without such a record is answered with -1.
            return new Map(
                [...ends].map(([p, end]) => [p, found.get(p)! < 0n ? end : found.get(p)!]),
            );
        },
        openTransactions: async (topic) => {
            const leaders = leadersOf(topic);
            const what = `Open transactions of ${topic.name}`;
            try {
                return await call(what, openTransactions(leaders, topic), reading(topic.name));
            } finally {
                await leaders.close();
            }
        },
        openLog,
        read: async (name, from, to, options) => {
            const ranges = rangesOf(from, to);
            if (ranges.size === 0) {
                return;
            }
            options.signal.throwIfAborted();
            const topic = await describe(name);
            if (topic === undefined) {
                throw new Error(`There is no topic ${name} to read.`);
            }
            const log = await openLog(topic);
            try {
                await readRanges(log, ranges, options);
            } finally {
                await log.close();
            }
        },
        committedOffsets: async (group, topic) => {
            const [answer] = await call(
                `Committed offsets of group ${group}`,
                untilCoordinated(
                    () => admin.fetchOffsets({ groupId: group, topics: [topic] }),
                    coordinatorSeconds,
                ),
                ofGroup(group, topic),
            );
            return new Map(
                (answer?.partitions ?? [])
                    .map(({ partition, offset }) => [partition, BigInt(offset)] as const)
                    .filter(([, offset]) => offset >= 0n),
            );
        },
        commitOffsets: (group, topic, offsets) =>
            call(
                `Committing offsets for group ${group}`,
                commitForEmptyGroup(offsetAdmin, group, topic, offsets),
                ofGroup(group, topic),
            ),
        fence: (transactionalId) =>
            call(
                `Taking over transactional id ${transactionalId}`,
                openFencedWriter(kafka, transactionalId),
                `Write on transactional id ${transactionalId} and on the topic that it writes`,
            ),
        close,
    };
}

/** Both clients must be let in; the other one reads what a challenge says. */
async function present(offsetAdmin: OffsetAdmin): Promise<void> {
    await offsetAdmin.metadata({ topics: [] });
}

let prepared = false;

/** What kafkajs needs once in a process. */
function prepareClient(): void {
    if (!prepared) {
        registerCodecs();
        quietTimers();
        prepared = true;
    }
}

async function describeTopic(
    admin: Admin,
    offsetAdmin: OffsetAdmin,
    topic: string,
): Promise<TopicDescription | undefined> {
    const existing = await admin.listTopics();
    if (!existing.includes(topic)) {
        return undefined;
    }
    const [metadata, configs] = await Promise.all([
        offsetAdmin.metadata({ topics: [topic], forceUpdate: true }),
        admin.describeConfigs({
            includeSynonyms: false,
            resources: [
                {
                    type: ConfigResourceTypes.TOPIC,
                    name: topic,
                    configNames: [
                        "cleanup.policy",
                        "message.timestamp.type",
                        "retention.ms",
                        "retention.bytes",
                    ],
                },
            ],
        }),
    ]);
    const described = metadata.topics.get(topic);
    if (described === undefined) {
        return undefined;
    }
    const config = (name: string) =>
        configs.resources[0]?.configEntries.find((entry) => entry.configName === name)
            ?.configValue ?? "";
    const retention = (name: string) => (config(name) === "" ? undefined : Number(config(name)));
    const [retentionMs, retentionBytes] = [retention("retention.ms"), retention("retention.bytes")];
    return {
        name: topic,
        id: described.id,
        partitions: described.partitionsCount,
        cleanupPolicy: config("cleanup.policy"),
        timestampType: config("message.timestamp.type"),
        ...(retentionMs === undefined ? {} : { retentionMs }),
        ...(retentionBytes === undefined ? {} : { retentionBytes }),
    };
}

/** What the broker lists for this timestamp, of every partition. */
async function listed(
    offsetAdmin: OffsetAdmin,
    topic: string,
    timestamp: bigint,
): Promise<Offsets> {
    // kafkajs gives up where a leader has just moved, here as with offsets.
    const { topics } = await offsetAdmin.metadata({ topics: [topic], forceUpdate: true });
    const partitions = Array.from({ length: topics.get(topic)?.partitionsCount ?? 0 }, (_, p) => p);
    const [answer] = await offsetAdmin.listOffsets({
        isolationLevel: readCommitted,
        topics: [
            {
                name: topic,
                partitions: partitions.map((partitionIndex) => ({
                    partitionIndex,
                    timestamp,
                })),
            },
        ],
    });
    return new Map(
        (answer?.partitions ?? [])
            .map(({ partitionIndex, offset }) => [partitionIndex, offset] as const)
            .sort(([a], [b]) => a - b),
    );
}

/** What the ends of a log are asked for as. */
const earliest = -2n;
const latest = -1n;

async function endsOf(
    offsetAdmin: OffsetAdmin,
    topic: string,
    partitionIndex: number,
): Promise<LogEnds> {
    const ask = async (timestamp: bigint): Promise<bigint> => {
        const partitions = [{ partitionIndex, timestamp }];
        const [listed] = await offsetAdmin.listOffsets({ topics: [{ name: topic, partitions }] });
        return listed!.partitions[0]!.offset;
    };
    return { earliest: await ask(earliest), end: await ask(latest) };
}

/** What the broker answers to a commit by nobody where somebody is in the group, or was a moment ago. */
const someMember = [
    "UNKNOWN_MEMBER_ID",
    "REBALANCE_IN_PROGRESS",
    "ILLEGAL_GENERATION",
    "STALE_MEMBER_EPOCH",
];

function findAnswer(error: unknown, property: string, value: string): Error | null {
    return error instanceof MultipleErrors ? error.findBy(property, value) : null;
}

async function commitForEmptyGroup(
    offsetAdmin: OffsetAdmin,
    group: string,
    topic: string,
    offsets: Offsets,
): Promise<void> {
    try {
        await offsetAdmin.alterConsumerGroupOffsets({
            groupId: group,
            topics: [
                {
                    name: topic,
                    partitionOffsets: [...offsets].map(([partition, offset]) => ({
                        partition,
                        offset,
                    })),
                },
            ],
        });
    } catch (cause) {
        if (someMember.some((answer) => findAnswer(cause, "apiId", answer) !== null)) {
            throw new GroupNotEmptyError(group, topic, cause);
        }
        const answer = findAnswer(cause, "code", ProtocolError.code) ?? cause;
        throw new Error(
            `The offsets of group ${group} on ${topic} could not be set: ${explain(answer)}`,
            { cause },
        );
    }
}
