import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Admin as DeletingAdmin } from "@platformatic/kafka";
import {
    CompressionTypes,
    Kafka,
    logLevel,
    type Admin,
    type IHeaders,
    type Producer,
    type Transaction,
} from "kafkajs";
import { UnreachableError, withKafka } from "../../components/provider/connection.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import {
    EvidenceLostError,
    GroupNotEmptyError,
    TopicReplacedError,
    type KafkaPort,
    type LogRecord,
    type Offsets,
} from "../../components/provider/kafka/port.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { freePort } from "../../sandbox/ports.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

const at = (...offsets: number[]): Offsets => new Map(offsets.map((o, p) => [p, BigInt(o)]));
const untilDone = () => AbortSignal.timeout(60_000);

describe("Kafka", function () {
    this.timeout(180_000);
    let bootstrapServers: string[];
    let kafka: Kafka;
    let admin: Admin;
    let producer: Producer;
    let port: KafkaPort;

    before(async () => {
        bootstrapServers = [(await sharedSandbox()).bootstrapServers];
        port = await connectKafka({ bootstrapServers, clientId: "test" });
        kafka = new Kafka({ brokers: bootstrapServers, logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        producer = kafka.producer({ allowAutoTopicCreation: false });
        await Promise.all([admin.connect(), producer.connect()]);
    });
    after(async () => {
        await Promise.all([admin?.disconnect(), producer?.disconnect(), port?.close()]);
    });

    async function topicOf(
        partitions: number,
        config: Record<string, string> = {},
        topic = uniqueName("port"),
    ): Promise<string> {
        await createReadyTopics(admin, [
            {
                topic,
                numPartitions: partitions,
                configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
            },
        ]);
        return topic;
    }

    /** Writes these values, in one batch. */
    const write = (
        to: Producer | Transaction,
        topic: string,
        partition: number,
        ...values: string[]
    ) => to.send({ topic, messages: values.map((value) => ({ partition, value })) });

    /** kafkajs speaks none of the versions of this request that brokers of today do. */
    async function deleteRecords(topic: string, partition: number, offset: bigint): Promise<void> {
        const deleting = new DeletingAdmin({
            clientId: "test",
            bootstrapBrokers: bootstrapServers,
        });
        try {
            const topics = [{ name: topic, partitions: [{ partition, offset }] }];
            await deleting.deleteRecords({ topics });
        } finally {
            await deleting.close();
        }
    }

    /** What is read, as `partition:offset value`, by partition in the order of its reading. */
    async function read(topic: string, from: Offsets, to: Offsets): Promise<string[]> {
        const records: LogRecord[] = [];
        await port.read(topic, from, to, {
            signal: untilDone(),
            onRecords: (found) => {
                records.push(...found);
            },
        });
        return records
            .sort((a, b) => a.partition - b.partition)
            .map(({ partition, offset, value }) => `${partition}:${offset} ${String(value)}`);
    }

    /** Waits until the end of a topic is what it must come to; a commit is visible a little later. */
    async function ends(topic: string, ...offsets: number[]): Promise<void> {
        for (const deadline = Date.now() + 10_000; ; await pause(50)) {
            const now = await port.lastStableOffsets(topic);
            try {
                return assert.deepEqual(now, at(...offsets));
            } catch (error) {
                if (Date.now() > deadline) {
                    throw error;
                }
            }
        }
    }

    describe("reading a range", () => {
        it("gives exactly its records, of every partition that has an end", async () => {
            const topic = await topicOf(4);
            for (let p = 0; p < 3; p += 1) {
                await write(producer, topic, p, "a", "b");
                await write(producer, topic, p, "c", "d", "e");
            }
            assert.deepEqual(await port.earliestOffsets(topic), at(0, 0, 0, 0));
            assert.deepEqual(await port.lastStableOffsets(topic), at(5, 5, 5, 0));
            assert.deepEqual(await read(topic, at(1, 0, 5, 0), at(4, 1, 5, 0)), [
                "0:1 b",
                "0:2 c",
                "0:3 d",
                "1:0 a",
            ]);
            const last = await read(topic, at(0, 0, 4), new Map([[2, 5n]]));
            assert.deepEqual(last, ["2:4 e"]);
            assert.deepEqual(await read(topic, at(0, 0, 0, 0), at(0, 0, 0, 0)), []);
        });

        it("hands over key, value, timestamp and tombstones as they are", async () => {
            const topic = await topicOf(1);
            const headers: IHeaders = { h: "1" };
            await producer.send({
                topic,
                messages: [
                    { key: "k", value: "v", timestamp: "1700000000123", headers },
                    { key: Buffer.from([0, 255]), value: null },
                    { value: "" },
                ],
            });
            const records: LogRecord[] = [];
            await port.read(topic, at(0), at(3), {
                signal: untilDone(),
                onRecords: (found) => {
                    records.push(...found);
                },
            });
            const [first, second, third] = records;
            assert.equal(first?.partition, 0);
            assert.equal(first.offset, 0n);
            assert.equal(first.timestamp, 1_700_000_000_123);
            assert.deepEqual([first.key, first.value], [Buffer.from("k"), Buffer.from("v")]);
            assert.deepEqual([second?.key, second?.value], [Buffer.from([0, 255]), null]);
            assert.deepEqual([third?.key, third?.value], [null, Buffer.from("")]);
        });

        it("finds where a time begins, in every partition", async () => {
            const topic = await topicOf(3);
            const stamped = (partition: number, ...timestamps: number[]) =>
                producer.send({
                    topic,
                    messages: timestamps.map((timestamp) => ({
                        partition,
                        value: "v",
                        timestamp: String(timestamp),
                    })),
                });
            await stamped(0, 1_000, 2_000, 3_000);
            await stamped(0, 2_500, 4_000);
            await stamped(1, 1_500);
            assert.deepEqual(await port.offsetsAt(topic, 0), at(0, 0, 0));
            assert.deepEqual(await port.offsetsAt(topic, 2_000), at(1, 1, 0));
            assert.deepEqual(await port.offsetsAt(topic, 2_000.5), at(2, 1, 0));
            assert.deepEqual(await port.offsetsAt(topic, 5_000), at(5, 1, 0));
            assert.deepEqual(await port.offsetsAt(topic, -1), at(0, 0, 0));
        });

        it("sees what was committed, and gets past aborted records and markers at the end", async () => {
            const topic = await topicOf(3);
            const transactional = kafka.producer({
                transactionalId: uniqueName("job"),
                idempotent: true,
                maxInFlightRequests: 1,
            });
            await transactional.connect();
            const transaction = async (end: "commit" | "abort", ...values: string[]) => {
                const open = await transactional.transaction();
                await write(open, topic, 0, ...values);
                if (end === "abort") {
                    await write(open, topic, 1, ...values);
                }
                await open[end]();
            };
            await transaction("commit", "a", "b");
            await transaction("abort", "never 1");
            await transaction("commit", "c");
            await transaction("abort", "never 2", "never 3");
            await ends(topic, 10, 5, 0);
            assert.deepEqual(await read(topic, at(0, 0, 0), at(10, 5, 0)), [
                "0:0 a",
                "0:1 b",
                "0:5 c",
            ]);
            assert.deepEqual(await read(topic, at(2, 0, 0), at(5, 5, 0)), []);
            assert.deepEqual(await read(topic, at(7, 2, 0), at(9, 3, 0)), []);

            const open = await transactional.transaction();
            await write(open, topic, 0, "not yet");
            await write(producer, topic, 0, "behind it");
            assert.deepEqual(await port.lastStableOffsets(topic), at(10, 5, 0));
            await open.commit();
            await ends(topic, 13, 5, 0);
            assert.deepEqual(await read(topic, at(6, 5, 0), at(13, 5, 0)), [
                "0:10 not yet",
                "0:11 behind it",
            ]);
            await transactional.disconnect();
        });

        it("sees no aborted record, though keys look like the marker of an abort", async () => {
            // kafkajs hands all of them over: any key of four zero bytes ends an aborted transaction for it.
            const topic = await topicOf(1);
            const transactional = kafka.producer({
                transactionalId: uniqueName("job"),
                idempotent: true,
                maxInFlightRequests: 1,
            });
            await transactional.connect();
            const open = await transactional.transaction();
            const key = Buffer.alloc(4);
            for (const value of ["never 1", "never 2", "never 3"]) {
                await open.send({ topic, messages: [{ partition: 0, key, value }] });
            }
            await open.abort();
            await ends(topic, 4);
            await producer.send({ topic, messages: [{ partition: 0, key, value: "a" }] });
            await ends(topic, 5);
            assert.deepEqual(await read(topic, at(0), at(5)), ["0:4 a"]);
            assert.deepEqual(await read(topic, at(1), at(4)), []);
            await transactional.disconnect();
        });

        it("tells whose transaction it cannot be read beyond, and since when", async () => {
            const topic = await topicOf(2);
            await producer.send({ topic, messages: [{ partition: 1, value: "a" }] });
            const transactionalId = uniqueName("job");
            const transactional = kafka.producer({
                transactionalId,
                idempotent: true,
                maxInFlightRequests: 1,
            });
            await transactional.connect();
            const before = Date.now();
            const open = await transactional.transaction();
            await write(open, topic, 1, "b");
            const described = (await port.describeTopic(topic))!;
            const [found, ...others] = await port.openTransactions(described);
            assert.deepEqual(others, []);
            assert.deepEqual(
                [found?.partition, found?.offset, found?.transactionalId],
                [1, 1n, transactionalId],
            );
            assert.ok(found!.since! >= before - 1_000 && found!.since! <= Date.now());
            await open.commit();
            await ends(topic, 0, 3);
            assert.deepEqual(await port.openTransactions(described), []);
            await transactional.disconnect();
        });

        it("goes on over many fetches", async () => {
            const topic = await topicOf(2);
            const values = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat(3_000)}`);
            for (let batch = 0; batch < 20; batch += 1) {
                await Promise.all([0, 1].map((p) => write(producer, topic, p, ...values)));
            }
            const next = [0n, 0n];
            let fetches = 0;
            await port.read(topic, at(0, 0), at(4_000, 3_999), {
                signal: untilDone(),
                onRecords: async (records) => {
                    fetches += 1;
                    await pause(1);
                    for (const { partition, offset } of records) {
                        assert.equal(offset, next[partition]);
                        next[partition]! += 1n;
                    }
                },
            });
            assert.deepEqual(next, [4_000n, 3_999n]);
            assert.ok(fetches > 2, `${fetches} fetches`);
        });

        it("fails where records at its beginning were deleted", async () => {
            const topic = await topicOf(2);
            await write(producer, topic, 0, "a", "b", "c", "d");
            await write(producer, topic, 1, "a");
            await deleteRecords(topic, 0, 3n);
            assert.deepEqual(await port.earliestOffsets(topic), at(3, 0));
            await assert.rejects(read(topic, at(1, 0), at(4, 1)), (error) => {
                assert.ok(error instanceof EvidenceLostError);
                assert.deepEqual(
                    [error.topic, error.partition, error.asked, error.available],
                    [topic, 0, 1n, 3n],
                );
                return true;
            });
            assert.deepEqual(await read(topic, at(3, 0), at(4, 1)), ["0:3 d", "1:0 a"]);
            // Nothing of that partition was asked for.
            assert.deepEqual(await read(topic, at(1, 0), at(1, 1)), ["1:0 a"]);
        });

        it("fails where it is to begin behind the end, as in a log that was truncated", async () => {
            const topic = await topicOf(1);
            await write(producer, topic, 0, "a", "b");
            await assert.rejects(read(topic, at(7), at(9)), (error) => {
                assert.ok(error instanceof EvidenceLostError);
                assert.deepEqual([error.partition, error.asked, error.available], [0, 7n, 2n]);
                assert.match(error.message, /the log ends at 2/);
                return true;
            });
        });

        it("fails where the topic is deleted, or another one of the same name", async () => {
            const topic = await topicOf(1);
            await write(producer, topic, 0, "a", "b");
            const described = (await port.describeTopic(topic))!;
            const log = await port.openLog(described);
            const range = new Map([[0, { from: 0n, to: 2n }]]);
            const [fetched] = await log.fetch(range, untilDone());
            assert.equal(fetched?.next, 2n);
            await admin.deleteTopics({ topics: [topic] });
            while ((await port.describeTopic(topic)) !== undefined) {
                await pause(50);
            }
            await assert.rejects(read(topic, at(0), at(2)), {
                message: `There is no topic ${topic} to read.`,
            });
            await topicOf(1, {}, topic);
            await write(producer, topic, 0, "another a", "another b");
            await assert.rejects(log.fetch(range, untilDone()), TopicReplacedError);
            await log.close();
            await assert.rejects(port.openLog(described), TopicReplacedError);
            const now = await port.openLog((await port.describeTopic(topic))!);
            const [again] = await now.fetch(range, untilDone());
            assert.equal(String(again?.records.at(0)?.value), "another a");
            await now.close();
        });

        it("ends at once when it is told to, and passes on what its reader throws", async () => {
            const topic = await topicOf(1);
            await write(producer, topic, 0, "a", "b");
            const reason = new Error("that was enough");
            const aborted = { signal: AbortSignal.abort(reason), onRecords: () => {} };
            await assert.rejects(port.read(topic, at(0), at(2), aborted), reason);

            const controller = new AbortController();
            // There is no third record: this would wait for ever.
            const waiting = port.read(topic, at(0), at(3), {
                signal: controller.signal,
                onRecords: () => controller.abort(reason),
            });
            await assert.rejects(waiting, reason);

            const throwing = port.read(topic, at(0), at(2), {
                signal: untilDone(),
                onRecords: () => {
                    throw reason;
                },
            });
            await assert.rejects(throwing, reason);
        });

        it("needs no group", async () => {
            const topic = await topicOf(1);
            await write(producer, topic, 0, "a");
            const groups = async () => {
                const listed = await admin.listGroups();
                return new Set(listed.groups.map(({ groupId }) => groupId));
            };
            const before = await groups();
            let during = before;
            await port.read(topic, at(0), at(1), {
                signal: untilDone(),
                onRecords: async () => {
                    during = await groups();
                },
            });
            // Those of other tests may go meanwhile.
            assert.deepEqual(during.difference(before), new Set());
            assert.deepEqual((await groups()).difference(before), new Set());
        });

        for (const codec of ["gzip", "snappy", "lz4", "zstd"] as const) {
            it(`reads ${codec}, as the broker writes it and as kafkajs does`, async () => {
                const values = Array.from({ length: 3_000 }, (_, i) => `record ${i} of ${codec}`);
                const expected = values.map((value, offset) => `0:${offset} ${value}`);
                // The broker compresses anew what arrives otherwise than the topic wants it.
                const byBroker = await topicOf(1, { "compression.type": codec });
                await write(producer, byBroker, 0, ...values);
                assert.deepEqual(await read(byBroker, at(0), at(3_000)), expected);

                const byClient = await topicOf(1);
                const compression = {
                    gzip: CompressionTypes.GZIP,
                    snappy: CompressionTypes.Snappy,
                    lz4: CompressionTypes.LZ4,
                    zstd: CompressionTypes.ZSTD,
                }[codec];
                await producer.send({
                    topic: byClient,
                    compression,
                    messages: values.map((value) => ({ value })),
                });
                assert.deepEqual(await read(byClient, at(0), at(3_000)), expected);
                assert.deepEqual(await read(byClient, at(2_998), at(2_999)), [expected[2_998]]);
            });
        }
    });

    describe("a topic", () => {
        it("is described as it is", async () => {
            const topic = await topicOf(3, {
                "cleanup.policy": "compact",
                "message.timestamp.type": "LogAppendTime",
            });
            const { id, ...described } = (await port.describeTopic(topic))!;
            assert.deepEqual(described, {
                name: topic,
                partitions: 3,
                cleanupPolicy: "compact",
                timestampType: "LogAppendTime",
                retentionMs: 604_800_000,
                retentionBytes: -1,
            });
            assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
            assert.equal(await port.describeTopic(uniqueName("missing")), undefined);
        });

        it("has another id once it was deleted and made again, and the same with more partitions", async () => {
            const topic = await topicOf(1);
            const first = (await port.describeTopic(topic))!;
            await admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
            const grown = (await port.describeTopic(topic))!;
            assert.deepEqual(grown, { ...first, partitions: 2 });
            assert.deepEqual(await port.lastStableOffsets(topic), at(0, 0));

            await admin.deleteTopics({ topics: [topic] });
            while ((await port.describeTopic(topic)) !== undefined) {
                await pause(50);
            }
            await topicOf(2, {}, topic);
            const second = (await port.describeTopic(topic))!;
            assert.notEqual(second.id, first.id);
            assert.equal(second.partitions, 2);
        });
    });

    describe("a group", () => {
        it("has what was committed for it, of the partitions that were", async () => {
            const topic = await topicOf(3);
            const group = uniqueName("group");
            assert.deepEqual(await port.committedOffsets(group, topic), new Map());
            await port.commitOffsets(group, topic, new Map([[2, 7n]]));
            assert.deepEqual(await port.committedOffsets(group, topic), new Map([[2, 7n]]));
            await port.commitOffsets(group, topic, at(0, 5, 6));
            assert.deepEqual(await port.committedOffsets(group, topic), at(0, 5, 6));
        });

        it("cannot be moved while it has a member", async () => {
            const topic = await topicOf(1);
            await write(producer, topic, 0, "a", "b", "c");
            const group = uniqueName("group");
            const consumer = kafka.consumer({ groupId: group });
            const joined = new Promise((resolve) =>
                consumer.on(consumer.events.GROUP_JOIN, resolve),
            );
            await consumer.connect();
            await consumer.subscribe({ topic, fromBeginning: true });
            await consumer.run({ autoCommit: false, eachMessage: () => Promise.resolve() });
            await joined;
            await assert.rejects(port.commitOffsets(group, topic, at(2)), (error) => {
                assert.ok(error instanceof GroupNotEmptyError);
                assert.match(error.message, /stop whatever still reads as/);
                return true;
            });
            assert.deepEqual(await port.committedOffsets(group, topic), new Map());
            await consumer.disconnect();
            await port.commitOffsets(group, topic, at(2));
            assert.deepEqual(await port.committedOffsets(group, topic), at(2));
        });

        it("is not said to have members where something else is wrong", async () => {
            const missing = uniqueName("missing");
            await assert.rejects(
                port.commitOffsets(uniqueName("group"), missing, at(2)),
                (error) => {
                    assert.ok(error instanceof Error && !(error instanceof GroupNotEmptyError));
                    assert.match(
                        error.message,
                        /could not be set: .*does not host this topic-partition/,
                    );
                    assert.ok(error.message.includes(missing), error.message);
                    return true;
                },
            );
        });
    });

    describe("a fenced writer", () => {
        it("writes to partition 0, in a transaction", async () => {
            const topic = await topicOf(2);
            const writer = await port.fence(uniqueName("route"));
            await writer.write(topic, [
                { key: "k", value: "v" },
                { key: "k", value: null },
            ]);
            await writer.write(topic, [{ key: "k", value: "w" }]);
            await writer.close();
            await ends(topic, 5, 0);
            const found = await read(topic, at(0, 0), at(5, 0));
            assert.deepEqual(found, ["0:0 v", "0:1 null", "0:3 w"]);
        });

        it("can write nothing once another one has taken over", async () => {
            const topic = await topicOf(1);
            const id = uniqueName("route");
            const first = await port.fence(id);
            await first.write(topic, [{ key: "k", value: "first" }]);
            const second = await port.fence(id);
            await assert.rejects(
                first.write(topic, [{ key: "k", value: "zombie" }]),
                /fenced|epoch/i,
            );
            await second.write(topic, [{ key: "k", value: "second" }]);
            await Promise.all([first.close(), second.close()]);
            const end = await port.lastStableOffsets(topic);
            assert.deepEqual(
                (await read(topic, at(0), end)).map((line) => line.split(" ")[1]),
                ["first", "second"],
            );
        });

        it("ends what its predecessor left open", async () => {
            const topic = await topicOf(1);
            const transactionalId = uniqueName("route");
            const killed = kafka.producer({
                transactionalId,
                idempotent: true,
                maxInFlightRequests: 1,
            });
            await killed.connect();
            await write(await killed.transaction(), topic, 0, "never");
            assert.deepEqual(await port.lastStableOffsets(topic), at(0));
            await (await port.fence(transactionalId)).close();
            await ends(topic, 2);
            assert.deepEqual(await read(topic, at(0), at(2)), []);
            await killed.disconnect();
        });
    });

    describe("a broker that is not there", () => {
        it("is named, within seconds", async () => {
            const address = `127.0.0.1:${await freePort()}`;
            const began = Date.now();
            await assert.rejects(
                withKafka({ bootstrapServers: [address] }, () => Promise.resolve()),
                (error) => {
                    assert.ok(error instanceof UnreachableError);
                    assert.ok(
                        error.message.startsWith(`None of ${address} answers (`),
                        error.message,
                    );
                    assert.match(error.message, /ECONNREFUSED/);
                    return true;
                },
            );
            const seconds = (Date.now() - began) / 1000;
            assert.ok(seconds < 15, `it took ${seconds} s`);
        });
    });
});
