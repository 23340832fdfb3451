import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { withKafka } from "../../components/provider/connection.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { type Sandbox } from "../../sandbox/index.js";
import { repository } from "../../sandbox/paths.js";
import type { JobOutputs } from "../../stacks/team/outputs.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { inOrder } from "../skip.js";
import { TestStack } from "../stack.js";

quietTimers();

const policyPacks = [path.join(repository, "stacks", "policies")];
const shops = 20;
/** A minute of orders is written this often. */
const minuteMilliseconds = 200;

describe("stacks of a platform, a team and its consumers, on the real engine, Kafka and Flink", function () {
    this.timeout(300_000);
    inOrder();
    let sandbox: Sandbox;
    let kafka: Kafka;
    let platform: TestStack;
    let team: TestStack;
    let consumers: TestStack;
    let folder: string;
    let traffic: Traffic;
    const name = uniqueName("test");
    const given = new Set<string>();

    before(async () => {
        sandbox = await sharedSandbox();
        kafka = new Kafka({ brokers: [sandbox.bootstrapServers], logLevel: logLevel.NOTHING });
        folder = path.join(sandbox.directory, name);
        const stack = (program: string) =>
            TestStack.ofFolder(sandbox, path.join(repository, "stacks", program), name);
        platform = await stack("platform");
        team = await stack("team");
        consumers = await stack("consumers");
        await platform.set({
            "brokers[0]": sandbox.bootstrapServers,
            gateway: sandbox.gateway ?? "",
            checkpoints: `file://${folder}/checkpoints`,
        });
        await team.set({ platform: `organization/streaming-platform/${name}` });
        await consumers.set({ team: `organization/shop-reports/${name}`, folder });
    });
    after(async () => {
        await traffic?.stop();
        for (const stack of [platform, team, consumers]) {
            await stack?.remove();
        }
    });

    const revenue = async () => (await team.output("revenue")) as JobOutputs;
    const environment = (application: string) =>
        fs.readFileSync(path.join(folder, `${application}.env`), "utf8");

    it("say which stack is missing where one was not brought up", async () => {
        const printed = await team.refused("preview");
        assert.match(
            printed,
            /streaming-platform\/test-\w+ has no output brokers, gateway, .*orders: run `pulumi up` there first\./,
        );
    });

    it("come up one on the other", async () => {
        await platform.up();
        traffic = await Traffic.start(kafka);
        await team.up();
        await consumers.up();
        assert.deepEqual(
            [environment("dashboard"), environment("alerts")],
            [
                `BOOTSTRAP_SERVERS=${sandbox.bootstrapServers}\nGROUP=shop-dashboard-v1\nTOPIC=revenue-v1\n`,
                `BOOTSTRAP_SERVERS=${sandbox.bootstrapServers}\nSHADOW_CONSUMER=alerts\nSHADOW_NAME=refunds\n`,
            ],
        );
    });

    it("leave consumers alone while a candidate is compared", async () => {
        await team.set({ "revenueVersions[0]": "v1", "revenueVersions[1]": "v2" });
        await team.up();
        const { authority, outcome } = await revenue();
        assert.deepEqual([authority, outcome], ["v1", "pass"]);
        await consumers.preview({ expectNoChanges: true });
        // A promotion wants them to have read what the candidate does not have.
        const owed = await identities(sandbox, "revenue-v1");
        await read(kafka, environment("dashboard"), given, () => owed.isSubsetOf(given));
    });

    it("are held to the policies of a pack: a promotion on a fresh pass, an override with a ticket", async () => {
        const settings = (policies: object) => {
            const file = path.join(folder, "policies.json");
            fs.writeFileSync(file, JSON.stringify(policies));
            return { policyPacks, policyPackConfigs: [file] };
        };
        await team.set({ revenueAuthority: "v2" });
        const stale = await team.refused(
            "preview",
            settings({ "fresh-pass": { maxAgeSeconds: 1 } }),
        );
        assert.match(
            stale,
            /fresh-pass.*revenue: authority would move from v1 to v2 on a verdict of [-0-9T:.]+Z, older than 1 s\./s,
        );
        await team.set({
            overrideVersion: "v2",
            overrideReason: "it is urgent",
            overrideApprovedBy: "ada",
        });
        const { topic } = await revenue();
        const refused = await team.refused("up", { policyPacks });
        assert.match(
            refused,
            /override-ticket.*revenue: the override for v2, approved by ada, names no ticket/s,
        );
        assert.doesNotMatch(refused, /fresh-pass/);
        assert.equal((await revenue()).topic, topic);
        await team.set({ overrideVersion: "" });
    });

    it("show consumers the topic and group of the promoted version, with nothing skipped", async () => {
        const follower = environment("alerts");
        await team.up({ policyPacks });
        const owed = await identities(sandbox, "revenue-v1");
        assert.match(await consumers.preview(), /dashboard.*update.*values/s);
        assert.match(environment("dashboard"), /^TOPIC=revenue-v1$/m);
        await consumers.up();
        assert.equal(
            environment("dashboard"),
            `BOOTSTRAP_SERVERS=${sandbox.bootstrapServers}\nGROUP=shop-dashboard-v2\nTOPIC=revenue-v2\n`,
        );
        assert.equal(environment("alerts"), follower);
        await read(kafka, environment("dashboard"), given, () => owed.isSubsetOf(given));
        await consumers.preview({ expectNoChanges: true });
    });
});

/** Orders of all shops, minute by minute of event time. */
class Traffic {
    private constructor(
        private readonly timer: NodeJS.Timeout,
        private readonly producer: ReturnType<Kafka["producer"]>,
        private readonly state: { sending: Promise<unknown> },
    ) {}

    static async start(kafka: Kafka): Promise<Traffic> {
        const producer = kafka.producer();
        await producer.connect();
        const state: { sending: Promise<unknown> } = { sending: Promise.resolve() };
        let minute = Math.floor(Date.now() / 60_000) - 24 * 60;
        const timer = setInterval(() => {
            const at = minute++ * 60_000;
            const orders = Array.from({ length: shops * 3 }, (_, index) => ({
                shop: `shop-${index % shops}`,
                kind: index < 2 * shops ? "sale" : "refund",
                cents: (minute * 7919 + index * 104_729) % 10_000,
                placed: at + index * 900,
            }));
            const messages = orders.map((order, index) => ({
                partition: index % 2,
                value: JSON.stringify(order),
            }));
            state.sending = state.sending.then(() => producer.send({ topic: "orders", messages }));
        }, minuteMilliseconds);
        return new Traffic(timer, producer, state);
    }

    async stop(): Promise<void> {
        clearInterval(this.timer);
        await this.state.sending;
        await this.producer.disconnect();
    }
}

const identityOf = (value: Buffer | null): string => {
    const { shop, window_start } = JSON.parse(String(value)) as Record<string, string>;
    return `${shop} ${window_start}`;
};

/** Reads as an application that was started with this environment, until it has enough, and leaves. */
async function read(
    kafka: Kafka,
    environment: string,
    given: Set<string>,
    isEnough: () => boolean,
): Promise<void> {
    const { TOPIC = "", GROUP = "" } = Object.fromEntries(
        environment
            .trim()
            .split("\n")
            .map((line) => line.split("=")),
    ) as Record<string, string>;
    const consumer = kafka.consumer({ groupId: GROUP });
    await consumer.connect();
    try {
        await consumer.subscribe({ topics: [TOPIC], fromBeginning: true });
        const done = new Promise<void>((resolve, reject) => {
            const late = () => reject(new Error(`${TOPIC} gave ${GROUP} ${given.size}, too few`));
            const timer = setTimeout(late, 60_000);
            void consumer.run({
                eachMessage: ({ message }) => {
                    given.add(identityOf(message.value));
                    if (isEnough()) {
                        clearTimeout(timer);
                        resolve();
                    }
                    return Promise.resolve();
                },
            });
        });
        await done;
    } finally {
        await consumer.disconnect();
    }
}

/** The identities of all that stands on a topic now. */
async function identities(sandbox: Sandbox, topic: string): Promise<Set<string>> {
    const all = new Set<string>();
    await withKafka({ bootstrapServers: [sandbox.bootstrapServers] }, async (kafka) =>
        kafka.read(
            topic,
            await kafka.earliestOffsets(topic),
            await kafka.lastStableOffsets(topic),
            {
                signal: AbortSignal.timeout(60_000),
                onRecords: (records) => records.forEach(({ value }) => all.add(identityOf(value))),
            },
        ),
    );
    return all;
}
