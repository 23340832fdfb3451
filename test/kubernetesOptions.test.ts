import assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { existingJob, flinkDeployment, ShadowFlinkJob } from "../components/index.js";
import { graphOf, type Registered } from "./graph.js";
import { noteOptions, type ToldOptions } from "./resourceOptions.js";

const candidate = flinkDeployment(
    ({ topic, group, transactionalIdPrefix }) => ({
        flinkVersion: "v2_1",
        job: { args: [topic, group, transactionalIdPrefix] },
    }),
    { serviceAccount: true, startTimeoutSeconds: 90 },
);

const build = (opts?: () => pulumi.ComponentResourceOptions, authority: "v1" | "v2" = "v1") => {
    let told: Record<string, ToldOptions> = {};
    return graphOf(false, () => {
        told = noteOptions();
        return new ShadowFlinkJob(
            "delays",
            {
                authority,
                kafka: { bootstrapServers: ["broker:9092"] },
                versions: { v1: existingJob({ topic: "delays" }), v2: candidate },
                compare: { identity: ["id"], windowSeconds: 60 },
                consumers: {
                    dashboard: {
                        group: "dashboard",
                        configMap: { namespace: "apps", rolls: { deployment: "dashboard" } },
                    },
                },
            },
            opts?.(),
        );
    }).then((graph) => ({ graph, told }));
};

const ours = ["delays-v2-job", "delays-v2-job-account", "delays-routing-dashboard"];

const at = (told: Record<string, ToldOptions>, name: string) => {
    const found = told[name];
    assert.ok(found, `${name} was not registered`);
    return found;
};

describe("resource options on Kubernetes", () => {
    it("are exact for every child", async () => {
        const { told } = await build();
        const seen = (name: string) => {
            const { parent, protect, retainOnDelete, dependsOn, createTimeout } = at(told, name);
            return { parent, protect: protect ?? false, retainOnDelete, dependsOn, createTimeout };
        };
        const account = ["delays-v2-job-account", "delays-v2-job-binding", "delays-v2-job-role"];
        const plain = { parent: "delays", protect: false, retainOnDelete: false };
        assert.deepEqual(seen("delays-v2-job"), {
            ...plain,
            dependsOn: [...account, "delays-v2-topic"],
            createTimeout: "90s",
        });
        assert.deepEqual(seen("delays-v2-job-account"), {
            ...plain,
            dependsOn: ["delays-v2-topic"],
            createTimeout: undefined,
        });
        assert.deepEqual(seen("delays-routing-dashboard"), {
            ...plain,
            retainOnDelete: true,
            dependsOn: ["delays-authority"],
            createTimeout: undefined,
        });
        assert.deepEqual(seen("delays-routing-dashboard-roll"), {
            ...plain,
            retainOnDelete: true,
            dependsOn: ["delays-authority", "delays-routing-dashboard"],
            createTimeout: undefined,
        });
    });

    it("protect the job of the version that is asked for, with its account", async () => {
        const { told } = await build(undefined, "v2");
        for (const name of ["delays-v2-job", "delays-v2-job-account", "delays-v2-job-role"]) {
            assert.equal(at(told, name).protect, true, name);
        }
        assert.notEqual(at(told, "delays-routing-dashboard").protect, true);
    });

    it("take the Kubernetes provider that the component was given", async () => {
        const { told } = await build(() => ({
            providers: { kubernetes: new kubernetes.Provider("cluster", { context: "prod" }) },
        }));
        for (const name of ours) {
            assert.equal(at(told, name).provider, "cluster", name);
        }
        assert.notEqual(at(told, "delays-v2-topic").provider, "cluster");
    });

    it("take it from a parent, too, and stand below it", async () => {
        const { told } = await build(() => ({
            parent: new pulumi.ComponentResource(
                "team:index:Jobs",
                "jobs",
                {},
                {
                    providers: [new kubernetes.Provider("cluster", { context: "prod" })],
                },
            ),
        }));
        assert.equal(at(told, "delays").parent, "jobs");
        for (const name of ours) {
            assert.equal(at(told, name).provider, "cluster", name);
            assert.equal(at(told, name).parent, "delays", name);
        }
    });

    it("protect every child, and know it by its old parent, where the component is", async () => {
        const { told } = await build(() => ({ protect: true, aliases: [{ name: "old" }] }));
        for (const name of [...ours, "delays-v2-topic", "delays-routing-dashboard-roll"]) {
            assert.equal(at(told, name).protect, true, name);
            // Of whom the engine knows the old name: it looks for children below both.
            assert.equal(at(told, name).parent, "delays", name);
        }
        assert.match(at(told, "delays").aliases.join(), /"name":"old"/);
    });

    it("let the whole component wait for what it depends on", async () => {
        const { told } = await build(() => ({
            dependsOn: [new kubernetes.core.v1.Namespace("apps")],
        }));
        assert.deepEqual(at(told, "delays").dependsOn, ["apps"]);
    });

    it("let transformations and transforms of the component see every child", async () => {
        const seen: string[] = [];
        const { graph, told } = await build(() => ({
            // The engine hands these what is below the component.
            transforms: [({ props, opts }) => ({ props, opts })],
            transformations: [
                ({ name, props, opts }) => {
                    seen.push(name);
                    const { metadata } = props as { metadata?: object };
                    return name === "delays-v2-job"
                        ? {
                              props: { ...props, metadata: { ...metadata, namespace: "else" } },
                              opts,
                          }
                        : undefined;
                },
            ],
        }));
        for (const name of ours) {
            assert.ok(seen.includes(name), name);
        }
        const { metadata } = inputsOf(graph, "delays-v2-job") as {
            metadata: { namespace: string };
        };
        assert.equal(metadata.namespace, "else");
        assert.equal(at(told, "delays").transforms, 1);
    });
});

describe("the ConfigMap of a consumer", () => {
    it("says what the routing record says, for envFrom", async () => {
        const { graph } = await build();
        assert.deepEqual(inputsOf(graph, "delays-routing-dashboard"), {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: {
                name: "delays-routing-dashboard",
                namespace: "apps",
                labels: {
                    "app.kubernetes.io/part-of": "delays",
                    "app.kubernetes.io/managed-by": "pulumi",
                    "shadow-flink/routing": "dashboard",
                },
                annotations: { "pulumi.com/patchFieldManager": "shadow-flink" },
            },
            data: {
                TOPIC: "topic-of-v1",
                GROUP: "dashboard",
                VERSION: "v1",
                EPOCH: "7",
                BOOTSTRAP_SERVERS: "broker:9092",
            },
        });
        assert.deepEqual(inputsOf(graph, "delays-routing-dashboard-roll"), {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: {
                name: "dashboard",
                namespace: "apps",
                annotations: { "pulumi.com/patchFieldManager": "shadow-flink" },
            },
            spec: {
                template: {
                    metadata: {
                        annotations: { "shadow-flink/routing": "topic-of-v1 as dashboard" },
                    },
                },
            },
        });
    });
});

function inputsOf(graph: Registered[], name: string): Record<string, unknown> {
    const found = graph.find((resource) => resource.name === name);
    assert.ok(found, `${name} is not in the graph`);
    return found.inputs;
}
