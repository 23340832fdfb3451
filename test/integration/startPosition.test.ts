import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { Admin as RequestAdmin } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";
import { existingJob, ShadowFlinkJob, sqlJob } from "shadow-flink";
import { withKafka } from "../../components/provider/connection.js";
import { MetricsRest } from "../../components/provider/flink/metricsRest.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import type { Sandbox } from "../../sandbox/index.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { TestStack } from "../stack.js";

quietTimers();

const records = 900;
/** In ten seconds, over which brokers look, less than the job finds at its start. */
const readBytesPerSecond = 50_000;

describe("a SQL version that begins at the incumbent's commits, on real Flink and Kafka", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let kafka: Kafka;
    let stack: TestStack;
    const name = uniqueName("start");
    const source = `${name}-source`;
    const incumbent = `${name}-incumbent`;
    const address = () => ({ bootstrapServers: [sandbox.bootstrapServers] });

    const commit = async (offsets: readonly number[]) => {
        const admin = kafka.admin();
        await admin.connect();
        const partitions = offsets.map((offset, partition) => ({
            partition,
            offset: String(offset),
        }));
        await admin.setOffsets({ groupId: incumbent, topic: source, partitions });
        await admin.disconnect();
    };

    before(async () => {
        sandbox = await sharedSandbox();
        kafka = new Kafka({ brokers: [sandbox.bootstrapServers], logLevel: logLevel.NOTHING });
        const admin = kafka.admin();
        await admin.connect();
        await createReadyTopics(admin, [
            { topic: name, numPartitions: 2 },
            { topic: source, numPartitions: 2 },
        ]);
        await admin.disconnect();
        const producer = kafka.producer();
        await producer.connect();
        const padding = "x".repeat(900);
        for (const partition of [0, 1]) {
            const messages = Array.from({ length: records }, (_, offset) => ({
                partition,
                value: JSON.stringify({ id: `${partition}-${offset}`, padding }),
            }));
            // A batch that is larger than what the quota lets through would never be.
            for (let first = 0; first < records; first += 50) {
                await producer.send({
                    topic: source,
                    messages: messages.slice(first, first + 50),
                });
            }
        }
        await producer.disconnect();
        await commit([300, 700]);
        stack = await TestStack.ofProgram(sandbox, program);
    });
    after(() => stack?.remove());

    const program = () => {
        void new ShadowFlinkJob(name, {
            authority: "v1",
            kafka: address(),
            versions: {
                v1: existingJob({ topic: name, group: incumbent }),
                v2: sqlJob(
                    ({ topic, group, transactionalIdPrefix, start }) => ({
                        gateway: sandbox.gateway ?? "",
                        script: pulumi.interpolate`
SET 'execution.checkpointing.interval' = '1 s';
SET 'parallelism.default' = '1';
CREATE TABLE i (id STRING, padding STRING) WITH ('connector' = 'kafka', 'topic' = '${source}',
    'properties.bootstrap.servers' = '${sandbox.bootstrapServers}', 'properties.group.id' = '${group}',
    ${start!.tableOptions(source)}, 'format' = 'json');
CREATE TABLE o (id STRING) WITH ('connector' = 'kafka', 'topic' = '${topic}',
    'properties.bootstrap.servers' = '${sandbox.bootstrapServers}', 'format' = 'json',
    'properties.transaction.timeout.ms' = '600000',
    'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}');
INSERT INTO o SELECT id FROM i`,
                    }),
                    {
                        sources: [source],
                        start: "incumbent",
                        quota: { readBytesPerSecond, subtasks: 1 },
                    },
                ),
            },
            compare: { identity: ["id"], windowSeconds: 60, waitSeconds: 0 },
        });
        return Promise.resolve();
    };

    /** The ids on the version's topic, as soon as there are so many. */
    async function written(least: number): Promise<string[]> {
        for (const deadline = Date.now() + 60_000; ; await sleep(300)) {
            const ids: string[] = [];
            await withKafka(address(), async (port) => {
                const topic = `${name}-v2`;
                const [from, to] = [
                    await port.earliestOffsets(topic),
                    await port.lastStableOffsets(topic),
                ];
                await port.read(topic, from, to, {
                    signal: AbortSignal.timeout(30_000),
                    onRecords: (read) =>
                        read.forEach(({ value }) =>
                            ids.push((JSON.parse(String(value)) as { id: string }).id),
                        ),
                });
            });
            if (ids.length >= least || Date.now() > deadline) {
                return ids;
            }
        }
    }

    const owed = [300, 700].flatMap((first, partition) =>
        Array.from({ length: records - first }, (_, index) => `${partition}-${first + index}`),
    );

    it("reads from exactly there", async () => {
        await stack.up();
        assert.deepEqual((await stack.resource(`${name}-v2-start`)).outputs["offsets"], {
            [source]: { 0: "300", 1: "700" },
        });
        assert.deepEqual((await written(owed.length)).sort(), [...owed].sort());
    });

    it("is held to its quota, by the client id that Flink gives the source", async () => {
        const requests = new RequestAdmin({
            clientId: "test",
            bootstrapBrokers: [sandbox.bootstrapServers],
        });
        const quotas = await requests.describeClientQuotas({
            components: [{ entityType: "client-id", matchType: 0, match: `${name}-v2-0` }],
            strict: true,
        });
        await requests.close();
        assert.deepEqual(
            quotas.map(({ values }) => values),
            [[{ key: "consumer_byte_rate", value: readBytesPerSecond }]],
        );
        const { id } = await stack.resource(`${name}-v2-job`);
        const deadline = Date.now() + 60_000;
        const metrics = new MetricsRest(sandbox.flinkRest ?? "", deadline);
        const { vertices } = await metrics.job(id!);
        let throttled = 0;
        while (throttled === 0 && Date.now() < deadline) {
            const found = await metrics.sum(id!, vertices[0]!.id, /fetch-throttle-time-max$/);
            // Of a window without a fetch, Kafka's client says that it is no number.
            throttled = Number(found) > 0 ? Number(found) : 0;
            await sleep(300);
        }
        assert.ok(throttled > 1_000, `throttled for ${throttled} ms`);
        console.log(`      · Flink's source was made to wait ${throttled} ms`);
    });

    it("is no other job where the incumbent has gone on: it looks once", async () => {
        const { id } = await stack.resource(`${name}-v2-job`);
        await commit([900, 900]);
        await stack.up();
        assert.equal((await stack.resource(`${name}-v2-job`)).id, id);
        assert.deepEqual((await stack.resource(`${name}-v2-start`)).outputs["offsets"], {
            [source]: { 0: "300", 1: "700" },
        });
        assert.deepEqual((await written(owed.length)).sort(), [...owed].sort());
    });
});
