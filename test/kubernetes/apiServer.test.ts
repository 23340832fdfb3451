import assert from "node:assert/strict";
import {
    AuthorizationV1Api,
    CoreV1Api,
    CustomObjectsApi,
    PatchStrategy,
    setHeaderOptions,
} from "@kubernetes/client-node";
import {
    existingJob,
    flinkDeployment,
    flinkSessionJob,
    routingGuard,
    ShadowFlinkJob,
    type CompareArgs,
} from "../../components/index.js";
import * as pulumi from "@pulumi/pulumi";
import { apiServerPrograms, operatorCrds } from "../../sandbox/kubernetes/parts.js";
import { functions } from "../functions.js";
import { answers, graphOf, type Registered } from "../graph.js";
import { skipReasons } from "../skip.js";
import { Cluster, refusal, type Manifest } from "./cluster.js";

const authorityType = "pulumi-nodejs:dynamic/shadow-flink:Authority";

/** What the component would create, with `authority` at `epoch`, in the order in which it depends on each other. */
async function manifests(
    authority: "v1" | "v2" | "v3",
    epoch: number,
    image = "registry/delays:2",
    versions: readonly string[] = ["v1", "v2", "v3"],
): Promise<Map<string, Manifest>> {
    const answer = answers[authorityType]!;
    answers[authorityType] = () => ({
        routing: {
            epoch,
            authority,
            topic: authority === "v1" ? "delays" : `delays-${authority}`,
            history: [{ version: authority }],
            consumers: {
                dashboard: { group: authority === "v1" ? "dashboard" : `dashboard-${authority}` },
            },
        },
    });
    const declared = {
        v1: existingJob({ topic: "delays" }),
        v2: flinkDeployment(
            ({ topic, group, transactionalIdPrefix }) => ({
                image,
                flinkVersion: "v2_1",
                flinkConfiguration: { "high-availability.type": "kubernetes" },
                podTemplate: {
                    spec: {
                        containers: [
                            {
                                name: "flink-main-container",
                                env: [{ name: "TOPIC", value: topic }],
                            },
                        ],
                    },
                },
                jobManager: { resource: { cpu: 0.5, memory: "1g" }, replicas: 1 },
                taskManager: { resource: { cpu: 1, memory: "2g" } },
                job: {
                    jarURI: "local:///opt/flink/usrlib/delays.jar",
                    args: ["--group-id", group, `--prefix=${transactionalIdPrefix}`],
                    parallelism: 2,
                    upgradeMode: "savepoint",
                },
            }),
            { namespace: "jobs", serviceAccount: true },
        ),
        v3: flinkSessionJob(
            ({ topic, group, transactionalIdPrefix }) => ({
                deploymentName: "session",
                job: { jarURI: "https://jars/d.jar", args: [topic, group, transactionalIdPrefix] },
            }),
            { namespace: "jobs" },
        ),
    };
    try {
        const graph = await graphOf(false, () => {
            const component = new ShadowFlinkJob("delays", {
                authority,
                kafka: { bootstrapServers: ["broker-0:9092", "broker-1:9092"] },
                checkpoints: "s3://state",
                versions: Object.fromEntries(
                    Object.entries(declared).filter(([version]) => versions.includes(version)),
                ),
                compare: { identity: ["id"], windowSeconds: 60 },
                consumers: {
                    dashboard: {
                        group: "dashboard",
                        configMap: { namespace: "apps", rolls: { deployment: "dashboard" } },
                    },
                },
            });
            return component;
        });
        return manifestsOf(graph);
    } finally {
        answers[authorityType] = answer;
    }
}

function manifestsOf(graph: readonly Registered[]): Map<string, Manifest> {
    const order = (name: string) => (/-(account|role|binding)$/.test(name) ? 0 : 1);
    const ours = graph.filter(({ type }) => type.startsWith("kubernetes:"));
    ours.sort((a, b) => order(a.name) - order(b.name));
    return new Map(ours.map(({ name, inputs }) => [name, inputs as Manifest]));
}

async function guardManifests(): Promise<Manifest[]> {
    const graph = await graphOf(false, () => {
        const parent = new pulumi.ComponentResource("test:index:Platform", "platform");
        routingGuard("shadow-flink-routing", { parent });
        return parent;
    });
    return [...manifestsOf(graph).values()];
}

describe("a real Kubernetes API", function () {
    this.timeout(120_000);
    let cluster: Cluster | undefined;
    let reason = "";
    const api = (): Cluster => cluster!;

    before(async function () {
        this.timeout(1_800_000);
        try {
            const log = (line: string) => console.log(`      · ${line}`);
            await operatorCrds(log);
            await apiServerPrograms(log);
        } catch (error) {
            reason = `no API server with the operator's CRDs here: ${String(error).split("\n")[0]}`;
            return;
        }
        // What is there has to start.
        cluster = await Cluster.start();
        for (const name of ["jobs", "apps"]) {
            await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
        }
        await cluster.apply(dashboard, "the-team");
    });
    after(() => cluster?.stop());
    beforeEach(function () {
        if (reason !== "") {
            skipReasons.set(this.currentTest?.fullTitle() ?? "", reason);
            this.skip();
        }
    });

    const applyAll = async (all: ReadonlyMap<string, Manifest>) => {
        const applied = new Map<string, Manifest>();
        for (const [name, manifest] of all) applied.set(name, await api().apply(manifest));
        return applied;
    };
    const config = () => api().read("ConfigMap", "v1", "delays-routing-dashboard", "apps");
    const deployment = () => api().read("Deployment", "apps/v1", "dashboard", "apps");

    it("takes all that the component creates, and prunes nothing of it", async () => {
        const all = await manifests("v1", 1);
        assert.deepEqual(
            [...all.keys()],
            [
                "delays-v2-job-account",
                "delays-v2-job-binding",
                "delays-v2-job-role",
                "delays-routing-dashboard",
                "delays-routing-dashboard-roll",
                "delays-v2-job",
                "delays-v3-job",
            ],
        );
        const applied = await applyAll(all);
        for (const name of ["delays-v2-job", "delays-v3-job"]) {
            assert.deepEqual(applied.get(name)?.["spec"], all.get(name)?.["spec"], name);
        }
        assert.deepEqual((await config())["data"], {
            TOPIC: "delays",
            GROUP: "dashboard",
            VERSION: "v1",
            EPOCH: "1",
            BOOTSTRAP_SERVERS: "broker-0:9092,broker-1:9092",
        });
    });

    it("refuses what the CRD does not have, so that the test above means something", async () => {
        const job = (await manifests("v1", 1)).get("delays-v2-job")!;
        const spec = job["spec"] as Record<string, object>;
        const broken = (change: object) =>
            refusal(api().apply({ ...job, spec: { ...spec, ...change } }));
        const misspelt = await broken({ jobManager: { resources: { cpu: 1 } } });
        assert.match(
            misspelt.message,
            /\.spec\.jobManager\.resources: field not declared in schema/,
        );
        assert.match(
            (await broken({ flinkVersion: "v9_9" })).message,
            /spec\.flinkVersion: Unsupported/,
        );
        const words = await broken({ job: { ...spec["job"], parallelism: "two" } });
        assert.match(words.message, /spec\.job\.parallelism/);
    });

    it("takes the savepoint that a version begins with, as the operator's CRD has it", async () => {
        const snapshotType = "kubernetes:flink.apache.org/v1beta1:FlinkStateSnapshot";
        answers[snapshotType] = () => ({ status: { path: "s3://state/delays-v4/start/one" } });
        const graph = await graphOf(
            false,
            () =>
                new ShadowFlinkJob("delays", {
                    authority: "v1",
                    kafka: { bootstrapServers: ["broker-0:9092"] },
                    checkpoints: "s3://state",
                    versions: {
                        v1: existingJob({
                            topic: "delays",
                            deployment: { name: "delays-old", namespace: "jobs" },
                        }),
                        v4: flinkDeployment(
                            ({ topic, group, transactionalIdPrefix }) => ({
                                flinkVersion: "v2_1",
                                job: { args: [topic, group, transactionalIdPrefix] },
                            }),
                            { namespace: "jobs", start: "savepoint" },
                        ),
                    },
                    compare: { identity: ["id"], windowSeconds: 60 },
                }),
        );
        delete answers[snapshotType];
        const made = manifestsOf(graph.filter(({ id }) => id === undefined));
        assert.deepEqual([...made.keys()], ["delays-v4-job", "delays-v4-start"]);
        const snapshot = made.get("delays-v4-start")!;
        assert.deepEqual((await api().apply(snapshot))["spec"], snapshot["spec"]);
        const job = await api().apply(made.get("delays-v4-job")!);
        assert.equal(
            (job["spec"] as { job: Record<string, unknown> }).job["initialSavepointPath"],
            "s3://state/delays-v4/start/one",
        );
        const spec = { ...(snapshot["spec"] as object), savepoint: { directory: "s3://state" } };
        assert.match(
            (await refusal(api().apply({ ...snapshot, spec }))).message,
            /\.spec\.savepoint\.directory: field not declared in schema/,
        );
        const custom = api().config.makeApiClient(CustomObjectsApi);
        // What readiness waits for, and what the path is read from.
        await custom.patchNamespacedCustomObjectStatus(
            {
                group: "flink.apache.org",
                version: "v1beta1",
                namespace: "jobs",
                plural: "flinkstatesnapshots",
                name: "delays-v4-start",
                body: { status: { state: "COMPLETED", path: "s3://state/delays-v4/start/one" } },
            },
            setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
        );
        for (const manifest of made.values()) await api().objects.delete(manifest);
    });

    describe("for the job of a comparison", () => {
        const comparing = (job: NonNullable<CompareArgs["flink"]>["job"]) =>
            graphOf(
                false,
                () =>
                    new ShadowFlinkJob("delays", {
                        authority: "v1",
                        kafka: { bootstrapServers: ["broker-0:9092"] },
                        checkpoints: "s3://state",
                        versions: {
                            v1: existingJob({ topic: "delays" }),
                            v5: flinkDeployment(
                                ({ topic, group, transactionalIdPrefix }) => ({
                                    flinkVersion: "v2_2",
                                    job: { args: [topic, group, transactionalIdPrefix] },
                                }),
                                { namespace: "jobs" },
                            ),
                        },
                        compare: {
                            identity: ["id"],
                            windowSeconds: 60,
                            engine: "flink",
                            flink: { functions, parallelism: 2, job },
                        },
                    }),
            ).then((graph) =>
                manifestsOf(graph.filter(({ name }) => name.includes("v5-comparison-"))),
            );
        const ending = (all: ReadonlyMap<string, Manifest>, end: RegExp) => {
            const [found, ...others] = [...all].filter(([name]) => end.test(name));
            assert.ok(found !== undefined && others.length === 0, [...all.keys()].join());
            return found[1];
        };

        it("takes a FlinkDeployment with its SQL, which nobody can change any more", async () => {
            const made = await comparing(
                flinkDeployment(
                    ({ scriptFile }) => ({
                        image: "registry/sql-runner:1",
                        flinkVersion: "v2_2",
                        podTemplate: {
                            spec: { containers: [{ name: "flink-main-container", env: [] }] },
                        },
                        jobManager: { resource: { cpu: 1, memory: "2g" } },
                        taskManager: { resource: { cpu: 2, memory: "4g" } },
                        job: {
                            jarURI: "local:///opt/flink/usrlib/sql-runner.jar",
                            args: [scriptFile],
                        },
                    }),
                    { namespace: "jobs", rest: "service", serviceAccount: true },
                ),
            );
            assert.equal(made.size, 5);
            const applied = await applyAll(made);
            const spec = ending(made, /[0-9a-f]{8}$/)["spec"];
            assert.deepEqual(ending(applied, /[0-9a-f]{8}$/)["spec"], spec);
            const map = ending(made, /-sql$/);
            const { data } = ending(applied, /-sql$/) as unknown as {
                data: Record<string, string>;
            };
            assert.deepEqual(data, map["data"]);
            assert.match(data["comparison.sql"]!, /INSERT INTO read_records/);
            const changed = { ...map, data: { "comparison.sql": "SELECT 1;" } };
            const { code, message } = await refusal(api().apply(changed));
            assert.equal(code, 422);
            assert.match(message, /field is immutable when `immutable` is set/);
            for (const manifest of made.values()) await api().objects.delete(manifest);
        });

        it("takes a FlinkSessionJob that is handed it as an argument", async () => {
            const made = await comparing(
                flinkSessionJob(
                    ({ script }) => ({
                        deploymentName: "session",
                        job: { jarURI: "https://jars/sql-runner.jar", args: [script] },
                    }),
                    { namespace: "jobs", rest: "service" },
                ),
            );
            assert.equal(made.size, 1);
            const [manifest] = made.values();
            const applied = await api().apply(manifest!);
            assert.deepEqual(applied["spec"], manifest!["spec"]);
            await api().objects.delete(manifest!);
        });
    });

    it("sees no change of any job by a promotion and a rollback, and another route", async () => {
        const versions = async () =>
            [
                await api().read(
                    "FlinkDeployment",
                    "flink.apache.org/v1beta1",
                    "delays-v2",
                    "jobs",
                ),
                await api().read(
                    "FlinkSessionJob",
                    "flink.apache.org/v1beta1",
                    "delays-v3",
                    "jobs",
                ),
            ].map(({ metadata }) => metadata?.resourceVersion);
        const before = await versions();
        const rolled = (await deployment()).metadata?.generation ?? 0;
        await applyAll(await manifests("v2", 2));
        assert.deepEqual(await versions(), before);
        const { TOPIC, GROUP, EPOCH } = (await config())["data"] as Record<string, string>;
        assert.deepEqual([TOPIC, GROUP, EPOCH], ["delays-v2", "dashboard-v2", "2"]);
        assert.equal((await deployment()).metadata?.generation, rolled + 1);
        // The epoch grows with others' moves too; pods are restarted for their own only.
        await applyAll(await manifests("v2", 3));
        assert.equal((await deployment()).metadata?.generation, rolled + 1);
        await applyAll(await manifests("v1", 4));
        assert.deepEqual(await versions(), before);
        assert.equal((await deployment()).metadata?.generation, rolled + 2);
    });

    it("leaves a Deployment that is rolled as its team wrote it", async () => {
        const { spec } = (await deployment()) as unknown as typeof dashboard;
        assert.equal(spec.replicas, 2);
        assert.equal(spec.template.spec.containers[0]?.image, "dashboard:1");
        // The team applies it again, without our annotation, and no pod is restarted.
        const { metadata } = await deployment();
        const again = await api().apply(dashboard, "the-team");
        assert.equal(again.metadata?.generation, metadata?.generation);
    });

    it("takes another build of a job, and removes a version without touching the others", async () => {
        const id = ["flink.apache.org/v1beta1", "delays-v2", "jobs"] as const;
        const { metadata } = await api().read("FlinkDeployment", ...id);
        await applyAll(await manifests("v1", 4, "registry/delays:3"));
        const changed = await api().read("FlinkDeployment", ...id);
        assert.equal(changed.metadata?.generation, (metadata?.generation ?? 0) + 1);
        const less = await manifests("v1", 4, "registry/delays:3", ["v1", "v2"]);
        const gone = [...(await manifests("v1", 4)).keys()].filter((name) => !less.has(name));
        assert.deepEqual(gone, ["delays-v3-job"]);
        await api().objects.delete((await manifests("v1", 4)).get("delays-v3-job")!);
        await applyAll(less);
        const { metadata: after } = await api().read("FlinkDeployment", ...id);
        assert.equal(after?.resourceVersion, changed.metadata?.resourceVersion);
        const missing = api().read(
            "FlinkSessionJob",
            "flink.apache.org/v1beta1",
            "delays-v3",
            "jobs",
        );
        assert.equal((await refusal(missing)).code, 404);
    });

    it("has the status that readiness waits for", async () => {
        const custom = api().config.makeApiClient(CustomObjectsApi);
        const status = (state: string) =>
            custom.patchNamespacedCustomObjectStatus(
                {
                    group: "flink.apache.org",
                    version: "v1beta1",
                    namespace: "jobs",
                    plural: "flinkdeployments",
                    name: "delays-v2",
                    body: {
                        status: { jobStatus: { state, jobId: "a", upgradeSavepointPath: "s" } },
                    },
                },
                setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
            );
        assert.match((await refusal(status("STARTED"))).message, /status\.jobStatus\.state/);
        await status("RUNNING");
        await status("FINISHED");
    });

    it("allows the job's account what Flink needs, and nothing else", async () => {
        const review = api().config.makeApiClient(AuthorizationV1Api);
        const may = async (verb: string, what: string, namespace = "jobs", name?: string) => {
            const [resource, group] = what.split("@");
            const [kind, subresource] = resource!.split("/");
            const { status } = await review.createSubjectAccessReview({
                body: {
                    spec: {
                        user: "system:serviceaccount:jobs:delays-v2",
                        groups: ["system:serviceaccounts", "system:authenticated"],
                        resourceAttributes: {
                            verb,
                            group: group ?? "",
                            resource: kind,
                            namespace,
                            ...(subresource && { subresource }),
                            ...(name && { name }),
                        },
                    },
                },
            });
            return status?.allowed === true;
        };
        const verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
        const needed: Parameters<typeof may>[] = [
            ...verbs.flatMap((verb): Parameters<typeof may>[] => [
                [verb, "pods"],
                [verb, "configmaps"],
            ]),
            ["get", "deployments@apps", "jobs", "delays-v2"],
            ["update", "deployments/finalizers@apps", "jobs", "delays-v2"],
        ];
        for (const request of needed) assert.ok(await may(...request), request.join(" "));
        const forbidden: Parameters<typeof may>[] = [
            ...verbs.flatMap((verb): Parameters<typeof may>[] => [
                [verb, "secrets"],
                [verb, "services"],
                [verb, "serviceaccounts"],
                [verb, "pods", "apps"],
                [verb, "configmaps", "apps"],
                [verb, "roles@rbac.authorization.k8s.io"],
                [verb, "flinkdeployments@flink.apache.org"],
                [verb, "flinksessionjobs@flink.apache.org"],
                [verb, "flinkstatesnapshots@flink.apache.org"],
            ]),
            ["get", "deployments@apps", "jobs", "delays"],
            ["list", "deployments@apps"],
            ["create", "deployments@apps"],
            ["delete", "deployments@apps", "jobs", "delays-v2"],
            ["update", "deployments@apps", "jobs", "delays-v2"],
            ["update", "deployments/finalizers@apps", "jobs", "delays"],
            ["create", "pods/exec"],
            ["get", "pods/log"],
            ["create", "serviceaccounts/token"],
            ["list", "nodes", ""],
            ["list", "namespaces", ""],
        ];
        for (const request of forbidden) assert.ok(!(await may(...request)), request.join(" "));
        console.log(`      · ${needed.length} requests allowed, ${forbidden.length} denied`);
    });

    describe("for the routing of pods", () => {
        it("does not let a run overwrite what somebody else wrote", async () => {
            const map = (await manifests("v1", 4)).get("delays-routing-dashboard")!;
            const theirs = { apiVersion: "v1", kind: "ConfigMap", metadata: map.metadata };
            await api().apply({ ...theirs, data: { TOPIC: "by-hand" } }, "somebody", true);
            const { code, message } = await refusal(api().apply(map));
            assert.equal(code, 409);
            assert.match(message, /conflict with "somebody"[^]*\.data\.TOPIC/);
            assert.equal(((await config())["data"] as { TOPIC: string }).TOPIC, "by-hand");
            await api().apply(map, "shadow-flink", true);
        });

        it("lets an older epoch through without the guard, as the documentation says", async () => {
            const map = (epoch: number) =>
                manifests("v1", epoch).then((all) => all.get("delays-routing-dashboard")!);
            await api().apply(await map(6));
            await api().apply(await map(5));
            assert.equal(((await config())["data"] as { EPOCH: string }).EPOCH, "5");
        });

        describe("with the guard", () => {
            let maps: Manifest[] = [];
            before(async function () {
                if (reason !== "") return;
                for (const manifest of await guardManifests()) await api().apply(manifest);
                const map = (await manifests("v1", 10)).get("delays-routing-dashboard")!;
                maps = Array.from({ length: 200 }, (_, epoch) => ({
                    ...map,
                    data: { ...(map["data"] as object), EPOCH: String(epoch) },
                }));
                await api().apply(maps[10]!);
                // A policy holds a moment after it was written.
                for (let attempt = 0; attempt < 200; attempt++) {
                    const held = await refusal(api().apply(maps[9]!)).catch(() => undefined);
                    if (held !== undefined) return;
                    await api().apply(maps[10]!);
                    await new Promise((resolve) => setTimeout(resolve, 100));
                }
                throw new Error("The guard never held.");
            });

            it("never writes an older epoch, and says what is there", async () => {
                await api().apply(maps[11]!);
                const { code, message } = await refusal(
                    api().apply(maps[10]!, "shadow-flink", true),
                );
                assert.equal(code, 422);
                assert.match(
                    message,
                    /the routing of epoch 10 is older than epoch 11, which is there/,
                );
                await api().apply(maps[11]!);
                await api().apply(maps[12]!);
            });

            it("compares as numbers, and takes no way round", async () => {
                await api().apply(maps[99]!);
                await api().apply(maps[100]!);
                const { metadata, ...map } = maps[50]!;
                const unlabelled = { ...map, metadata: { ...metadata, labels: {} } };
                assert.equal(
                    (await refusal(api().apply(unlabelled, "shadow-flink", true))).code,
                    422,
                );
                const without = { ...maps[100]!, data: { TOPIC: "x" } };
                assert.equal((await refusal(api().apply(without, "shadow-flink", true))).code, 422);
                const word = { ...maps[100]!, data: { EPOCH: "many" } };
                assert.ok((await refusal(api().apply(word, "shadow-flink", true))).code >= 400);
            });

            it("ends at the newest of many writers at once, and never goes back meanwhile", async () => {
                const core = api().config.makeApiClient(CoreV1Api);
                const seen: number[] = [];
                let writing = true;
                const watch = (async () => {
                    while (writing) {
                        const { data } = await core.readNamespacedConfigMap({
                            name: "delays-routing-dashboard",
                            namespace: "apps",
                        });
                        seen.push(Number(data?.["EPOCH"]));
                    }
                })();
                const epochs = maps.slice(101).map((_, index) => 101 + index);
                // In no order, many at a time: 37 and 99 have no common divisor.
                const shuffled = epochs.map((_, index) => epochs[(index * 37) % epochs.length]!);
                const results = await Promise.all(
                    shuffled.map((epoch) =>
                        api()
                            .apply(maps[epoch]!, "shadow-flink", true)
                            .then(
                                () => 200,
                                (error: { code: number }) => error.code,
                            ),
                    ),
                );
                writing = false;
                await watch;
                assert.equal(((await config())["data"] as { EPOCH: string }).EPOCH, "199");
                assert.deepEqual(
                    seen,
                    [...seen].sort((a, b) => a - b),
                );
                const refused = results.filter((code) => code === 422).length;
                assert.ok(refused > 0, "no writer was too late: nothing was tried");
                assert.equal(results.filter((code) => code !== 200 && code !== 422).length, 0);
                console.log(`      · of ${results.length} writers, ${refused} were too late`);
            });
        });
    });
});

const dashboard = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "dashboard", namespace: "apps" },
    spec: {
        replicas: 2,
        selector: { matchLabels: { app: "dashboard" } },
        template: {
            metadata: { labels: { app: "dashboard" } },
            spec: {
                containers: [
                    {
                        name: "dashboard",
                        image: "dashboard:1",
                        envFrom: [{ configMapRef: { name: "delays-routing-dashboard" } }],
                    },
                ],
            },
        },
    },
};
