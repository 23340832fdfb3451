import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import {
    AclOperationTypes,
    AclPermissionTypes,
    AclResourceTypes,
    Kafka,
    logLevel,
    ResourcePatternTypes,
    type AclEntry,
    type Admin,
    type Producer,
} from "kafkajs";
import { authority, cluster, comparison, start } from "../../components/provider/index.js";
import type { Verdict } from "../../components/provider/comparison/verdict.js";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { withKafka } from "../../components/provider/connection.js";
import type { Json } from "../../components/provider/verbs.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { startSandbox, type Sandbox } from "../../sandbox/index.js";
import { repository } from "../../sandbox/paths.js";
import { delays, settingsOf } from "../comparison/world.js";
import { allOf } from "./forbidden.js";

const passwords = { admin: "admin-password", shadow: "shadow-password" };
const principal = "User:shadow";
const settings = settingsOf({ waitSeconds: 0, recheckAfterSeconds: 0 });

type Need = readonly [keyof typeof AclResourceTypes, string, keyof typeof AclOperationTypes];

/** For the names that docs/permissions.md takes as its example, in its order. */
const needs: readonly Need[] = [
    ["TOPIC", "delays", "READ"],
    ["TOPIC", "delays", "DESCRIBE_CONFIGS"],
    ["TOPIC", "delays-v2", "READ"],
    ["TOPIC", "delays-v2", "DESCRIBE_CONFIGS"],
    ["TOPIC", "delays-routing", "READ"],
    ["TOPIC", "delays-routing", "WRITE"],
    ["TOPIC", "delays-routing", "DESCRIBE_CONFIGS"],
    ["GROUP", "dashboard", "READ"],
    ["GROUP", "dashboard-v2", "READ"],
    ["TRANSACTIONAL_ID", "shadow-route-delays", "WRITE"],
];

describe("the provider half with no more permissions than are documented", function () {
    this.timeout(300_000);
    let sandbox: Sandbox;
    let root: Admin;
    let producer: Producer;
    let common: Json;

    before(async () => {
        sandbox = await startSandbox({
            name: `own-permissions-${process.pid}`,
            flink: false,
            temporary: true,
            users: { passwords, superUsers: ["admin"] },
        });
        const kafka = new Kafka({
            brokers: [sandbox.bootstrapServers],
            logLevel: logLevel.NOTHING,
        });
        root = kafka.admin();
        producer = kafka.producer();
        await Promise.all([root.connect(), producer.connect()]);
        const compact = [{ name: "cleanup.policy", value: "compact" }];
        await createReadyTopics(root, [
            { topic: "delays", numPartitions: 2 },
            { topic: "delays-v2", numPartitions: 3 },
            { topic: "delays-routing", numPartitions: 1, configEntries: compact },
            { topic: "payments", numPartitions: 1 },
        ]);
        await root.createAcls({ acl: needs.map((need) => aclOf(need)) });
        const file = (name: string, text: string) => {
            const at = path.join(sandbox.directory, name);
            fs.writeFileSync(at, text, { mode: 0o600 });
            return { file: at };
        };
        common = {
            __provider: "the shim",
            name: "delays",
            versions: {
                v1: { topic: "delays", managed: false },
                v2: { topic: "delays-v2", managed: true },
            },
            bootstrapServers: [sandbox.secured!.sasl],
            security: {
                tls: { caFile: sandbox.secured!.certificates.ca },
                sasl: {
                    mechanism: "plain",
                    usernameFrom: file("user", "shadow"),
                    passwordFrom: file("password", passwords.shadow),
                },
            },
            routingTopic: "delays-routing",
            settings,
            candidateDigest: "digest",
        };
    });
    after(async () => {
        await Promise.allSettled([root?.disconnect(), producer?.disconnect()]);
        await sandbox?.stop();
    });

    const write = (topic: string, partitions: number, records: readonly object[]) =>
        producer.send({
            topic,
            messages: records.map((record, index) => ({
                value: JSON.stringify(record),
                partition: index % partitions,
            })),
        });
    const comparisonInputs = (change: Json = {}): Json => ({
        ...common,
        version: "v2",
        authority: "v1",
        jobs: { v1: null, v2: null },
        onFail: "report",
        ...change,
    });
    const authorityInputs = (change: Json = {}): Json => ({
        ...common,
        authority: "v1",
        candidateDigest: "",
        owner: "organization/project/stack",
        consumers: { dashboard: { v1: "dashboard", v2: "dashboard-v2" } },
        transactionalId: "shadow-route-delays",
        jobStatus: null,
        verdict: null,
        range: null,
        override: null,
        orders: {},
        maxRepeats: {},
        alignment: { lookBackRecords: 1_000_000, disorderMilliseconds: null },
        retire: [],
        ...change,
    });

    let state: Json;
    let compared: Json;

    it("is given what the documentation lists, and nothing else", () => {
        const text = fs.readFileSync(path.join(repository, "docs", "permissions.md"), "utf8");
        const section = text.slice(text.indexOf("## What the component itself needs"));
        const rows = [
            ...section.matchAll(
                /^\| (Topic|Group|Transactional id) \| `([^`]+)` \| ([\w, ]+) \|/gm,
            ),
        ];
        const listed = rows.flatMap(([, resource, name, operations]) =>
            operations!
                .split(", ")
                .map((operation) =>
                    [
                        resource!.toUpperCase().replace(" ", "_"),
                        name,
                        operation.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase(),
                    ].join(" "),
                ),
        );
        assert.deepEqual(
            listed,
            needs.map((need) => need.join(" ")),
        );
    });

    it("looks whether all is there", async () => {
        const { failures } = await cluster.check(
            {},
            { ...common, existing: { v1: "delays" }, protected: [] },
        );
        assert.deepEqual(failures, []);
    });

    it("writes the first routing record", async () => {
        await root.setOffsets({
            groupId: "dashboard",
            topic: "delays",
            partitions: [0, 1].map((partition) => ({ partition, offset: "0" })),
        });
        const inputs = authorityInputs();
        assert.deepEqual((await authority.check({}, inputs)).failures, []);
        state = (await authority.create(inputs)).outs;
        assert.equal((state["routing"] as RoutingRecord).epoch, 1);
    });

    it("compares, and comes to a pass", async () => {
        const inputs = comparisonInputs();
        compared = (await comparison.create(inputs)).outs;
        await write("delays", 2, delays());
        await write("delays-v2", 3, delays());
        await root.setOffsets({
            groupId: "dashboard",
            topic: "delays",
            partitions: [0, 1].map((partition) => ({ partition, offset: "12" })),
        });
        assert.equal((await comparison.diff("delays-v2", compared, inputs)).changes, true);
        compared = (await comparison.update("delays-v2", compared, inputs)).outs;
        const verdict = compared["verdict"] as Verdict;
        assert.equal(verdict.outcome, "pass", JSON.stringify(verdict));
    });

    it("says what a promotion would do, promotes, and goes back", async () => {
        const promotion = authorityInputs({
            authority: "v2",
            candidateDigest: "digest",
            jobStatus: "RUNNING",
            verdict: compared["verdict"] as Json,
            range: compared["range"] as Json,
        });
        assert.deepEqual((await authority.check(state, promotion)).failures, []);
        assert.equal((await authority.diff("delays", state, promotion)).changes, true);
        state = (await authority.update("delays", state, promotion)).outs;
        assert.equal((state["routing"] as RoutingRecord).topic, "delays-v2");
        const moved = await root.fetchOffsets({ groupId: "dashboard-v2", topics: ["delays-v2"] });
        assert.ok(moved[0]!.partitions.every(({ offset }) => offset !== "-1"));

        const back = authorityInputs();
        assert.deepEqual((await authority.check(state, back)).failures, []);
        state = (await authority.update("delays", state, back)).outs;
        assert.equal((state["routing"] as RoutingRecord).topic, "delays");
    });

    it("looks for open transactions, without a permission for that", async () => {
        const address = { bootstrapServers: [String(common["bootstrapServers"])], ...common };
        await withKafka(address as never, async (kafka) => {
            const topic = await kafka.describeTopic("delays-v2");
            assert.deepEqual(await kafka.openTransactions(topic!), []);
        });
    });

    it("sees nothing else", async () => {
        await withKafka(common as never, async (kafka) => {
            assert.equal(await kafka.describeTopic("payments"), undefined);
            await assert.rejects(
                kafka.commitOffsets("somebody", "delays", new Map([[0, 0n]])),
                (e) => /AUTHORIZATION_FAILED/.test(allOf(e)),
            );
        });
    });

    it("measures what a new version will take", async () => {
        const lines: string[] = [];
        const print = console.log;
        console.log = (line: string) => lines.push(line);
        try {
            const shadow = { sources: ["delays"], rest: null, slots: null, retentionMs: null };
            const inputs = {
                ...common,
                existing: { v1: "delays" },
                protected: [],
                authority: "v1",
                shadows: { v2: shadow },
            };
            assert.deepEqual((await cluster.check({}, inputs)).failures, []);
        } finally {
            console.log = print;
        }
        assert.match(lines[0]!, /delays: v2 will take: reads about 0\.\d+ B\/s more from Kafka/);
        // 24 records of an hour ago or less, some hundred bytes each.
        assert.match(lines[1]!, /v2 will take: writes about [4-9]\d kB a day to its topic/);
    });

    it("finds where the incumbent stands, for a candidate that begins there", async () => {
        const own: Need[] = [["GROUP", "delays-job", "DESCRIBE"]];
        await root.setOffsets({
            groupId: "delays-job",
            topic: "delays",
            partitions: [{ partition: 1, offset: "7" }],
        });
        const inputs = { ...common, version: "v2", group: "delays-job", sources: ["delays"] };
        await assert.rejects(start.create(inputs), /group delays-job/);
        await root.createAcls({ acl: own.map(aclOf) });
        const { outs } = await start.create(inputs);
        assert.deepEqual(outs["offsets"], { delays: { 0: "0", 1: "7" } });
    });

    it("needs every one of them", async () => {
        for (const need of needs) {
            const acl = aclOf(need);
            await root.deleteAcls({ filters: [acl] });
            try {
                const outcome = await wholeStory().then(
                    () => "all went well",
                    (error: unknown) => allOf(error),
                );
                assert.notEqual(outcome, "all went well", `${need.join(" ")} is not needed`);
                // What cannot be seen is not told from what is not there.
                const hidden = need[0] === "TOPIC" && /there is no topic|no topic/.test(outcome);
                assert.ok(
                    hidden || outcome.includes(wordsOf(need)),
                    `${need.join(" ")}: ${outcome}`,
                );
            } finally {
                await root.createAcls({ acl: [acl] });
            }
        }
        await wholeStory();
    });

    /** A new look, there and back; from whatever is there. */
    async function wholeStory(): Promise<void> {
        const { failures } = await cluster.check(
            {},
            { ...common, existing: { v1: "delays", v2: "delays-v2" }, protected: [] },
        );
        assert.deepEqual(failures, []);
        await withKafka(common as never, async (kafka) => {
            const writer = await kafka.fence("shadow-route-delays");
            await writer.close();
        });
        const looked = await comparison.create(comparisonInputs({ authority: "v1" }));
        assert.ok(looked.outs);
        for (const version of ["v2", "v1"]) {
            const inputs = authorityInputs({
                authority: version,
                candidateDigest: version === "v2" ? "digest" : "",
                override: { reason: "a test", approvedBy: "nobody" },
                range: compared["range"] as Json,
                jobStatus: version === "v2" ? "RUNNING" : null,
            });
            const checked = await authority.check(state, inputs);
            assert.deepEqual(checked.failures, []);
            state = (await authority.update("delays", state, inputs)).outs;
        }
    }
});

/** How an error says that it is missing. */
function wordsOf([resource, name, operation]: Need): string {
    if (resource === "TOPIC" && operation === "WRITE") {
        return "and on the topic that it writes";
    }
    const what = resource === "TRANSACTIONAL_ID" ? "transactional id" : resource.toLowerCase();
    const operations = {
        READ: "Read",
        WRITE: "Write",
        DESCRIBE_CONFIGS: "Read and DescribeConfigs",
    };
    return `${operations[operation as keyof typeof operations]} on ${what} ${name}`;
}

function aclOf([resource, resourceName, operation]: Need): AclEntry {
    return {
        principal,
        host: "*",
        permissionType: AclPermissionTypes.ALLOW,
        resourceType: AclResourceTypes[resource],
        resourceName,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        operation: AclOperationTypes[operation],
    };
}
