import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { existingJob, ShadowFlinkJob, type ShadowFlinkJobArgs, sqlJob } from "shadow-flink";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { freePort, releasePorts } from "../../sandbox/ports.js";
import type { Sandbox } from "../../sandbox/index.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { TestStack } from "../stack.js";

quietTimers();

/** How long a person may have to wait to hear that nobody answers. */
const soonSeconds = 20;

describe("a preview refuses, with the field and the way out,", function () {
    this.timeout(180_000);
    let sandbox: Sandbox;
    let admin: ReturnType<Kafka["admin"]>;
    /** The component, whose topics no other test has. */
    let name: string;
    let present: string[];

    before(async () => {
        sandbox = await sharedSandbox();
        const brokers = [sandbox.bootstrapServers];
        admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
        await admin.connect();
    });
    beforeEach(async () => {
        name = uniqueName("delays");
        await createReadyTopics(admin, [{ topic: name, numPartitions: 2 }]);
        present = await ownTopics();
    });
    afterEach("nothing was made", async () => {
        assert.deepEqual(await ownTopics(), present);
    });
    after(() => admin.disconnect());

    const ownTopics = async () =>
        (await admin.listTopics()).filter((topic) => topic.startsWith(name)).sort();

    /** What the existing job is known to have. */
    const existing = () =>
        existingJob({ topic: name, group: name, transactionalIdPrefix: `${name}.` });

    /** A job that takes the names that it is handed, or others. */
    const candidate = (hardCoded: Partial<ScriptNames> = {}, options = {}) =>
        sqlJob(({ topic, group, transactionalIdPrefix }) => {
            const names = { topic, group, transactionalIdPrefix, ...hardCoded };
            return { gateway: sandbox.gateway ?? "", script: scriptOf(names) };
        }, options);

    /** What the preview of a component printed that must not be. */
    async function refusal(args: Partial<ShadowFlinkJobArgs>): Promise<string> {
        // As a program is that is run by Pulumi, whose components nobody holds.
        const program = () => {
            void new ShadowFlinkJob(name, {
                authority: "v1",
                kafka: { bootstrapServers: [sandbox.bootstrapServers] },
                versions: { v1: existing() },
                compare: { identity: ["origin"], windowSeconds: 3600 },
                ...args,
            });
            return Promise.resolve();
        };
        const stack = await TestStack.ofProgram(sandbox, program);
        try {
            return await stack.refused("preview");
        } finally {
            await stack.remove();
        }
    }

    /** The lines of the one error about arguments, each a field with what is wrong. */
    async function problems(args: Partial<ShadowFlinkJobArgs>): Promise<string[]> {
        const printed = await refusal(args);
        const [, ...errors] = printed.split(/error: ShadowFlinkJob ".*" cannot be built: .*\n/);
        // It is printed as it happens and again at the end, each time whole.
        const lists = errors
            .map((text) => text.split("\n").filter((line) => /^\s+- /.test(line)))
            .filter((lines) => lines.length > 0)
            .map((lines) => lines.map((line) => line.trim().slice("- ".length)));
        const [first, ...others] = lists;
        assert.ok(first, printed);
        others.forEach((list) => assert.deepEqual(list, first));
        return first;
    }

    it("an authority that is no version", async () => {
        assert.deepEqual(await problems({ authority: "v9" }), [
            'authority: "v9" is not in `versions` (v1). The version that consumers read cannot be removed: move ' +
                "authority to another one first.",
        ]);
    });

    it("the removal of the version that holds authority", async () => {
        assert.deepEqual(await problems({ versions: { v2: candidate() } }), [
            'authority: "v1" is not in `versions` (v2). The version that consumers read cannot be removed: move ' +
                "authority to another one first.",
        ]);
    });

    it("a candidate that is given the names of the existing job", async () => {
        const options = { topic: name, group: name, transactionalIdPrefix: `${name}.` };
        const found = await problems({
            versions: { v1: existing(), v2: candidate({}, options) },
        });
        assert.deepEqual(found, [
            `versions.v2.topic: "${name}" is the topic of version v1 too (Kafka takes "." and "_" as the same): ` +
                "every version needs its own.",
            `versions.v2.group: "${name}" is the consumer group of version v1 too. Give this version its own.`,
            `versions.v2.transactionalIdPrefix: "${name}." and "${name}." of version v1 overlap: each job would ` +
                "abort the other's transactions. Take prefixes of which neither begins with the other.",
        ]);
    });

    it("a candidate whose script has the names of the existing job in it", async () => {
        const found = await problems({
            versions: {
                v1: existing(),
                v2: candidate({ topic: name, group: name, transactionalIdPrefix: `${name}.` }),
            },
        });
        assert.ok(found.every((line) => line.startsWith("versions.v2.script: ")));
        const script = found.join("\n");
        assert.match(script, /is the topic of version v1, .* Take the topic that the callback/);
        assert.match(
            script,
            /the consumer group of version v1, .* Take the group that the callback/,
        );
        assert.match(
            script,
            /overlaps with .* of version v1: .* Take the prefix that the callback/,
        );
    });

    it("all that is wrong at once, in one error", async () => {
        const found = await problems({
            authority: "v9",
            versions: { v1: existing(), v2: candidate({}, { group: name }) },
            compare: { identity: [], windowSeconds: -1 },
            consumers: { one: { group: "same" }, two: { group: "same" } },
            override: { version: "v2", reason: "", approvedBy: "somebody" },
        });
        const fields = found.map((line) => line.slice(0, line.indexOf(": ")));
        assert.deepEqual(
            new Set(fields),
            new Set([
                "authority",
                "versions.v2.group",
                "compare.identity",
                "compare.windowSeconds",
                "consumers.two.group",
                "override.reason",
            ]),
        );
    });

    it("authority for a candidate before there was anything to compare", async () => {
        const printed = await refusal({
            authority: "v2",
            versions: { v1: existing(), v2: candidate() },
        });
        assert.match(
            printed,
            /v2 has never been compared with v1, whose output consumers read today\./,
        );
        assert.match(
            printed,
            /Set authority to v1, run `pulumi up` until the verdict on v2 passes/,
        );
    });

    it("brokers that do not answer, soon", async () => {
        const printed = await withNobody((nobody) =>
            refusal({
                kafka: { bootstrapServers: [nobody] },
                versions: { v1: candidate() },
            }),
        );
        assert.match(printed, /property bootstrapServers .* None of 127\.0\.0\.1:\d+ answers/);
        assert.match(printed, /check the addresses in kafka\.bootstrapServers, and whether this/);
    });

    it("brokers that do not answer beside an existing job, just so", async () => {
        const printed = await withNobody((nobody) =>
            refusal({ kafka: { bootstrapServers: [nobody] } }),
        );
        assert.match(printed, /property bootstrapServers .* None of 127\.0\.0\.1:\d+ answers/);
        assert.match(printed, /check the addresses in kafka\.bootstrapServers, and whether this/);
    });

    it("a topic of the existing job that is not there", async () => {
        const topic = `${name}-nowhere`;
        const printed = await refusal({ versions: { v1: existingJob({ topic }) } });
        assert.match(
            printed,
            new RegExp(`versions\\.v1\\.topic: there is no topic "${topic}" on this cluster`),
        );
    });
});

/** Does something with an address where nobody listens, which must not take long. */
async function withNobody<T>(work: (address: string) => Promise<T>): Promise<T> {
    const port = await freePort();
    const began = Date.now();
    try {
        const result = await work(`127.0.0.1:${port}`);
        const seconds = (Date.now() - began) / 1000;
        assert.ok(seconds < soonSeconds, `it took ${seconds} s`);
        return result;
    } finally {
        releasePorts([port]);
    }
}

interface ScriptNames {
    readonly topic: string;
    readonly group: string;
    readonly transactionalIdPrefix: string;
}

function scriptOf({ topic, group, transactionalIdPrefix }: ScriptNames): string {
    return (
        "CREATE TABLE flights (origin STRING) WITH ('connector' = 'kafka', 'topic' = 'flights', " +
        `'properties.group.id' = '${group}', 'format' = 'json');\n` +
        `CREATE TABLE delays (origin STRING) WITH ('connector' = 'kafka', 'topic' = '${topic}', 'format' = 'json', ` +
        `'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}');\n` +
        "INSERT INTO delays SELECT origin FROM flights"
    );
}
