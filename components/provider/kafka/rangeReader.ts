import { randomUUID } from "node:crypto";
import type { Admin, EachBatchPayload, Kafka } from "kafkajs";
import { EvidenceLostError, type LogRecord, type Offsets, type ReadOptions } from "./port.js";

interface RangeRead extends ReadOptions {
    readonly kafka: Kafka;
    readonly admin: Admin;
    readonly topic: string;
    readonly from: Offsets;
    readonly to: Offsets;
}

/** kafkajs asks for the same offset for ever where a fetch holds only empty batches (compacted topics). */
const noProgressSeconds = 60;

/**
 * Reads an exact range of every partition. kafkajs has no reading without a group, so a group of its own is used and
 * deleted afterwards. The end of a range is where the *batch* ends, since behind the last record there may be
 * transaction markers that no record shows.
 */
export async function readRange(range: RangeRead): Promise<void> {
    const { kafka, admin, topic, from, to, signal } = range;
    const positions = new Map([...to].map(([partition]) => [partition, from.get(partition) ?? 0n]));
    const open = new Set(
        [...to.keys()].filter((partition) => at(positions, partition) < at(to, partition)),
    );
    if (open.size === 0) {
        return;
    }
    await refuseDeleted(admin, topic, positions, open);

    const group = `shadow-flink-read-${randomUUID()}`;
    const consumer = kafka.consumer({
        groupId: group,
        allowAutoTopicCreation: false,
        sessionTimeout: 60_000,
        maxBytesPerPartition: 4 * 1024 * 1024,
        maxBytes: 32 * 1024 * 1024,
        maxWaitTimeInMs: 200,
        retry: { retries: 5 },
    });
    const gaps = new Map<number, bigint>();
    let lastProgress = Date.now();
    const done = Promise.withResolvers<void>();
    const fail = (error: unknown) => {
        done.reject(error instanceof Error ? error : new Error(String(error)));
    };

    const onRecords = async (payload: EachBatchPayload) => {
        const { batch } = payload;
        const { partition } = batch;
        if (!open.has(partition)) {
            return;
        }
        const start = at(positions, partition);
        const end = at(to, partition);
        const records: LogRecord[] = [];
        for (const message of batch.messages) {
            const offset = BigInt(message.offset);
            // A fetch may have begun before the seek took effect.
            if (offset >= start && offset < end) {
                records.push({
                    partition,
                    offset,
                    timestamp: Number(message.timestamp),
                    key: message.key,
                    value: message.value,
                });
            }
        }
        const first = records[0];
        if (first !== undefined) {
            if (first.offset > start && !gaps.has(partition)) {
                gaps.set(partition, start);
            }
            await range.onRecords(records);
        }
        await payload.heartbeat();
    };

    const onBatchEnd = (partition: number, next: bigint) => {
        if (!open.has(partition) || next <= at(positions, partition)) {
            return;
        }
        positions.set(partition, next);
        lastProgress = Date.now();
        if (next >= at(to, partition)) {
            open.delete(partition);
            consumer.pause([{ topic, partitions: [partition] }]);
            if (open.size === 0) {
                done.resolve();
            }
        }
    };

    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const watchdog = setInterval(() => {
        if (Date.now() - lastProgress > noProgressSeconds * 1000) {
            const stuck = [...open].map(
                (partition) => `partition ${partition} at ${at(positions, partition)}`,
            );
            fail(
                new Error(
                    `Reading ${topic} made no progress for ${noProgressSeconds} s: ${stuck.join(", ")}.`,
                ),
            );
        }
    }, 1_000);
    // Fires for batches without records too: aborted ones and those that hold only markers.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
        onBatchEnd(payload.partition, BigInt(payload.lastOffset) + 1n),
    );
    consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) {
            fail(payload.error);
        }
    });

    // With every join, not once: a start that failed and was repeated has forgotten what it was told.
    consumer.on(consumer.events.GROUP_JOIN, () => {
        for (const [partition, offset] of positions) {
            consumer.seek({ topic, partition, offset: String(offset) });
            if (!open.has(partition)) {
                consumer.pause([{ topic, partitions: [partition] }]);
            }
        }
    });

    try {
        signal.throwIfAborted();
        const start = async () => {
            await consumer.connect();
            await consumer.subscribe({ topic, fromBeginning: true });
            await consumer.run({
                autoCommit: false,
                eachBatch: (payload) =>
                    onRecords(payload).catch((error: unknown) => {
                        fail(error);
                        throw error;
                    }),
            });
        };
        start().catch(fail);
        await done.promise;
        // A gap is what markers and aborted records leave, or what was deleted while it was read.
        await refuseDeleted(admin, topic, gaps, new Set(gaps.keys()));
    } finally {
        clearInterval(watchdog);
        signal.removeEventListener("abort", onAbort);
        await consumer.disconnect().catch(() => undefined);
        await admin.deleteGroups([group]).catch(() => undefined);
    }
}

async function refuseDeleted(
    admin: Admin,
    topic: string,
    asked: Offsets,
    partitions: ReadonlySet<number>,
): Promise<void> {
    if (partitions.size === 0) {
        return;
    }
    for (const { partition, low } of await admin.fetchTopicOffsets(topic)) {
        if (partitions.has(partition) && BigInt(low) > at(asked, partition)) {
            throw new EvidenceLostError(topic, partition, at(asked, partition), BigInt(low));
        }
    }
}

function at(offsets: Offsets, partition: number): bigint {
    const offset = offsets.get(partition);
    if (offset === undefined) {
        throw new Error(`No offset is known for partition ${partition}.`);
    }
    return offset;
}
