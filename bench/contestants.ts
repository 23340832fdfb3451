import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { Kafka, logLevel } from "kafkajs";
import type { CompareArgs } from "../components/compare.js";
import { resolveCompare } from "../components/compareSettings.js";
import { decide } from "../components/provider/comparison/decide.js";
import { gatherEvidence } from "../components/provider/comparison/gather.js";
import { connectKafka } from "../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../components/provider/kafka/port.js";

/** Does its work on two topics, and returns what it found. */
export type Contestant = (brokers: string, topics: readonly [string, string]) => Promise<string>;

/** Reads both topics by kafkajs and does nothing with them. */
const drain: Contestant = async (brokers, topics) => {
    const kafka = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING });
    const counts = await Promise.all(
        topics.map(async (topic) => {
            const [admin, consumer] = [
                kafka.admin(),
                kafka.consumer({
                    groupId: `bench-${topic}-${process.pid}`,
                    maxBytesPerPartition: 4 * 1024 * 1024,
                    maxBytes: 32 * 1024 * 1024,
                    maxWaitTimeInMs: 200,
                }),
            ];
            await Promise.all([admin.connect(), consumer.connect()]);
            const open = new Map(
                (await admin.fetchTopicOffsets(topic)).map((o) => [o.partition, BigInt(o.high)]),
            );
            await consumer.subscribe({ topic, fromBeginning: true });
            let count = 0;
            await new Promise<void>((resolve, reject) => {
                consumer.on("consumer.end_batch_process", ({ payload }) => {
                    const end = open.get(payload.partition);
                    if (end !== undefined && BigInt(payload.lastOffset) + 1n >= end) {
                        open.delete(payload.partition);
                        if (open.size === 0) resolve();
                    }
                });
                consumer
                    .run({
                        autoCommit: false,
                        eachBatch: ({ batch }) => {
                            count += batch.messages.length;
                            return Promise.resolve();
                        },
                    })
                    .catch(reject);
            });
            await Promise.all([consumer.disconnect(), admin.disconnect()]);
            return count;
        }),
    );
    return counts.map(String).join(" + ");
};

/** This comparison, with every rule that topics alone can answer, aggregates by group included. */
const compare: Contestant = (brokers, topics) => compareTopics(brokers, topics, allRules);

/** The same of a tenth of the identities. */
const compareSample: Contestant = (brokers, topics) =>
    compareTopics(brokers, topics, { ...allRules, sample: 0.1 });

/** The same with the default rules: no field is aggregated. */
const compareDefaults: Contestant = (brokers, topics) => compareTopics(brokers, topics, {});

const allRules = { rules: { aggregates: { fields: { mean_delay: {} } } } };

async function compareTopics(
    brokers: string,
    [incumbent, candidate]: readonly [string, string],
    args: Partial<CompareArgs>,
): Promise<string> {
    const kafka = await connectKafka({ bootstrapServers: [brokers], clientId: "bench" });
    try {
        const { settings } = resolveCompare({
            identity: ["origin", "window_start"],
            eventTime: "window_start",
            windowSeconds: 60,
            waitSeconds: 0,
            settleSeconds: 0,
            ...args,
        });
        const source = async (version: string, topic: string) => ({
            version,
            topic,
            from: await kafka.earliestOffsets(topic),
        });
        const { evidence } = await gatherEvidence({
            kafka,
            incumbent: await source("v1", incumbent),
            candidate: await source("v2", candidate),
            settings,
            log: () => {},
        });
        const about = { fingerprint: "", comparedAt: new Date().toISOString() };
        const { outcome, records } = decide(evidence, settings, about);
        return `${outcome}: ${records.matched} matched, ${records.changed} changed`;
    } finally {
        await kafka.close();
    }
}

/** Everything parsed and loaded into DuckDB, then one full outer join. Read by this package's reader. */
const duckDb: Contestant = async (brokers, topics) => {
    const kafka = await connectKafka({ bootstrapServers: [brokers], clientId: "bench" });
    const directory = await mkdtemp(join(tmpdir(), "shadow-flink-bench-"));
    const instance = await DuckDBInstance.create(join(directory, "records.duckdb"), {
        memory_limit: "512MiB",
        temp_directory: join(directory, "spilled"),
        threads: "2",
        preserve_insertion_order: "false",
    });
    const connection = await instance.connect();
    try {
        for (const [index, topic] of topics.entries()) {
            await loadInto(`t${index}`);
            async function loadInto(table: string): Promise<void> {
                await connection.run(
                    `CREATE TABLE ${table} (origin VARCHAR, window_start BIGINT, flights INTEGER,
                        mean_delay DOUBLE, late_share DOUBLE, carrier VARCHAR, note VARCHAR)`,
                );
                const rows = await connection.createAppender(table);
                await readAll(kafka, topic, (value) => {
                    const record = JSON.parse(value.toString()) as Loaded;
                    rows.appendVarchar(record.origin);
                    rows.appendBigInt(BigInt(record.window_start));
                    rows.appendInteger(record.flights);
                    rows.appendDouble(record.mean_delay);
                    rows.appendDouble(record.late_share);
                    rows.appendVarchar(record.carrier);
                    if (record.note === null) rows.appendNull();
                    else rows.appendVarchar(record.note);
                    rows.endRow();
                });
                rows.closeSync();
            }
        }
        const result = await connection.runAndReadAll(joinTopics);
        return JSON.stringify(result.getRowsJson()[0]);
    } finally {
        connection.closeSync();
        instance.closeSync();
        await rm(directory, { recursive: true, force: true });
        await kafka.close();
    }
};

interface Loaded {
    readonly origin: string;
    readonly window_start: number;
    readonly flights: number;
    readonly mean_delay: number;
    readonly late_share: number;
    readonly carrier: string;
    readonly note: string | null;
}

const joinTopics = `
    SELECT count(i.origin), count(c.origin), count(*) FILTER (c.origin IS NULL),
        count(*) FILTER (i.origin IS NULL), count(*) FILTER (i.mean_delay <> c.mean_delay),
        count(*) FILTER (i.flights <> c.flights), count(*) FILTER (i.late_share <> c.late_share),
        count(*) FILTER (i.carrier <> c.carrier), count(*) FILTER (i.note IS DISTINCT FROM c.note),
        count(i.note), count(c.note), avg(i.mean_delay), avg(c.mean_delay)
    FROM t0 AS i FULL JOIN t1 AS c USING (origin, window_start)`;

async function readAll(
    kafka: KafkaPort,
    topic: string,
    onValue: (value: Buffer) => void,
): Promise<void> {
    const [from, to] = [await kafka.earliestOffsets(topic), await kafka.lastStableOffsets(topic)];
    await kafka.read(topic, from, to, {
        signal: AbortSignal.timeout(600_000),
        onRecords: (records) => {
            for (const { value } of records) {
                if (value !== null) onValue(value);
            }
        },
    });
}

export const contestants: Readonly<Record<string, Contestant>> = {
    drain,
    compare,
    compareSample,
    compareDefaults,
    duckDb,
};
