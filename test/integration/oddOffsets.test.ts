import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { readJournal } from "../../sandbox/dashboard/audit.js";
import { JavaPrograms } from "../../soak/javaPrograms.js";
import { MovableJob, type Version } from "../../soak/job.js";
import { Jobs } from "../../soak/jobs.js";
import { Member } from "../../soak/members.js";
import { settle, verify } from "../../soak/verify.js";
import { needsJdk } from "../needsJdk.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

quietTimers();

/** What happens to offsets and partitions while nobody looks; the application refuses to begin without a commit. */
describe("a rollback where offsets are not as they were left", function () {
    this.timeout(180_000);
    let folder: string;
    let java: JavaPrograms;
    let kafka: Kafka;
    let admin: Admin;
    let job: MovableJob;
    let jobs: Jobs;
    let member: Member;
    let records: RoutingRecord[];

    before(async function () {
        await needsJdk(this, "needs javac, for the jobs that write and the verifier");
        const { bootstrapServers } = await sharedSandbox();
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "shadow-flink-odd-"));
        const sources = ["Producer", "Member", "Verifier"].map((name) => `soak/java/${name}.java`);
        java = await JavaPrograms.compile(folder, sources);
        kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        await admin.connect();
    });
    beforeEach(async () => {
        const { bootstrapServers } = await sharedSandbox();
        job = new MovableJob(uniqueName("odd"), bootstrapServers, ["app"]);
        await job.createTopics();
        records = [await job.create()];
        jobs = new Jobs(java, job, 200, 1);
        const journal = path.join(folder, `${job.name}.journal`);
        member = new Member("app", journal, "classic", bootstrapServers, java);
        member.start();
        await member.read(records[0]!);
        await reads();
    });
    afterEach(async () => {
        await member.kill();
        jobs.kill();
    });
    after(async () => {
        await admin?.disconnect();
        fs.rmSync(folder, { recursive: true, force: true });
    });

    const reads = async () => {
        const before = readJournal(member.journal).length;
        for (const deadline = Date.now() + 60_000; ; await pause(100)) {
            if (readJournal(member.journal).length >= before + 200) {
                return;
            }
            assert.ok(Date.now() < deadline, "nothing is delivered");
        }
    };
    const go = async (version: Version) => {
        await member.rest();
        records.push(await job.up(version));
        await member.read(records.at(-1)!);
        await reads();
        return records.at(-1)!.consumers["app"]!.committed!;
    };
    const skippedNothing = async () => {
        const total = await jobs.end();
        await settle([member.journal]);
        const journals = { app: member.journal };
        const { records: found, consumers } = await verify(java, folder, job, records, journals);
        const { skipped, someSkipped, foreign } = consumers["app"]!;
        assert.deepEqual([skipped, someSkipped, foreign], [0, [], 0]);
        return { total, found };
    };

    it("aligns backwards though the old commits have expired (BI-64)", async () => {
        await go("v2");
        // What the broker does with a group that was empty for a week.
        await admin.deleteGroups([job.group("app", "v1")]);
        const committed = await go("v1");
        assert.deepEqual(Object.keys(committed), ["0", "1", "2"]);
        const { total, found } = await skippedNothing();
        assert.equal(found, total);
    });

    it("gives a partition that was added meanwhile from its first record on (BI-65)", async () => {
        await go("v2");
        await admin.createPartitions({
            topicPartitions: [{ topic: job.topics.v1, count: 4 }],
        });
        const producer = kafka.producer();
        await producer.connect();
        const value = (i: number) => JSON.stringify({ id: `id-added-${i}`, at: 1_760_000_000_000 });
        for (const [topic, partition] of [
            [job.topics.v1, 3],
            [job.topics.v2, 0],
        ] as const) {
            const messages = [1, 2, 3].map((i) => ({ partition, value: value(i) }));
            await producer.send({ topic, messages });
        }
        await producer.disconnect();
        await member.rest();
        const committed = await go("v1");
        assert.deepEqual(Object.keys(committed), ["0", "1", "2", "3"]);
        assert.ok(BigInt(committed["3"]!) <= 3n);
        const { total, found } = await skippedNothing();
        assert.equal(found, total + 3);
    });
});
