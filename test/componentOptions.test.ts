import assert from "node:assert/strict";
import * as kafka from "@pulumi/kafka";
import * as pulumi from "@pulumi/pulumi";
import { existingJob, ShadowFlinkJob, sqlJob } from "../components/index.js";
import { answers, graphOf, type Registered } from "./graph.js";
import { noteOptions, type ToldOptions } from "./resourceOptions.js";

/** A component with every kind of child there is outside Kubernetes. */
const candidate = sqlJob(
    ({ topic, group, transactionalIdPrefix, start }) => ({
        gateway: "http://gateway:8083",
        script: pulumi.interpolate`
CREATE TABLE i (a INT) WITH ('connector' = 'kafka', 'topic' = 'flights', 'properties.group.id' = '${group}', ${start!.tableOptions("flights")});
CREATE TABLE o (a INT) WITH ('connector' = 'kafka', 'topic' = '${topic}',
    'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}');
INSERT INTO o SELECT a FROM i`,
    }),
    {
        principal: "User:v2",
        sources: ["flights"],
        start: "incumbent",
        quota: { readBytesPerSecond: 1_000 },
    },
);

const kafkaChildren = [
    "delays-routing",
    "delays-v1-topic",
    "delays-v2-acl-group",
    "delays-v2-acl-read-flights",
    "delays-v2-acl-transactions",
    "delays-v2-acl-write",
    "delays-v2-quota",
    "delays-v2-topic",
];
const dynamicChildren = [
    "delays-authority",
    "delays-cluster",
    "delays-v2-comparison",
    "delays-v2-job",
    "delays-v2-start",
];

const build = (opts?: () => pulumi.ComponentResourceOptions) => {
    let told: Record<string, ToldOptions> = {};
    return graphOf(false, () => {
        told = noteOptions();
        return new ShadowFlinkJob(
            "delays",
            {
                authority: "v1",
                kafka: { bootstrapServers: ["broker:9092"] },
                versions: { v1: existingJob({ topic: "delays", group: "job" }), v2: candidate },
                compare: { identity: ["id"], windowSeconds: 60 },
                consumers: { dashboard: { group: "dashboard" } },
            },
            opts?.(),
        );
    }).then((graph) => ({ graph, told }));
};

const startType = "pulumi-nodejs:dynamic/shadow-flink:Start";

const own = () => new kafka.Provider("own", { bootstrapServers: ["broker:9092"] });
const children = (graph: readonly Registered[]) =>
    graph.map(({ name }) => name).filter((name) => name.startsWith("delays-"));

describe("the options of a component", () => {
    before(() => {
        answers[startType] = () => ({ offsets: { flights: { 0: "7" } } });
    });
    after(() => {
        delete answers[startType];
    });

    it("leave its children below it, with a provider for the brokers that it was given", async () => {
        const { graph, told } = await build();
        assert.deepEqual(
            children(graph),
            [...kafkaChildren, ...dynamicChildren, "delays-kafka"].sort(),
        );
        for (const name of children(graph).filter((child) => child !== "delays-v1-topic")) {
            assert.equal(told[name]?.parent, "delays", name);
            assert.equal(told[name]?.retainOnDelete, /-(topic|routing)$/.test(name), name);
            const isKept = name === "delays-authority" || name === "delays-routing";
            assert.equal(told[name]?.protect ?? false, isKept, name);
        }
        for (const name of kafkaChildren.filter((child) => child !== "delays-v1-topic")) {
            assert.equal(told[name]?.provider, "delays-kafka", name);
        }
    });

    const given: Record<string, () => pulumi.ComponentResourceOptions> = {
        "`providers` as a map": () => ({ providers: { kafka: own() } }),
        "`providers` as a list": () => ({ providers: [own()] }),
        "`provider`": () => ({ provider: own() }),
        "the providers of its parent": () => ({
            parent: new pulumi.ComponentResource(
                "team:index:Jobs",
                "jobs",
                {},
                {
                    providers: [own()],
                },
            ),
        }),
    };
    for (const [what, opts] of Object.entries(given)) {
        it(`take the Kafka provider from ${what}, and make none beside it`, async () => {
            const { graph, told } = await build(opts);
            assert.ok(!children(graph).includes("delays-kafka"));
            for (const name of kafkaChildren.filter((child) => child !== "delays-v1-topic")) {
                assert.equal(told[name]?.provider, "own", name);
            }
            for (const name of dynamicChildren) {
                assert.notEqual(told[name]?.provider, "own", name);
            }
        });
    }

    it("protect every child where the component is", async () => {
        const { graph, told } = await build(() => ({ protect: true }));
        for (const name of children(graph).filter((child) => child !== "delays-v1-topic")) {
            assert.equal(told[name]?.protect, true, name);
        }
    });

    it("keep every child waiting for what the component depends on", async () => {
        const { told } = await build(() => ({
            dependsOn: [own()],
        }));
        assert.deepEqual(told["delays"]?.dependsOn, ["own"]);
        // A child is registered when the URN of its parent is known, which comes behind that.
        const order = Object.keys(told).filter((name) => name !== "delays-v1-topic");
        assert.deepEqual(order.slice(0, 2), ["own", "delays"]);
    });

    it("let transformations see every child, and change it", async () => {
        const seen = new Set<string>();
        const { graph } = await build(() => ({
            transformations: [
                ({ name, type, props, opts }) => {
                    seen.add(name);
                    return type === "kafka:index/topic:Topic" && name === "delays-v2-topic"
                        ? { props: { ...props, partitions: 12 }, opts }
                        : undefined;
                },
            ],
        }));
        assert.deepEqual(
            [...seen].sort(),
            ["delays", ...kafkaChildren, ...dynamicChildren, "delays-kafka"].sort(),
        );
        const topic = graph.find(({ name }) => name === "delays-v2-topic");
        assert.equal(topic?.inputs["partitions"], 12);
    });
});
