import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { answers, graphOf, type Registered } from "./graph.js";

const referenceType = "pulumi:pulumi:StackReference";
const pointerType = "pulumi-nodejs:dynamic/shadow-flink:Authority";
const platform = {
    brokers: ["broker:9092"],
    gateway: "http://gateway:8083",
    checkpoints: "s3://state",
    namespace: "",
    orders: "orders",
};

/** What the program of the team registers beside a platform with these outputs. */
async function team(outputs: object): Promise<Registered[]> {
    answers[referenceType] = () => ({ outputs, secretOutputNames: [] });
    const answer = answers[pointerType]!;
    answers[pointerType] = (inputs) => {
        const { routing } = answer(inputs) as { routing: object };
        const groups = { dashboard: { group: "one" }, alerts: { group: "two" } };
        return { routing: { ...routing, consumers: groups } };
    };
    try {
        return await graphOf(false, async () => {
            pulumi.runtime.setAllConfig({
                "project:platform": "organization/streaming-platform/dev",
                "project:revenueAuthority": "v1",
                "project:revenueVersions": '["v1", "v2"]',
                "project:refundsAuthority": "v1",
                "project:refundsVersions": '["v1"]',
            });
            const { default: program } = await import("../stacks/team/index.js");
            await program();
            return undefined as unknown as pulumi.ComponentResource;
        });
    } finally {
        delete answers[referenceType];
        answers[pointerType] = answer;
    }
}

describe("the example of a team on a platform", () => {
    it("has a ShadowFlinkJob for each job, with the platform's brokers and gateway", async () => {
        const graph = await team(platform);
        const ofType = (type: string) =>
            graph.filter((resource) => resource.type.endsWith(type)).map(({ name }) => name);
        assert.deepEqual(ofType("index:ShadowFlinkJob"), ["refunds", "revenue"]);
        assert.deepEqual(ofType("dynamic/shadow-flink:SessionJob"), [
            "refunds-v1-job",
            "revenue-v1-job",
            "revenue-v2-job",
        ]);
        const { gateway, script } = graph.find(({ name }) => name === "revenue-v2-job")!.inputs;
        assert.equal(gateway, platform.gateway);
        assert.match(String(script), /'execution.checkpointing.dir' = 's3:\/\/state\/revenue-v2'/);
        assert.deepEqual(ofType(":ConfigMap"), []);
    });

    it("keeps a ConfigMap for each consumer where the platform has a namespace for applications", async () => {
        const graph = await team({ ...platform, namespace: "shop" });
        const all = graph.filter(({ type }) => type.startsWith("kubernetes:"));
        assert.deepEqual(
            all.map(({ name, inputs }) => [
                name,
                (inputs["metadata"] as { namespace: string }).namespace,
            ]),
            [
                ["refunds-routing-alerts", "shop"],
                ["revenue-routing-dashboard", "shop"],
            ],
        );
    });

    it("says what the platform does not export", async () => {
        const { orders, ...rest } = platform;
        assert.equal(orders, "orders");
        await assert.rejects(
            team(rest),
            /organization\/streaming-platform\/dev has no output orders: run `pulumi up` there first\./,
        );
    });
});
