import assert from "node:assert/strict";
import * as fs from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../../components/provider/cutover/routingStore.js";
import type { FlinkRest, JobSummary } from "../../components/provider/flink/restClient.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort, TopicDescription } from "../../components/provider/kafka/port.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { type Audit, readJournal } from "../../sandbox/dashboard/audit.js";
import {
    checkpointsOf,
    existingJob,
    startDashboard,
    startExistingJob,
    startTraffic,
} from "../../sandbox/flights/scene.js";
import { auditDashboard, owedRecords, untilDelivered } from "../../sandbox/flights/truth.js";
import { removeAbandoned, type Sandbox, startSandbox } from "../../sandbox/index.js";
import { uniqueName } from "../sandboxFixture.js";
import { inOrder } from "../skip.js";
import { TestStack } from "../stack.js";

quietTimers();

/** An event hour in three seconds. */
const speed = 1200;
/** What the dashboard must be given of a version before its journal says something. */
const enough = 100;

describe("the life of a version, with the real engine, Kafka and Flink", function () {
    this.timeout(180_000);
    const scene = scenePerSuite();
    inOrder();

    it("begins with a routing record that says what is true already", async () => {
        const { stack } = scene();
        await stack.up();
        const record = await scene().routing();
        assert.deepEqual(
            [record?.epoch, record?.authority, record?.topic, record?.handOver],
            [1, "v1", "delays", null],
        );
        assert.equal(record?.consumers.dashboard?.group, "dashboard");
        assert.deepEqual(await stack.output("routing"), record);
        await scene().follow();
    });

    it("compares v2 beside v1: the verdict fails, for exactly what is wrong with it", async () => {
        const { stack } = scene();
        await stack.set({ "candidates[0]": "v2" });
        await stack.up();
        const verdict = await scene().verdict("v2");
        const failed = verdict.findings.filter(({ outcome }) => outcome === "fail");
        const fields = new Set(failed.map(({ field }) => field).filter((field) => field !== null));
        assert.equal(verdict.outcome, "fail");
        assert.deepEqual([...fields].sort(), ["flights", "late_share", "mean_delay"]);
        const coverage = failed.filter(({ rule }) => rule === "keyCoverage");
        assert.equal(coverage.length, 1);
        assert.match(coverage[0]?.sentence ?? "", /^Missing: \d/);
    });

    it("refuses to promote v2, in preview and in up, and nothing moves", async () => {
        const { stack } = scene();
        const before = await scene().snapshot();
        await stack.set({ authority: "v2" });
        for (const verb of ["preview", "up"] as const) {
            const printed = await stack.refused(verb);
            assert.match(printed, /The verdict on v2 is fail\. Consumers stay on v1 \(delays\)\./);
            assert.match(printed, /values: .*mean_delay/);
        }
        assert.deepEqual(await scene().snapshot(), before);
        const { outputs } = await stack.resource("delays-authority");
        assert.equal((outputs.routing as RoutingRecord).authority, "v1");
        assert.equal(await stack.output("authority"), "v1");
    });

    it("takes v2 as a candidate again when it is no longer asked for", async () => {
        const { stack } = scene();
        await stack.set({ authority: "v1" });
        await stack.up();
        // The up that was refused had no preview before it, and had protected what it was about to promote.
        for (const { protect } of [
            await stack.resource("delays-v2-topic"),
            await stack.resource("delays-v2-job"),
        ]) {
            assert.ok(!protect);
        }
    });

    it("compares v3 in its place: the verdict passes, v2's job is gone, its topic is kept", async () => {
        const { stack } = scene();
        await stack.set({ "candidates[0]": "v3" });
        await stack.up();
        const verdict = await scene().verdict("v3");
        assert.deepEqual([verdict.candidate, verdict.outcome], ["v3", "pass"]);
        assert.deepEqual(await scene().running("delays-v2"), []);
        assert.ok(await scene().kafka.describeTopic("delays-v2"));
    });

    it("says in a preview what would move, and changes nothing", async () => {
        const { stack } = scene();
        const before = await scene().snapshot();
        await stack.set({ authority: "v3" });
        const printed = await stack.preview();
        assert.match(printed, /promotion: authority moves from v1 \(delays\) to v3 \(delays-v3\)/);
        assert.match(
            printed,
            /consumer dashboard: from group dashboard \(\d+ records unread\) to group dashboard-v3, with at most \d+ repeats/,
        );
        assert.deepEqual(await scene().snapshot(), before);
    });

    it("promotes v3: the dashboard goes on with it, nothing is skipped, no job or topic is touched", async () => {
        const { stack } = scene();
        const [existing] = await scene().running("delays");
        const [candidate] = await scene().running("delays-v3");
        const before = await scene().untouchable();
        const topics = await scene().topics();
        await stack.up();
        const record = await scene().routing();
        assert.deepEqual([record?.epoch, record?.authority], [2, "v3"]);
        assert.equal(record?.history.at(-1)?.by, "promotion");
        await scene().delivered("v3");
        assert.deepEqual((await scene().audited()).skipped, []);
        assert.deepEqual(await scene().running("delays"), [existing]);
        assert.deepEqual(await scene().running("delays-v3"), [candidate]);
        assert.deepEqual(await scene().untouchable(), before);
        assert.deepEqual(await scene().topics(), topics);
    });

    it("is settled: a second up has no changes", async () => {
        await scene().stack.up({ expectNoChanges: true });
    });

    it("refuses to be destroyed: consumers read on", async () => {
        const { stack } = scene();
        const before = await scene().snapshot();
        const jobs = await scene().running("delays-v3");
        const printed = await stack.refused("destroy");
        assert.match(printed, /delays-authority.*protected/s);
        assert.deepEqual(await scene().snapshot(), before);
        assert.deepEqual(await scene().running("delays-v3"), jobs);
        await scene().delivered("v3");
    });

    it("rolls back to v1, which nothing has stopped, with nothing skipped", async () => {
        const { stack, existing } = scene();
        await stack.set({ authority: "v1" });
        await stack.up();
        const record = await scene().routing();
        assert.deepEqual([record?.epoch, record?.authority], [3, "v1"]);
        assert.equal(record?.history.at(-1)?.by, "rollback");
        await scene().delivered("v1");
        assert.deepEqual((await scene().audited()).skipped, []);
        assert.deepEqual(await scene().running("delays"), [existing]);
    });

    it("asks v3 to prove itself again after that, and is settled then", async () => {
        const { stack } = scene();
        await stack.up();
        const since = (await scene().routing())?.writtenAt ?? "";
        const verdict = await scene().verdict("v3");
        assert.equal(verdict.outcome, "pass");
        assert.ok(Date.parse(verdict.comparedAt) > Date.parse(since));
        await stack.up({ expectNoChanges: true });
    });
});

describe("an up that is killed, with the real engine, Kafka and Flink", function () {
    this.timeout(180_000);
    const scene = scenePerSuite();
    inOrder();

    it("is done by one more up: the job that was submitted is adopted, and is the only one", async () => {
        const { stack } = scene();
        await stack.up();
        await scene().follow();
        await stack.set({ "candidates[0]": "v3" });
        const { killed, printed, processes } = await stack.upKilledAt(/submitted job/);
        assert.ok(killed, printed.join("\n"));
        // The CLI, its language host with the program, and two providers at the least.
        assert.ok(processes >= 4, `${processes} processes were killed`);
        const id = /submitted job ([0-9a-f]{32})/.exec(printed.join("\n"))?.[1];
        assert.equal((await scene().routing())?.epoch, 1);
        await stack.cancel();
        assert.match(await stack.up(), new RegExp(`found job ${id} of an earlier run and adopted`));
        const jobs = await scene().running("delays-v3");
        assert.deepEqual(
            jobs.map((job) => job.id),
            [id],
        );
        assert.equal((await stack.resource("delays-v3-job")).id, id);
        const verdict = await scene().verdict("v3");
        assert.deepEqual([verdict.candidate, verdict.outcome], ["v3", "pass"]);
        await stack.up({ expectNoChanges: true });
    });

    it("promotes, though killed at its start and before the routing record is written", async () => {
        const { stack } = scene();
        const [candidate] = await scene().running("delays-v3");
        await stack.set({ authority: "v3" });
        for (const moment of [/delays-authority updating/, /group dashboard-v3 stands ready/]) {
            const { killed, printed } = await stack.upKilledAt(moment);
            assert.ok(killed, printed.join("\n"));
            await stack.cancel();
            // Wherever it was killed, consumers have one topic to read.
            const record = await scene().routing();
            await scene().delivered(record?.authority ?? "");
        }
        await stack.up();
        const record = await scene().routing();
        assert.deepEqual([record?.epoch, record?.authority], [2, "v3"]);
        await scene().delivered("v3");
        assert.deepEqual((await scene().audited()).skipped, []);
        assert.deepEqual(await scene().running("delays-v3"), [candidate]);
        assert.deepEqual(await scene().running("delays"), [scene().existing]);
        await stack.up({ expectNoChanges: true });
    });

    it("rolls back where nothing of Flink answers any more", async () => {
        const { stack, sandbox } = scene();
        const { gatewayPart, taskManager, jobManager } = sandbox;
        await Promise.all([gatewayPart?.kill(), taskManager?.kill(), jobManager?.kill()]);
        await stack.set({ authority: "v1" });
        assert.match(await stack.up(), /whether the job of v3 \(\w+\) runs is not known/);
        const record = await scene().routing();
        assert.deepEqual(
            [record?.epoch, record?.authority, record?.history.at(-1)?.by],
            [3, "v1", "rollback"],
        );
        // Nobody writes any more: it has read all of v1 in the end.
        for (const deadline = Date.now() + 60_000; ; await pause(500)) {
            const { skipped, expected } = await scene().audited();
            if (skipped.length === 0) {
                break;
            }
            assert.ok(Date.now() < deadline, `${skipped.length} of ${expected} were skipped`);
        }
    });
});

/** A scene for the tests of one suite, which is gone with them; its logs stay where one of them failed. */
function scenePerSuite(): () => Scene {
    let scene: Scene | undefined;
    let failed = false;
    before("stage the flights", async () => {
        scene = await Scene.open();
    });
    afterEach("note a failure", function () {
        failed ||= this.currentTest?.state === "failed";
    });
    after("remove the scene", async () => {
        await scene?.close(failed);
    });
    return () => {
        assert.ok(scene);
        return scene;
    };
}

/** Live flights, the existing job, the dashboard that reads its output, and a stack that knows of v1 only. */
class Scene {
    private journal = "";

    private constructor(
        readonly sandbox: Sandbox,
        readonly kafka: KafkaPort,
        private readonly admin: ReturnType<Kafka["admin"]>,
        readonly rest: FlinkRest,
        /** The existing job as it was before there was a stack. */
        readonly existing: JobSummary,
        readonly stack: TestStack,
    ) {}

    /** In a sandbox of its own: the topics of the flights have fixed names. */
    static async open(): Promise<Scene> {
        await removeAbandoned();
        const sandbox = await startSandbox({ name: uniqueName("test-life"), temporary: true });
        try {
            await startTraffic(sandbox, speed);
            const rest = await startExistingJob(sandbox);
            const stack = await TestStack.ofFlights(sandbox);
            await stack.set({
                "brokers[0]": sandbox.bootstrapServers,
                gateway: sandbox.gateway ?? "",
                checkpoints: checkpointsOf(sandbox),
            });
            const bootstrapServers = [sandbox.bootstrapServers];
            const kafka = await connectKafka({ bootstrapServers, clientId: "test" });
            const admin = new Kafka({
                brokers: bootstrapServers,
                logLevel: logLevel.NOTHING,
            }).admin();
            await admin.connect();
            const existing = summaryOf(await existingJob(rest));
            return new Scene(sandbox, kafka, admin, rest, existing, stack);
        } catch (error) {
            await sandbox.stop({ keepData: true });
            throw error;
        }
    }

    /** Starts the application; there must be a routing topic to follow. */
    async follow(): Promise<void> {
        this.journal = (await startDashboard(this.sandbox)).journal;
        // It may not have come as far as making it.
        fs.appendFileSync(this.journal, "");
        await this.delivered("v1");
    }

    routing(): Promise<RoutingRecord | undefined> {
        return readRoutingRecord(this.kafka, "delays-routing", "delays");
    }

    /** All of the newest verdict on a version. */
    async verdict(version: string): Promise<Verdict> {
        const { outputs } = await this.stack.resource(`delays-${version}-comparison`);
        return outputs.verdict as Verdict;
    }

    /** Flink's running jobs of this name. */
    async running(name: string): Promise<JobSummary[]> {
        const jobs = await this.rest.jobs();
        return jobs.filter((job) => job.name === name && job.state === "RUNNING").map(summaryOf);
    }

    /** All topics as Kafka has them; another id is another topic, whatever its name. */
    async topics(): Promise<TopicDescription[]> {
        const names = (await this.admin.listTopics()).filter((name) => !name.startsWith("__"));
        const described = await Promise.all(names.sort().map((n) => this.kafka.describeTopic(n)));
        return described.filter((topic) => topic !== undefined);
    }

    /** What only a move may change: topics, the routing record, groups, and where those stand that wait. */
    async snapshot() {
        const { groups } = await this.admin.listGroups();
        const record = await this.routing();
        const committed = new Map<string, unknown>();
        for (const groupId of ["dashboard", "dashboard-v2", "dashboard-v3"]) {
            // The one that reads moves all the time.
            if (record?.consumers.dashboard?.group !== groupId) {
                committed.set(groupId, await this.admin.fetchOffsets({ groupId }));
            }
        }
        return {
            topics: await this.topics(),
            record,
            groups: groups.map(({ groupId }) => groupId).sort(),
            committed,
        };
    }

    /** The topics and jobs of the state: a promotion changes no field of them. */
    async untouchable() {
        const resources = await this.stack.resources();
        return resources
            .filter(({ urn }) => /-(topic|job)$/.test(urn))
            .map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }));
    }

    /** Waits until the dashboard has been given more records of this version than it has now. */
    delivered(version: string): Promise<void> {
        const now = readJournal(this.journal).filter((entry) => entry.version === version);
        return untilDelivered(this.journal, version, now.length + enough);
    }

    /** The journal against everything that the existing job has written. */
    async audited(): Promise<Audit> {
        return auditDashboard(this.journal, await owedRecords(this.sandbox.bootstrapServers));
    }

    async close(keepData: boolean): Promise<void> {
        await Promise.allSettled([this.kafka.close(), this.admin.disconnect()]);
        await this.stack.remove();
        await this.sandbox.stop({ keepData });
        if (keepData) {
            console.log(`      the logs of its sandbox are in ${this.sandbox.directory}/logs`);
        }
    }
}

function summaryOf({ id, name, state, startTime }: JobSummary): JobSummary {
    return { id, name, state, startTime };
}
