import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { comparisonSql } from "../../components/comparisonJob/comparisonSql.js";
import { decide } from "../../components/provider/comparison/decide.js";
import { gatherFromFlink } from "../../components/provider/comparison/flink/gatherFromFlink.js";
import { withKafka } from "../../components/provider/connection.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import type { JobStart } from "../../components/provider/inputs.js";
import { jobStart } from "../../components/provider/jobStart.js";
import { sessionJob } from "../../components/provider/sessionJob.js";
import type { Json } from "../../components/provider/verbs.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import type { Sandbox } from "../../sandbox/index.js";
import { compileJar } from "../../sandbox/javaJar.js";
import { repository } from "../../sandbox/paths.js";
import { settingsOf } from "../comparison/world.js";
import { topics, totalsSql } from "../kubernetes/story.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { withFunctions } from "./engines.js";

quietTimers();

const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");
const hourMilliseconds = 3_600_000;
const began = Math.floor(Date.now() / hourMilliseconds) * hourMilliseconds - 24 * hourMilliseconds;

/** What operators' users have for a SQL Gateway: a program that is handed the SQL of a comparison, and runs it. */
describe("the SQL of a comparison, run by a program", function () {
    this.timeout(240_000);
    let sandbox: Sandbox;
    let kafka: Kafka;
    let folder: string;
    let jar: string;
    const started: { id: string; outs: Json }[] = [];

    before(async function () {
        await needsJdk(this, "needs javac and jar");
        sandbox = await sharedSandbox();
        kafka = new Kafka({ brokers: [sandbox.bootstrapServers], logLevel: logLevel.NOTHING });
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "sql-runner-"));
        jar = path.join(folder, "sql-runner.jar");
        const source = path.join(repository, "test", "kubernetes", "image", "SqlRunner.java");
        await compileJar([source], jar);
    });
    after(async () => {
        await Promise.all(started.map(({ id, outs }) => sessionJob.delete(id, outs)));
        if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
    });

    const settings = settingsOf({
        engine: "flink",
        minWindows: 3,
        minRecords: 1,
        waitSeconds: 90,
        allowedLatenessSeconds: 0,
        flink: {
            from: "beginning",
            checkpointSeconds: 1,
        },
    });

    /** Eight hours of two airports, with one number that may be another. */
    const records = (flights: number) =>
        Array.from({ length: 16 }, (_, n) => {
            const start = new Date(began + Math.floor(n / 2) * hourMilliseconds).toISOString();
            return JSON.stringify({
                origin: n % 2 === 0 ? "ATL" : 'it\'s; -- "DFW"',
                window_start: start.replace("T", " ").slice(0, 19),
                flights: n === 10 ? flights : n,
            });
        });

    async function runs(script: string, jobName: string): Promise<string> {
        const run = JSON.stringify({
            jarDigest: sha256(fs.readFileSync(jar)),
            entryClass: "SqlRunner",
            args: [script],
            parallelism: 1,
        });
        const made = await sessionJob.create({
            name: jobName,
            version: "v2",
            jobName,
            gateway: null,
            rest: sandbox.flinkRest,
            jar,
            script: run,
            digest: sha256(run),
            savepointDirectory: null,
            startTimeoutSeconds: 120,
        });
        started.push(made);
        return made.id;
    }

    async function createTopics(...topics: string[]): Promise<void> {
        const admin = kafka.admin();
        await admin.connect();
        await createReadyTopics(
            admin,
            topics.map((topic) => ({ topic })),
        );
        await admin.disconnect();
    }

    async function write(topic: string, values: readonly string[]): Promise<void> {
        const producer = kafka.producer();
        await producer.connect();
        await producer.send({ topic, messages: values.map((value) => ({ value })) });
        await producer.disconnect();
    }

    async function judge(flights: number) {
        const topic = uniqueName("runner");
        const [incumbent, candidate] = ["v1", "v2"].map((version) => ({
            version,
            topic: `${topic}-${version}`,
        })) as [{ version: string; topic: string }, { version: string; topic: string }];
        const evidence = `${topic}-evidence`;
        await createTopics(incumbent.topic, candidate.topic, evidence);
        await write(incumbent.topic, records(10));
        await write(candidate.topic, records(flights));
        const script = comparisonSql(await withFunctions(settings), {
            incumbent,
            candidate,
            evidence,
            brokers: sandbox.bootstrapServers,
            checkpoints: `file://${sandbox.directory}/checkpoints/${evidence}`,
        });
        const { outs: begun } = await jobStart.create({
            bootstrapServers: [sandbox.bootstrapServers],
            group: evidence,
            incumbent: incumbent.topic,
            candidate: candidate.topic,
            from: settings.flink!.from,
        });
        const jobId = await runs(script, evidence);
        return withKafka({ bootstrapServers: [sandbox.bootstrapServers] }, async (kafka) => {
            const found = await gatherFromFlink({
                kafka,
                incumbent,
                candidate,
                settings,
                job: {
                    jobId,
                    restUrl: sandbox.flinkRest ?? "",
                    topic: evidence,
                    incumbent,
                    problem: null,
                    start: begun["start"] as JobStart,
                },
                log: () => {},
            });
            return decide(found, settings, { fingerprint: "f", comparedAt: "now" });
        });
    }

    it("finds what a candidate does otherwise", async () => {
        const { outcome, findings, gaps } = await judge(99);
        assert.deepEqual([outcome, gaps], ["fail", []]);
        const failed = findings.filter((finding) => finding.outcome === "fail");
        assert.match(failed.map(({ sentence }) => sentence).join(), /^flights differs in 1 of/);
    });

    it("makes totals of orders, in the SQL of the story on a cluster", async () => {
        const topic = uniqueName("totals");
        const orders = `${topic}-orders`;
        await createTopics(topic, orders);
        // The last one is far enough behind for what is before it to be finished.
        const placed = [1_000, 2_000, 9_999, 10_000, 60_000];
        await write(
            orders,
            placed.map((at, n) => JSON.stringify({ shop: "oslo", cents: n, placed: at })),
        );
        const sql = totalsSql(sandbox.bootstrapServers, {
            topic,
            group: topic,
            transactionalIdPrefix: `${topic}.`,
        });
        await runs(sql.replace(`'topic' = '${topics.orders}'`, `'topic' = '${orders}'`), topic);
        const found: unknown[] = [];
        await withKafka({ bootstrapServers: [sandbox.bootstrapServers] }, async (port) => {
            for (const deadline = Date.now() + 60_000; found.length < 2; await pause(500)) {
                assert.ok(Date.now() < deadline, JSON.stringify(found));
                found.length = 0;
                const from = await port.earliestOffsets(topic);
                await port.read(topic, from, await port.lastStableOffsets(topic), {
                    signal: AbortSignal.timeout(20_000),
                    onRecords: (read) =>
                        read.forEach(({ value }) => found.push(JSON.parse(String(value)))),
                });
            }
        });
        const shop = "oslo";
        assert.deepEqual(found, [
            { shop, window_start: "1970-01-01 00:00:00", orders: 3, cents: 3 },
            { shop, window_start: "1970-01-01 00:00:10", orders: 1, cents: 3 },
        ]);
    });
});
