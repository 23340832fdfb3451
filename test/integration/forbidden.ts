import {
    Admin as RequestAdmin,
    Connection,
    describeClientQuotasV1,
    incrementalAlterConfigsV1,
    initProducerIdV4,
    joinGroupV9,
    listPartitionReassignmentsV0,
    offsetCommitV8,
    protocolErrorsCodesById,
    txnOffsetCommitV3,
} from "@platformatic/kafka";
import { type ConfigResourceTypes, Kafka, logLevel, type Admin, type Producer } from "kafkajs";
import { fetchLog } from "../../components/provider/kafka/fetchRequest.js";
import { readSecurity, type KafkaSecurity } from "../../components/provider/kafka/security.js";

/** Somebody on a broker where permissions count, and all that they could try. */
export class Intruder {
    readonly admin: Admin;
    readonly requests: RequestAdmin;
    readonly producer: Producer;

    private constructor(
        readonly kafka: Kafka,
        readonly connection: Connection,
        address: string,
        security: ReturnType<typeof readSecurity>,
    ) {
        this.admin = kafka.admin({ retry: { retries: 0 } });
        this.producer = kafka.producer({
            allowAutoTopicCreation: false,
            retry: { retries: 0 },
            metadataMaxAge: 1,
        });
        this.requests = new RequestAdmin({
            ...security.platformatic,
            clientId: "intruder",
            bootstrapBrokers: [address],
            retries: 0,
        });
    }

    static async enter(address: string, security: KafkaSecurity): Promise<Intruder> {
        const secured = readSecurity(security, [address]);
        const connection = new Connection("intruder", secured.platformatic);
        const [host, port] = address.split(":");
        await connection.connect(host!, Number(port));
        const kafka = new Kafka({
            ...secured.kafkajs,
            brokers: [address],
            retry: { retries: 1 },
            logLevel: logLevel.NOTHING,
        });
        const intruder = new Intruder(kafka, connection, address, secured);
        await Promise.all([intruder.admin.connect(), intruder.producer.connect()]);
        return intruder;
    }

    async leave(): Promise<void> {
        await Promise.allSettled([
            this.admin.disconnect(),
            this.producer.disconnect(),
            this.requests.close(),
            this.connection.close(),
        ]);
    }

    write(topic: string): Promise<unknown> {
        return this.producer.send({ topic, acks: -1, messages: [{ value: "forged" }] });
    }

    /** By the topic's id, which may be known from elsewhere: without asking whether there is such a topic. */
    async read(topicId: string): Promise<unknown> {
        const { errorCode, partitions } = await fetchLog(this.connection, topicId, [
            { partition: 0, leaderEpoch: -1, offset: 0n },
        ]);
        const code = partitions[0]?.errorCode ?? errorCode;
        if (code !== 0) {
            throw new Error(protocolErrorsCodesById[code] ?? String(code));
        }
        return partitions;
    }

    /** What a producer with this id begins with; whoever had it is fenced by it. */
    takeTransactionalId(id: string): Promise<unknown> {
        return initProducerIdV4.api.async(this.connection, id, 60_000, -1n, -1);
    }

    join(group: string): Promise<unknown> {
        return joinGroupV9.api.async(
            this.connection,
            group,
            10_000,
            10_000,
            "",
            null,
            "consumer",
            [{ name: "range", metadata: Buffer.alloc(0) }],
            null,
        );
    }

    commit(group: string, topic: string): Promise<unknown> {
        const topics = [
            {
                name: topic,
                partitions: [
                    {
                        partitionIndex: 0,
                        committedOffset: 0n,
                        committedLeaderEpoch: -1,
                        committedMetadata: null,
                    },
                ],
            },
        ];
        return offsetCommitV8.api.async(this.connection, group, -1, "", null, topics);
    }

    /** As part of a transaction of its own, which it may have. */
    commitInTransaction(id: string, group: string, topic: string): Promise<unknown> {
        const partitions = [
            {
                partitionIndex: 0,
                committedOffset: 0n,
                committedLeaderEpoch: -1,
                committedMetadata: null,
            },
        ];
        const topics = [{ name: topic, partitions }];
        return txnOffsetCommitV3.api.async(
            this.connection,
            ...([id, group, 0n, 0, -1, "", null, topics] as const),
        );
    }

    alterConfig(resourceType: number, name: string, key: string, value: string): Promise<unknown> {
        const configs = [{ name: key, configOperation: 0 as const, value }];
        return incrementalAlterConfigsV1.api.async(
            this.connection,
            [{ resourceType: resourceType as 2, resourceName: name, configs }],
            false,
        );
    }

    describeConfig(type: ConfigResourceTypes, name: string): Promise<unknown> {
        return this.admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name }] });
    }

    quotas(): Promise<unknown> {
        return describeClientQuotasV1.api.async(this.connection, [], false);
    }

    reassignments(): Promise<unknown> {
        return listPartitionReassignmentsV0.api.async(this.connection, 10_000, null);
    }
}

/** All that an error says, in every error that it was made of. */
export function allOf(error: unknown, depth = 0): string {
    if (!(error instanceof Error) || depth > 6) {
        return JSON.stringify(error);
    }
    const { cause, errors, apiId, type } = error as {
        cause?: unknown;
        errors?: unknown;
        apiId?: string;
        type?: string;
    };
    const inner = Array.isArray(errors) ? errors : [];
    return [
        error.message,
        apiId ?? "",
        type ?? "",
        ...(cause === undefined ? [] : [allOf(cause, depth + 1)]),
        ...inner.map((one) => allOf(one, depth + 1)),
    ].join("\n");
}
