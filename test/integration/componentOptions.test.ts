import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from "kafkajs";
import { existingJob, ShadowFlinkJob } from "shadow-flink";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { quietTimers } from "../../components/provider/kafka/quietTimers.js";
import { createReadyTopics } from "../../sandbox/createReadyTopics.js";
import { sharedSandbox, uniqueName } from "../sandboxFixture.js";
import { inOrder } from "../skip.js";
import { TestStack } from "../stack.js";

quietTimers();

describe("options of a component, with the real engine and Kafka", function () {
    this.timeout(120_000);
    inOrder();
    const name = uniqueName("delays");
    let admin: Admin;
    let stack: TestStack;
    let options: () => pulumi.ComponentResourceOptions = () => ({});

    before(async () => {
        const sandbox = await sharedSandbox();
        const brokers = [sandbox.bootstrapServers];
        admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
        await admin.connect();
        await createReadyTopics(admin, [{ topic: name, numPartitions: 2 }]);
        stack = await TestStack.ofProgram(sandbox, () => {
            void new ShadowFlinkJob(
                name,
                {
                    authority: "v1",
                    kafka: { bootstrapServers: brokers },
                    versions: { v1: existingJob({ topic: name }) },
                    compare: { identity: ["id"], windowSeconds: 60 },
                    consumers: { dashboard: { group: `${name}-dashboard` } },
                },
                options(),
            );
            return Promise.resolve();
        });
        await stack.up();
    });
    after(async () => {
        await admin.disconnect();
        await stack?.remove();
    });

    const children = async () =>
        (await stack.resources()).filter(
            ({ urn, type }) => urn.includes(`$`) && !type.startsWith("pulumi:providers:"),
        );
    const parent = (type: string) => new pulumi.ComponentResource(type, "jobs");
    const made = /^ *[+-]+ +(?!team:)\S+:/m;

    it("take it and all of its children below another parent, by an alias", async () => {
        const before = await children();
        const moved = { aliases: [{ parent: pulumi.rootStackResource }] };
        options = () => ({ ...moved, parent: parent("team:index:Jobs") });
        const printed = await stack.up();
        assert.match(printed, /^ *\+ +team:index:Jobs/m);
        assert.doesNotMatch(printed, made);
        const after = await children();
        assert.deepEqual(
            after.map(({ id, type }) => [type, id]).sort(),
            [
                ...before.map(({ id, type }) => [type, id]),
                ["shadow-flink:index:ShadowFlinkJob", undefined],
            ].sort(),
        );
        const pointer = await stack.resource(`${name}-authority`);
        assert.match(pointer.urn, /team:index:Jobs\$shadow-flink:index:ShadowFlinkJob\$/);
        assert.equal((pointer.outputs["routing"] as RoutingRecord).epoch, 1);
        await stack.up({ expectNoChanges: true });
    });

    it("hand every child to transforms, and make what they say", async () => {
        const seen = new Set<string>();
        const earlier = options;
        options = () => ({
            ...earlier(),
            transforms: [
                ({ name: child, props, opts }) => {
                    seen.add(child);
                    const { config } = props as { config?: object };
                    return child === `${name}-routing`
                        ? {
                              props: { ...props, config: { ...config, "segment.ms": "3600000" } },
                              opts,
                          }
                        : undefined;
                },
            ],
        });
        await stack.up();
        const suffixes = ["authority", "cluster", "kafka", "routing"];
        assert.deepEqual(
            [...seen].filter((child) => child !== name).sort(),
            suffixes.map((suffix) => `${name}-${suffix}`),
        );
        const { resources } = await admin.describeConfigs({
            includeSynonyms: false,
            resources: [
                {
                    type: ConfigResourceTypes.TOPIC,
                    name: `${name}-routing`,
                    configNames: ["segment.ms", "cleanup.policy"],
                },
            ],
        });
        assert.deepEqual(
            resources[0]?.configEntries
                .map((entry) => [entry.configName, entry.configValue])
                .sort(),
            [
                ["cleanup.policy", "compact"],
                ["segment.ms", "3600000"],
            ],
        );
    });

    it("protect every child with the component", async () => {
        const earlier = options;
        options = () => ({ ...earlier(), protect: true });
        await stack.up();
        const bare = (await children()).filter(
            ({ protect, urn }) => !protect && !urn.endsWith("v1-topic"),
        );
        assert.deepEqual(
            bare.map(({ urn }) => urn),
            [],
        );
    });
});
