import { Kafka, logLevel } from "kafkajs";
import { quietTimers } from "../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../sandbox/createReadyTopics.js";

export const partitions = 4;

const airports = ["ATL", "ORD", "DFW", "DEN", "LAX", "PHX", "IAH", "LAS", "DTW", "SFO"];
const keys = 400;
const batch = 2_000;

/** What a windowed aggregation writes: one record of about 160 bytes per key and second of event time. */
function record(index: number, start: number, differs: boolean) {
    const origin = `${airports[index % airports.length]}${index % keys}`;
    const at = start + Math.floor(index / keys) * 1_000;
    const value = {
        origin,
        window_start: at,
        flights: index % 97,
        mean_delay: ((index * 7_919) % 100_000) / 100 + (differs ? 1 : 0),
        late_share: ((index * 31) % 1_000) / 1_000,
        carrier: `carrier-${index % 17}`,
        note: index % 10 === 0 ? null : `note-${index % 1_000}-x`,
        sequence: index,
    };
    return { key: origin, value: JSON.stringify(value), timestamp: String(at) };
}

/** Partition of a key, the same on every topic. */
function partitionOf(key: string): number {
    let hash = 0;
    for (const character of key) {
        hash = (hash * 31 + character.charCodeAt(0)) | 0;
    }
    return (hash >>> 0) % partitions;
}

export interface TopicPlan {
    readonly topic: string;
    readonly count: number;
    /** Share of the records with another `mean_delay`. */
    readonly differing: number;
    /** First event time; two topics with the same one hold the same records. */
    readonly start: number;
}

/** Writes topics; batches differ in size from topic to topic, as those of two jobs do. */
export async function load(brokers: string, plans: readonly TopicPlan[]): Promise<void> {
    quietTimers();
    const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
    // Without idempotence a retry on a busy machine would write records twice.
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    const admin = kafka.admin();
    await Promise.all([admin.connect(), producer.connect()]);
    try {
        for (const [n, { topic, count, differing, start }] of plans.entries()) {
            await createReadyTopics(admin, [{ topic, numPartitions: partitions }]);
            const size = batch + 700 * n;
            const every = differing === 0 ? Infinity : Math.round(1 / differing);
            for (let from = 0; from < count; from += size) {
                const messages = Array.from({ length: Math.min(size, count - from) }, (_, i) => {
                    const one = record(from + i, start, (from + i) % every === 7);
                    return { ...one, partition: partitionOf(one.key) };
                });
                await producer.send({ topic, messages });
            }
        }
    } finally {
        await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
}
