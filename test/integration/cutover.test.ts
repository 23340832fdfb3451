import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { Kafka, logLevel, type Admin, type Consumer } from "kafkajs";
import { existingJob, ShadowFlinkJob, type ShadowFlinkJobArgs, sqlJob } from "shadow-flink";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../../components/provider/cutover/routingStore.js";
import { FlinkRest } from "../../components/provider/flink/restClient.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import type { Sandbox } from "../../sandbox/index.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { inOrder } from "../skip.js";
import { TestStack } from "../stack.js";

quietTimers();

const records = 40;

/**
 * An existing job and two that write the same; two consumers, one after the other. Every test goes on where the one
 * before it ended.
 */
describe("moving consumers, with the real engine, Kafka and Flink", function () {
    this.timeout(240_000);
    let sandbox: Sandbox;
    let admin: Admin;
    let port: KafkaPort;
    let stack: TestStack;
    let name: string;
    let member: Consumer | undefined;
    const first = new Map<string, Awaited<ReturnType<TestStack["exported"]>>>();
    let args: Partial<ShadowFlinkJobArgs>;

    const copy = () =>
        sqlJob(({ topic, group, transactionalIdPrefix }) => ({
            gateway: sandbox.gateway ?? "",
            script: scriptOf(
                sandbox.bootstrapServers,
                `${name}-in`,
                topic,
                group,
                transactionalIdPrefix,
            ),
        }));
    const override = (version: string) => ({
        authority: version,
        override: { version, reason: "a test", approvedBy: "ada" },
    });

    before(async () => {
        sandbox = await sharedSandbox();
        name = uniqueName("delays");
        const brokers = [sandbox.bootstrapServers];
        const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
        admin = kafka.admin();
        await admin.connect();
        port = await connectKafka({ bootstrapServers: brokers, clientId: "test" });
        await createReadyTopics(
            admin,
            [name, `${name}-in`].map((topic) => ({ topic, numPartitions: 2 })),
        );
        for (const topic of [name, `${name}-in`]) {
            await write(topic, 0, records);
        }
        for (const group of ["early", "late"]) {
            await port.commitOffsets(`${name}-${group}`, name, await port.lastStableOffsets(name));
        }
        args = { versions: { v1: existingJob({ topic: name }), v2: copy() } };
        stack = await TestStack.ofProgram(sandbox, () => {
            const job = new ShadowFlinkJob(name, {
                authority: "v1",
                kafka: { bootstrapServers: brokers },
                versions: {},
                compare: {
                    identity: ["id"],
                    eventTime: "at",
                    windowSeconds: 10,
                    waitSeconds: 0,
                    settleSeconds: 0,
                },
                consumers: {
                    late: { group: `${name}-late`, order: 2 },
                    early: { group: `${name}-early`, order: 1 },
                },
                ...args,
            });
            return Promise.resolve({
                consumers: job.consumers,
                history: job.history,
                rollbackRecommended: job.rollbackRecommended,
                versions: job.versions,
            });
        });
    });
    inOrder();
    after(async () => {
        await member?.disconnect();
        await Promise.allSettled([admin.disconnect(), port.close()]);
        await stack.remove();
    });

    /** Records of the numbers from `first` to before `end`, a second apart. */
    async function write(topic: string, first: number, end: number, id = (i: number) => `id-${i}`) {
        const { bootstrapServers } = sandbox;
        const producer = new Kafka({
            brokers: [bootstrapServers],
            logLevel: logLevel.NOTHING,
        }).producer();
        await producer.connect();
        const numbers = Array.from({ length: end - first }, (_, i) => first + i);
        await producer.send({
            topic,
            messages: numbers.map((i) => ({
                key: String(i),
                value: JSON.stringify({ id: id(i), at: 1_760_000_000_000 + i * 1_000 }),
            })),
        });
        await producer.disconnect();
    }
    const live = async (): Promise<RoutingRecord> =>
        (await readRoutingRecord(port, `${name}-routing`, name))!;
    const routes = async () =>
        Object.fromEntries(
            Object.entries((await live()).consumers).map(([consumer, { own }]) => [
                consumer,
                own?.version ?? "as all",
            ]),
        );
    const running = async (version: string) =>
        (await new FlinkRest(sandbox.flinkRest ?? "").jobs()).filter(
            (job) => job.name === `${name}-${version}` && job.state === "RUNNING",
        );

    it("stops at a consumer whose group is not empty, and says who is where", async () => {
        await stack.up();
        first.set("v1", await stack.exported());
        member = new Kafka({
            brokers: [sandbox.bootstrapServers],
            logLevel: logLevel.NOTHING,
        }).consumer({ groupId: `${name}-late-v2` });
        await member.connect();
        await member.subscribe({ topics: [`${name}-in`] });
        const joined = new Promise((resolve) => member?.on(member.events.GROUP_JOIN, resolve));
        await member.run({ eachMessage: () => Promise.resolve() });
        await joined;
        args = { ...args, ...override("v2") };
        const preview = await stack.preview();
        assert.match(preview, /one after the other: early, then late/);
        assert.match(preview, /a rollback stays possible for about \d+ days/);
        const printed = await stack.refused("up");
        assert.match(printed, /is half done: early on v2 \(.*\), late still on v1/);
        assert.match(printed, /stop whatever still reads as .*-late-v2/);
        assert.deepEqual(await routes(), { late: "as all", early: "v2" });
        const { authority, epoch, recordVersion } = await live();
        assert.deepEqual([authority, epoch, recordVersion], ["v1", 2, 2]);
        const state = (await stack.resource(`${name}-authority`)).outputs["routing"];
        assert.deepEqual(state, await live());
    });

    it("goes on there with the next up, and is settled then", async () => {
        await member?.disconnect();
        member = undefined;
        await stack.up();
        const { authority, epoch, moving, history } = await live();
        assert.deepEqual([authority, epoch, moving], ["v2", 3, undefined]);
        assert.deepEqual(await routes(), { late: "as all", early: "v2" });
        const { by, override: recorded } = history.at(-1)!;
        assert.equal(by, "override");
        assert.deepEqual(
            [recorded?.reason, recorded?.approvedBy, Date.parse(recorded?.at ?? "") > 0],
            ["a test", "ada", true],
        );
        assert.deepEqual(await stack.output("history"), history);
        assert.deepEqual(await stack.output("consumers"), {
            late: { version: "v2", topic: `${name}-v2`, group: `${name}-late-v2` },
            early: { version: "v2", topic: `${name}-v2`, group: `${name}-early-v2` },
        });
        await stack.up({ expectNoChanges: true });
    });

    it("bakes: says that a rollback is recommended once both differ, and moves nothing", async () => {
        const before = await live();
        args = { ...args, bakeSeconds: 3_600 };
        await stack.up();
        assert.equal(await stack.output("rollbackRecommended"), null);
        const end = 300;
        await write(name, records, end);
        await write(`${name}-in`, records, end, (i) => (i % 10 === 0 ? `other-${i}` : `id-${i}`));
        const written = async () =>
            [...(await port.lastStableOffsets(`${name}-v2`)).values()].reduce((a, b) => a + b, 0n);
        for (const deadline = Date.now() + 60_000; (await written()) < 2 * records;) {
            assert.ok(Date.now() < deadline, "v2 does not go on");
            await pause(200);
        }
        assert.match(
            await stack.up(),
            /rollback recommended: v2 holds authority and no longer says the same as v1\. Nothing was moved/,
        );
        assert.match(String(await stack.output("rollbackRecommended")), /v1/);
        assert.deepEqual(await live(), before);
        args = { ...args, bakeSeconds: 0 };
    });

    it("refuses an older state that asks for something else, with both values, and takes over what is there", async () => {
        const now = await stack.exported();
        const before = await live();
        await stack.imported(first.get("v1")!);
        args = { ...args, authority: "v1" };
        for (const verb of ["preview", "up"] as const) {
            const printed = await stack.refused(verb);
            assert.match(
                printed,
                /says v2 \(.*-v2\) at epoch 3.*this stack says v1 \(.*\) at epoch 1/s,
            );
            assert.match(printed, /Set authority to v2 and run `pulumi up`/);
        }
        assert.deepEqual(await live(), before);
        args = { ...args, ...override("v2") };
        assert.match(await stack.up(), /taking over what is there/);
        assert.deepEqual(await live(), before);
        assert.ok(now.deployment !== undefined);
    });

    it("keeps protection where it was when a promotion is refused, and destroys nothing", async () => {
        args = { ...args, versions: { ...args.versions, v3: copy() } };
        await stack.up();
        const protection = async () =>
            Promise.all(
                ["v2-topic", "v2-job", "authority", "routing"].map(
                    async (part) => (await stack.resource(`${name}-${part}`)).protect === true,
                ),
            );
        assert.deepEqual(await protection(), [true, true, true, true]);
        args = { ...args, authority: "v3" };
        assert.match(await stack.refused("up"), /The verdict on v3 is|There is no verdict on v3/);
        assert.deepEqual(await protection(), [true, true, true, true]);
        const before = await live();
        const jobs = await running("v2");
        assert.match(await stack.refused("destroy"), /protected/);
        assert.deepEqual(await live(), before);
        assert.deepEqual(await running("v2"), jobs);
        assert.equal(jobs.length, 1);
    });

    it("says what to do where a rollback and a removal are asked for at once", async () => {
        const { v1, v3 } = args.versions!;
        const before = await live();
        args = {
            ...args,
            authority: "v1",
            override: undefined,
            versions: { v1: v1!, v3: v3! },
        };
        const printed = await stack.refused("up");
        assert.match(printed, /versions\.v2: consumers read its topic.*takes two steps/s);
        assert.deepEqual(await live(), before);
        assert.equal((await running("v2")).length, 1);
    });

    it("does not let a topic be replaced that consumers read", async () => {
        const { v1, v3 } = args.versions!;
        const renamed = { ...copy(), topic: `${name}-other` };
        args = { ...args, authority: "v2", versions: { v1: v1!, v2: renamed, v3: v3! } };
        const printed = await stack.refused("up");
        assert.match(printed, /versions\.v2\.topic: was ".*-v2" and is ".*-other" now/);
        assert.equal(await port.describeTopic(`${name}-other`), undefined);
    });

    it("retires a standby with a savepoint, keeps its topic, and never goes back", async () => {
        const { v1, v3 } = args.versions!;
        args = { ...args, ...override("v3"), versions: { v1: v1!, v2: copy(), v3: v3! } };
        await stack.up();
        const savepoint = `file://${sandbox.directory}/savepoints`;
        args = { ...args, retire: { v2: { savepoint, deleteTopic: true } } };
        // Both began, so that nothing of v2 is left to be finished.
        for (const group of ["early", "late"]) {
            const ends = await port.lastStableOffsets(`${name}-v2`);
            await port.commitOffsets(`${name}-${group}-v2`, `${name}-v2`, ends);
        }
        await stack.up();
        const { retired } = await live();
        assert.deepEqual(retired, ["v2"]);
        assert.deepEqual(await running("v2"), []);
        const versions = (await stack.output("versions")) as Record<
            string,
            { role: string; job: { status: string; savepoint: string | null } | null }
        >;
        assert.equal(versions["v2"]?.role, "retired");
        assert.equal(versions["v2"].job?.status, "RETIRED");
        assert.match(versions["v2"].job.savepoint ?? "", /^file:.*savepoint/);
        assert.ok(await port.describeTopic(`${name}-v2`));
        await stack.up({ expectNoChanges: true });
        args = { ...args, authority: "v2", retire: {} };
        assert.match(await stack.refused("preview"), /v2 was retired: its job is stopped for good/);
    });

    it("deletes the topic of a retired version only where that was asked for by name", async () => {
        const { v1, v3 } = args.versions!;
        args = { ...args, ...override("v3"), retire: {}, versions: { v1: v1!, v3: v3! } };
        await stack.up();
        // A kafkajs admin keeps asking for every topic that it was asked for before.
        await port.close();
        port = await connectKafka({
            bootstrapServers: [sandbox.bootstrapServers],
            clientId: "test",
        });
        assert.equal(await port.describeTopic(`${name}-v2`), undefined);
        assert.ok(await port.describeTopic(`${name}-v3`));
        assert.ok(await port.describeTopic(name));
        await stack.up({ expectNoChanges: true });
    });
});

function scriptOf(
    brokers: string,
    source: string,
    topic: string,
    group: string,
    transactionalIdPrefix: string,
): string {
    const connection = `'connector' = 'kafka', 'properties.bootstrap.servers' = '${brokers}', 'format' = 'json'`;
    return (
        "SET 'execution.checkpointing.interval' = '1s';\n" +
        `CREATE TABLE source (id STRING, \`at\` BIGINT) WITH (${connection}, 'topic' = '${source}', ` +
        `'properties.group.id' = '${group}', 'scan.startup.mode' = 'earliest-offset');\n` +
        `CREATE TABLE sink (id STRING, \`at\` BIGINT) WITH (${connection}, 'topic' = '${topic}', ` +
        `'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}', ` +
        "'properties.transaction.timeout.ms' = '60000');\n" +
        "INSERT INTO sink SELECT id, `at` FROM source"
    );
}
