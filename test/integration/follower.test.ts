import * as assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Admin as EndAdmin } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";
import {
    follow,
    type FollowOptions,
    type FollowedMessage,
    type Move,
} from "../../components/consumer/index.js";
import { planMove } from "../../components/provider/cutover/movePlan.js";
import {
    carryOut,
    writeInitial,
    type RoutingContext,
} from "../../components/provider/cutover/protocol.js";
import { type RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../../components/provider/cutover/routingStore.js";
import { connectKafka } from "../../components/provider/kafka/kafkaPort.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import {
    audit,
    identityOf,
    readJournal,
    type Audit,
    type JournalEntry,
} from "../../sandbox/dashboard/audit.js";
import { Traffic, type Output } from "../consumer/traffic.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";

quietTimers();

const consumer = "app";

describe("a follower on real Kafka", function () {
    this.timeout(180_000);
    let bootstrapServers: string;
    let scene: Scene;

    before(async () => {
        ({ bootstrapServers } = await sharedSandbox());
    });
    beforeEach(async () => {
        scene = await Scene.open(bootstrapServers);
    });
    afterEach(async () => {
        await scene.close();
    });

    it("skips nothing through moves in both directions, stopped and killed between them", async () => {
        const { traffic } = scene;
        await scene.initial();
        const dashboard = scene.dashboard();
        traffic.flow();
        await dashboard.reads("v1", 1);

        await traffic.abort();
        await scene.move("v3");
        await dashboard.reads("v3", 2);

        await dashboard.kill();
        await pause(1);
        await dashboard.start();
        await dashboard.reads("v3", 2);

        await dashboard.stop();
        await scene.move("v1");
        await pause(1);
        await dashboard.start();
        await dashboard.reads("v1", 3);

        await scene.move("v3");
        await dashboard.kill();
        await dashboard.start();
        await dashboard.reads("v3", 4);

        await dashboard.stop();
        await scene.move("v1");
        await pause(1);
        await scene.move("v3");
        await pause(1);
        await scene.move("v1");
        await dashboard.start();
        await dashboard.reads("v1", 7);

        await scene.move("v3");
        await dashboard.reads("v3", 8);
        await scene.move("v1");
        await dashboard.reads("v1", 9);

        const result = await scene.settle(() => dashboard.journal());
        await dashboard.stop();
        assert.deepEqual(result.skipped, []);
        assert.equal(result.others, 0, "aborted records were delivered");
        assert.equal(result.expected, traffic.produced);
        console.log(
            `      ${result.expected} records, 8 moves, 2 kills, 2 stops: ${result.skipped.length} skipped, ` +
                `${result.repeated} repeated, of which ${result.redelivered} the same record again`,
        );
    });

    it("goes to the other topic with nothing repeated where both have the same order", async () => {
        await scene.initial();
        const { traffic } = scene;
        await traffic.produce(400);
        await traffic.flush();
        await traffic.abort();
        const member = scene.follow();
        await until(() => member.delivered.length === 400, "the first 400 records");
        await scene.move("v3");
        await until(() => member.moves.length === 1, "the move");
        await traffic.produce(100);
        const result = await scene.settle(() => member.delivered);
        assert.deepEqual(result.skipped, []);
        assert.equal(result.repeated, 0);
        assert.equal(member.moves[0]?.drained, true);
        assert.equal(member.moves[0]?.epoch, 2);
    });

    it("finishes the old topic to `until` and not further, by two members, before either reads the new one", async () => {
        await scene.initial();
        const { traffic } = scene;
        const slowly = () => pause(0.01);
        // The first member lets the second one in at its next heartbeat.
        const consumerConfig = { heartbeatInterval: 200 };
        const members = [
            scene.follow({ eachMessage: slowly, consumerConfig }),
            scene.follow({ eachMessage: slowly, consumerConfig }),
        ];
        await traffic.produce(600);
        await until(() => members.every(({ delivered }) => delivered.length > 20), "both read");
        const record = await scene.move("v3");
        await traffic.produce(200);
        await until(() => members.every(({ moves }) => moves.length === 1), "both moved");
        const result = await scene.settle(() => members.flatMap(({ delivered }) => delivered));
        assert.deepEqual(result.skipped, []);

        const all = members
            .flatMap(({ delivered }) => delivered)
            .sort((a, b) => a.at.localeCompare(b.at));
        const bound = record.handOver?.until ?? {};
        const beyond = all.filter(
            ({ epoch, version, partition, offset }) =>
                epoch === 2 && version === "v1" && BigInt(offset) >= BigInt(bound[partition] ?? 0),
        );
        assert.deepEqual(beyond, []);
        const firstNew = all.findIndex(({ version }) => version === "v3");
        assert.ok(all.slice(firstNew).every(({ version }) => version === "v3"));
        assert.ok(members.every(({ moves }) => moves[0]?.drained));
        assert.ok(members.every(({ moves }) => (moves[0]?.finished ?? 0) > 0));
    });

    it("is let through with the topic that it finishes before it is sent back to it", async () => {
        await scene.initial();
        const { traffic } = scene;
        const member = scene.follow({ eachMessage: () => pause(0.005) });
        await traffic.produce(800);
        await until(() => member.delivered.length > 50, "some records");
        await scene.move("v3");
        await until(() => member.delivered.some(({ epoch }) => epoch === 2), "the move is seen");
        // Its group has a member until it is through, and the provider waits for that.
        await scene.move("v1");
        await traffic.produce(200);
        await until(
            () => member.delivered.some(({ epoch }) => epoch === 3),
            "the way back is seen",
        );
        const result = await scene.settle(() => member.delivered);
        assert.deepEqual(result.skipped, []);
        assert.equal(member.delivered.at(-1)?.version, "v1");
    });

    it("delivers a record again whose handler threw, whatever it threw", async () => {
        await scene.initial();
        const { traffic } = scene;
        await traffic.produce(100);
        const failures = [new Error("out of luck"), new TypeError("x is undefined")];
        const member = scene.follow({
            eachMessage: ({ message }) => {
                const failure = message.value?.includes('"id-42"') ? failures.shift() : undefined;
                return failure === undefined ? Promise.resolve() : Promise.reject(failure);
            },
        });
        const result = await scene.settle(() => member.delivered);
        assert.deepEqual(result.skipped, []);
        assert.equal(failures.length, 0);
        assert.ok(member.errors.some(({ message }) => message.includes("will be delivered again")));
    });

    it("stays where it is when a routing record cannot be read, is older, or was deleted", async () => {
        const first = await scene.initial();
        const { traffic } = scene;
        await traffic.produce(50);
        await traffic.flush();
        const member = scene.follow();
        await until(() => member.delivered.length === 50, "the first 50 records");
        await scene.move("v3");
        await until(() => member.moves.length === 1, "the move");
        await scene.writeRouting("{}");
        await until(() => member.errors.length === 1, "the error");
        assert.match(member.errors[0]?.message ?? "", /offset \d+: this record cannot be read/);
        await scene.writeRouting(JSON.stringify(first));
        await scene.writeRouting(null);
        await until(() => member.errors.length === 2, "the second error");
        assert.match(member.errors[1]?.message ?? "", /was deleted/);
        await traffic.produce(50);
        const result = await scene.settle(() => member.delivered);
        assert.deepEqual(result.skipped, []);
        assert.equal(member.delivered.at(-1)?.version, "v3");
    });

    it("waits for the first routing record, and leaves no group of its own behind", async () => {
        const { traffic } = scene;
        await traffic.produce(20);
        await traffic.flush();
        // Processes that other tests killed left theirs; the broker forgets those by and by.
        const before = await scene.routingGroups();
        const member = scene.follow();
        await pause(1);
        assert.equal(member.delivered.length, 0);
        await scene.initial();
        await until(() => member.delivered.length === 20, "the records");
        assert.equal(member.follower.reading?.topic, scene.topics.v1);
        await member.follower.stop();
        assert.deepEqual(await scene.routingGroups(), before);
    });

    it("says what is wrong with its names", async () => {
        await scene.initial();
        await assert.rejects(
            scene.follow({ consumer: "ap" }).follower.running,
            /does not list a consumer named "ap"; it lists app\./,
        );
        await assert.rejects(
            scene.follow({ routingTopic: `${scene.name}-rooting` }).follower.running,
            /The routing topic .*-rooting does not exist/,
        );
    });
});

interface InProcess {
    readonly follower: ReturnType<typeof follow>;
    readonly delivered: JournalEntry[];
    readonly moves: Move[];
    readonly errors: Error[];
}

/** One job with two versions on topics of its own, its provider, and those who follow it. */
class Scene {
    readonly name = uniqueName("delays");
    readonly topics = { v1: this.name, v3: `${this.name}-v3` };
    readonly groups = { v1: `${this.name}-app`, v3: `${this.name}-app-v3` };
    readonly routingTopic = `${this.name}-routing`;
    readonly kafka: Kafka;
    readonly admin: ReturnType<Kafka["admin"]>;
    port!: KafkaPort;
    traffic!: Traffic;
    private readonly followers: ReturnType<typeof follow>[] = [];
    private readonly dashboards: Dashboard[] = [];

    private constructor(private readonly bootstrapServers: string) {
        this.kafka = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING });
        this.admin = this.kafka.admin();
    }

    static async open(bootstrapServers: string): Promise<Scene> {
        const scene = new Scene(bootstrapServers);
        await scene.admin.connect();
        await createReadyTopics(scene.admin, [
            {
                topic: scene.routingTopic,
                numPartitions: 1,
                configEntries: [{ name: "cleanup.policy", value: "compact" }],
            },
        ]);
        scene.port = await connectKafka({
            bootstrapServers: [bootstrapServers],
            clientId: "provider",
        });
        const outputs: Output[] = [
            { topic: scene.topics.v1, partitions: 3, emptyPartitions: [2], disorder: 4, lag: 3 },
            { topic: scene.topics.v3, partitions: 4, emptyPartitions: [0], disorder: 12, lag: 10 },
        ];
        scene.traffic = await Traffic.open(scene.kafka, outputs);
        return scene;
    }

    initial(): Promise<RoutingRecord> {
        return writeInitial(this.context(), "v1", this.topics.v1, { [consumer]: this.groups.v1 });
    }

    async move(version: "v1" | "v3"): Promise<RoutingRecord> {
        const kafka = this.port;
        const context = this.context();
        const live = await readRoutingRecord(kafka, this.routingTopic, this.name);
        assert.ok(live);
        return carryOut(
            context,
            live,
            () =>
                planMove({
                    kafka,
                    live,
                    target: { version, topic: this.topics[version] },
                    groups: { [consumer]: this.groups[version] },
                    decoder: {
                        prepare: () => undefined,
                        decode: ({ value }) => ({
                            identity: identityOf(value, ["id"]),
                            eventTime: null,
                        }),
                    },
                    verified: null,
                    signal: AbortSignal.timeout(60_000),
                }),
            { by: "rollback", verdict: null, override: null },
        );
    }

    async routingGroups(): Promise<string[]> {
        const { groups } = await this.admin.listGroups();
        const prefix = `${consumer}-routing-`;
        return groups
            .map(({ groupId }) => groupId)
            .filter((groupId) => groupId.startsWith(prefix))
            .sort();
    }

    /** A commit is acknowledged before its marker is written; only behind that can the records be read. */
    private async allCommitted(topic: string): Promise<void> {
        const admin = new EndAdmin({
            clientId: "test",
            bootstrapBrokers: [this.bootstrapServers],
        });
        try {
            for (let attempt = 0; attempt < 100; attempt += 1) {
                const stable = await this.port.lastStableOffsets(topic);
                // kafkajs's "high" is the last stable offset too; only this client asks for the true end.
                const [ends] = await admin.listOffsets({
                    isolationLevel: 0,
                    topics: [
                        {
                            name: topic,
                            partitions: [...stable.keys()].map((partitionIndex) => ({
                                partitionIndex,
                                timestamp: -1n,
                            })),
                        },
                    ],
                });
                if (ends?.partitions.every((at) => at.offset === stable.get(at.partitionIndex))) {
                    return;
                }
                await pause(0.1);
            }
        } finally {
            await admin.close();
        }
        throw new Error(`${topic} has a transaction that does not end`);
    }

    async writeRouting(value: string | null): Promise<void> {
        const producer = this.kafka.producer();
        await producer.connect();
        await producer.send({ topic: this.routingTopic, messages: [{ key: this.name, value }] });
        await producer.disconnect();
    }

    follow(options: Partial<FollowOptions> = {}): InProcess {
        const delivered: JournalEntry[] = [];
        const moves: Move[] = [];
        const errors: Error[] = [];
        const follower = follow({
            // Every member has a kafkajs instance of its own, as every process has: kafkajs keeps commits per instance.
            kafka: new Kafka({ brokers: [this.bootstrapServers], logLevel: logLevel.NOTHING }),
            name: this.name,
            consumer,
            onMove: (move) => moves.push(move),
            onError: (error) => errors.push(error),
            ...options,
            eachMessage: async (followed) => {
                await options.eachMessage?.(followed);
                delivered.push(entry(followed));
            },
        });
        this.followers.push(follower);
        return { follower, delivered, moves, errors };
    }

    dashboard(): Dashboard {
        const dashboard = new Dashboard(this.bootstrapServers, this.name);
        this.dashboards.push(dashboard);
        return dashboard;
    }

    /** Ends the traffic, waits until all of it was delivered or nothing more comes, and compares. */
    async settle(delivered: () => readonly JournalEntry[]): Promise<Audit> {
        await this.traffic.pause();
        await this.traffic.flush();
        const truth = await this.truth();
        let before = -1;
        for (let quiet = 0; quiet < 12; quiet += 1) {
            const entries = delivered();
            if (audit(entries, truth).skipped.length === 0) {
                break;
            }
            quiet = entries.length === before ? quiet : 0;
            before = entries.length;
            await pause(1);
        }
        // A moment more: what comes now is a repeat, and is counted.
        await pause(1);
        return audit(delivered(), truth);
    }

    /** What both topics hold, read back by the provider's own reader. */
    private async truth(): Promise<Set<string>> {
        const truth = new Set<string>();
        for (const topic of Object.values(this.topics)) {
            await this.allCommitted(topic);
            const from = await this.port.earliestOffsets(topic);
            const to = await this.port.lastStableOffsets(topic);
            const found = new Set<string>();
            await this.port.read(topic, from, to, {
                signal: AbortSignal.timeout(60_000),
                onRecords: (records) => {
                    for (const { value } of records) {
                        found.add(identityOf(value, ["id"]) ?? "?");
                    }
                },
            });
            assert.equal(found.size, this.traffic.produced, `${topic} does not hold every record`);
            found.forEach((identity) => truth.add(identity));
        }
        return truth;
    }

    async close(): Promise<void> {
        await Promise.all(this.followers.map((follower) => follower.stop()));
        await Promise.all(this.dashboards.map((dashboard) => dashboard.kill()));
        await this.traffic.close();
        await this.port.close();
        await this.admin.disconnect();
    }

    private context(): RoutingContext {
        return {
            kafka: this.port,
            name: this.name,
            owner: "a test",
            routingTopic: this.routingTopic,
            transactionalId: `shadow-route-${this.name}`,
            log: () => undefined,
            now: () => new Date(),
        };
    }
}

/** The demo's application in a process of its own, so that it can be killed. */
class Dashboard {
    private readonly file: string;
    private child: ChildProcess | undefined;
    private output = "";

    constructor(
        private readonly bootstrapServers: string,
        private readonly name: string,
    ) {
        this.file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "dashboard-")), "journal");
        this.spawn();
    }

    private spawn(): void {
        const program = path.join(__dirname, "../../sandbox/dashboard/dashboard.js");
        const args = ["--bootstrap-servers", this.bootstrapServers, "--name", this.name];
        args.push("--consumer", consumer, "--journal", this.file, "--identity", "id");
        const child = spawn(process.execPath, [program, ...args], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        for (const stream of [child.stdout, child.stderr]) {
            stream.on("data", (data: Buffer) => (this.output += data.toString()));
        }
        this.child = child;
    }

    async start(): Promise<void> {
        await this.ended();
        this.spawn();
    }

    async kill(): Promise<void> {
        this.child?.kill("SIGKILL");
        await this.ended();
    }

    async stop(): Promise<void> {
        this.child?.kill("SIGTERM");
        await this.ended();
        assert.match(this.output, /app: stopped\n$/, this.output);
    }

    private async ended(): Promise<void> {
        const { child } = this;
        if (child !== undefined && child.exitCode === null && child.signalCode === null) {
            await new Promise((resolve) => child.once("close", resolve));
        }
    }

    journal(): JournalEntry[] {
        return fs.existsSync(this.file) ? readJournal(this.file) : [];
    }

    /** Waits until it has read some records more, the last of them of this version under this epoch. */
    async reads(version: string, epoch: number): Promise<void> {
        const before = this.journal().length;
        await until(
            () => {
                const last = this.journal().at(-1);
                return (
                    this.journal().length > before + 20 &&
                    last?.version === version &&
                    last.epoch === epoch
                );
            },
            `records of ${version} under epoch ${epoch}`,
            () => this.output,
        );
    }
}

function entry({ topic, partition, message, version, epoch }: FollowedMessage): JournalEntry {
    const identity = identityOf(message.value, ["id"]);
    const at = new Date().toISOString();
    return { topic, partition, offset: message.offset, identity, version, epoch, at };
}

async function until(done: () => boolean, what: string, more = (): string => ""): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!done()) {
        if (Date.now() > deadline) {
            throw new Error(`waited a minute in vain for: ${what} ${more()}`);
        }
        await pause(0.05);
    }
}

function pause(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
