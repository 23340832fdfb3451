import type { Admin, Kafka } from "kafkajs";
import type { RoutingRecord } from "../provider/cutover/routingRecord.js";
import { viewOf } from "../provider/cutover/view.js";
import { withDeadline } from "../provider/kafka/deadline.js";
import { routeOf, type Offsets, type Sighting } from "./plan.js";

/** Looks up in Kafka what the next step is decided from. */
export class Observer {
    private constructor(private readonly admin: Admin) {}

    /**
     * One for every routing record: a kafkajs admin keeps asking for every topic it was ever asked about, and
     * fails for all of them once one was deleted.
     */
    static async connect(kafka: Kafka): Promise<Observer> {
        const admin = kafka.admin();
        try {
            await withDeadline("Connecting to Kafka", 30, admin.connect());
        } catch (error) {
            await admin.disconnect().catch(() => undefined);
            throw error;
        }
        return new Observer(admin);
    }

    async look(
        record: RoutingRecord,
        consumer: string,
    ): Promise<Pick<Sighting, "previous" | "committed">> {
        const route = routeOf(record, consumer);
        const { topic, handOver } = viewOf(record, consumer);
        if (!(await this.exists(topic))) {
            throw new Error(
                `The routing record of ${record.name} (epoch ${record.epoch}) sends "${consumer}" to the topic ` +
                    `${topic}, which does not exist. Was it deleted by hand?`,
            );
        }
        if (handOver === null || route.previousGroup === null) {
            return { previous: undefined, committed: new Map() };
        }
        const previous = (await this.exists(handOver.topic))
            ? {
                  committed: await this.committed(route.previousGroup, handOver.topic),
                  earliest: (await this.ends(handOver.topic)).earliest,
              }
            : undefined;
        return { previous, committed: await this.committed(route.group, topic) };
    }

    async exists(topic: string): Promise<boolean> {
        try {
            const asked = this.admin.fetchTopicMetadata({ topics: [topic] });
            const { topics } = await withDeadline(`Looking up ${topic}`, 30, asked);
            return topics.some(({ name }) => name === topic);
        } catch (error) {
            if (protocolError(error)?.type === "UNKNOWN_TOPIC_OR_PARTITION") {
                return false;
            }
            throw error;
        }
    }

    /** The first offset still there and the one behind the last record, of every partition. */
    async ends(topic: string): Promise<{ earliest: Offsets; end: Offsets }> {
        const asked = this.admin.fetchTopicOffsets(topic);
        const partitions = await withDeadline(`Offsets of ${topic}`, 30, asked);
        return {
            earliest: new Map(partitions.map(({ partition, low }) => [partition, BigInt(low)])),
            end: new Map(partitions.map(({ partition, high }) => [partition, BigInt(high)])),
        };
    }

    private async committed(group: string, topic: string): Promise<Offsets> {
        const asked = this.admin.fetchOffsets({ groupId: group, topics: [topic] });
        const answer = await withDeadline(`Committed offsets of group ${group}`, 30, asked);
        const partitions = answer.find((entry) => entry.topic === topic)?.partitions ?? [];
        return new Map(
            partitions
                .map(({ partition, offset }) => [partition, BigInt(offset)] as const)
                // -1: no commit; -2: kafkajs's own note that it goes on from the earliest record.
                .filter(([, offset]) => offset >= 0n),
        );
    }

    async deleteGroup(group: string): Promise<void> {
        await withDeadline(`Deleting group ${group}`, 30, this.admin.deleteGroups([group]));
    }

    async close(): Promise<void> {
        await this.admin.disconnect().catch(() => undefined);
    }
}

interface ProtocolError {
    readonly type: string;
    readonly retriable: boolean;
}

/** The broker's own answer, where it is the cause of an error of kafkajs. */
export function protocolError(error: unknown): ProtocolError | undefined {
    for (let at = error; at instanceof Error; at = at.cause) {
        if (at.name === "KafkaJSProtocolError") {
            return at as Error & ProtocolError;
        }
    }
    return undefined;
}
