import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import {
    existingJob,
    flinkDeployment,
    flinkSessionJob,
    jarJob,
    ShadowFlinkJob,
    type FlinkDeploymentOptions,
    type FlinkDeploymentSpec,
    type ShadowFlinkJobArgs,
    type VersionNames,
} from "../components/index.js";
import { answers, graphOf, valueOf, type Registered } from "./graph.js";

const deploymentType = "kubernetes:flink.apache.org/v1beta1:FlinkDeployment";

const specOf = ({ topic, group, transactionalIdPrefix }: VersionNames): FlinkDeploymentSpec => ({
    image: "registry/delays:2",
    flinkVersion: "v2_1",
    flinkConfiguration: { "high-availability.type": "kubernetes", taskmanager: { slots: 2 } },
    jobManager: { resource: { cpu: 1, memory: "1g" } },
    taskManager: { resource: { cpu: 2, memory: "2g" } },
    job: {
        jarURI: "local:///opt/flink/usrlib/delays.jar",
        entryClass: "example.delays.Main",
        args: [`--topic=${topic}`, "--group-id", group, `--prefix=${transactionalIdPrefix}`],
        parallelism: 2,
        upgradeMode: "savepoint",
    },
    aFieldOfTomorrow: { kept: true },
});

const candidate = (options: FlinkDeploymentOptions = {}) => flinkDeployment(specOf, options);

const args: ShadowFlinkJobArgs = {
    authority: "v1",
    kafka: { bootstrapServers: ["broker:9092"] },
    checkpoints: "s3://state",
    versions: { v1: existingJob({ topic: "delays" }), v2: candidate({ namespace: "jobs" }) },
    compare: { identity: ["id"], windowSeconds: 60 },
};

const build = (change: Partial<ShadowFlinkJobArgs> = {}, opts?: pulumi.ComponentResourceOptions) =>
    new ShadowFlinkJob("delays", { ...args, ...change }, opts);

const versions = (
    v2: ShadowFlinkJobArgs["versions"][string],
    v1 = existingJob({ topic: "delays" }),
) => ({
    versions: { v1, v2 },
});

const find = (graph: Registered[], name: string) => {
    const found = graph.find((resource) => resource.name === name);
    assert.ok(found, `${name} is not in the graph`);
    return found;
};

/** What a program's errors say; the graph is built, since a spec with outputs is checked in it. */
const problemsOf = (change: Partial<ShadowFlinkJobArgs>): string => {
    try {
        build(change);
    } catch (error) {
        return String(error);
    }
    return assert.fail("It was built.");
};

const rendered = {
    apiVersion: "flink.apache.org/v1beta1",
    kind: "FlinkDeployment",
    metadata: {
        name: "delays-v2",
        namespace: "jobs",
        labels: {
            "app.kubernetes.io/name": "delays",
            "app.kubernetes.io/instance": "delays-v2",
            "app.kubernetes.io/version": "v2",
            "app.kubernetes.io/component": "flink-job",
            "app.kubernetes.io/part-of": "delays",
            "app.kubernetes.io/managed-by": "pulumi",
        },
        annotations: { "pulumi.com/waitFor": "jsonpath={.status.jobStatus.state}=RUNNING" },
    },
    spec: {
        image: "registry/delays:2",
        flinkVersion: "v2_1",
        flinkConfiguration: {
            "high-availability.type": "kubernetes",
            taskmanager: { slots: 2 },
            "execution.checkpointing.dir": "s3://state/delays-v2",
            "execution.checkpointing.savepoint-dir": "s3://state/delays-v2/savepoints",
            "high-availability.storageDir": "s3://state/delays-v2/ha",
        },
        jobManager: { resource: { cpu: 1, memory: "1g" } },
        taskManager: { resource: { cpu: 2, memory: "2g" } },
        job: {
            jarURI: "local:///opt/flink/usrlib/delays.jar",
            entryClass: "example.delays.Main",
            args: ["--topic=delays-v2", "--group-id", "delays-v2", "--prefix=delays-v2."],
            parallelism: 2,
            upgradeMode: "savepoint",
        },
        aFieldOfTomorrow: { kept: true },
    },
};

describe("a job of the Flink Kubernetes Operator", () => {
    before(() => {
        answers[deploymentType] = () => ({
            status: { jobStatus: { state: "RUNNING", jobId: "a1b2" } },
        });
    });
    after(() => {
        delete answers[deploymentType];
    });

    for (const dryRun of [true, false]) {
        describe(dryRun ? "in a preview" : "in an update", () => {
            let graph: Registered[];
            before(async () => {
                graph = await graphOf(dryRun, () => build());
            });

            it("is exactly one more resource, as the operator takes it", () => {
                assert.deepEqual(
                    graph.map(({ name, type }) => [name, type]),
                    [
                        ["delays", "shadow-flink:index:ShadowFlinkJob"],
                        ["delays-authority", "pulumi-nodejs:dynamic/shadow-flink:Authority"],
                        ["delays-cluster", "pulumi-nodejs:dynamic/shadow-flink:Cluster"],
                        ["delays-kafka", "pulumi:providers:kafka"],
                        ["delays-routing", "kafka:index/topic:Topic"],
                        ["delays-v1-topic", "kafka:index/topic:Topic"],
                        ["delays-v2-comparison", "pulumi-nodejs:dynamic/shadow-flink:Comparison"],
                        ["delays-v2-job", deploymentType],
                        ["delays-v2-topic", "kafka:index/topic:Topic"],
                    ],
                );
                assert.deepEqual(find(graph, "delays-v2-job").inputs, rendered);
            });
        });
    }

    it("changes no byte of any FlinkDeployment with a promotion or a rollback", async () => {
        const three = { v1: candidate(), v2: candidate(), v3: candidate({ serviceAccount: true }) };
        const jobs = async (authority: string) =>
            (await graphOf(false, () => build({ versions: three, authority })))
                .filter(({ name }) => /-job/.test(name))
                .map((resource) => JSON.stringify(resource));
        const first = await jobs("v1");
        assert.equal(first.length, 6);
        assert.deepEqual(await jobs("v2"), first);
        assert.deepEqual(await jobs("v3"), first);
        assert.deepEqual(await jobs("v1"), first);
    });

    it("is told from another build by its spec, whatever the order of its fields", async () => {
        const digest = async (spec: (names: VersionNames) => FlinkDeploymentSpec) => {
            const graph = await graphOf(false, () => build(versions(flinkDeployment(spec))));
            return find(graph, "delays-v2-comparison").inputs["candidateDigest"];
        };
        const own = await digest(specOf);
        assert.match(String(own), /^[0-9a-f]{64}$/);
        const turned = (names: VersionNames) =>
            Object.fromEntries(Object.entries(specOf(names)).reverse()) as FlinkDeploymentSpec;
        assert.equal(await digest(turned), own);
        assert.notEqual(await digest((names) => ({ ...specOf(names), image: "delays:3" })), own);
    });

    it("keeps a secret of its spec out of its digest and of all that is made of it", async () => {
        const image = pulumi.secret("registry/secret:1");
        let job: ShadowFlinkJob | undefined;
        const graph = await graphOf(
            false,
            () =>
                (job = build(versions(flinkDeployment((names) => ({ ...specOf(names), image }))))),
        );
        const { candidateDigest } = find(graph, "delays-v2-comparison").inputs;
        assert.match(String(candidateDigest), /^[0-9a-f]{64}$/);
        assert.equal(await pulumi.isSecret(job!.verdict), false);
        const holders = graph.filter((resource) => JSON.stringify(resource).includes("secret:1"));
        assert.deepEqual(
            holders.map(({ name }) => name),
            ["delays-v2-job"],
        );
    });

    it("gives out its id and status, and takes an image that is known late", async () => {
        const image = pulumi.output(Promise.resolve("registry/delays:late"));
        let job: ShadowFlinkJob | undefined;
        const graph = await graphOf(
            false,
            () =>
                (job = build(versions(flinkDeployment((names) => ({ ...specOf(names), image }))))),
        );
        const { spec } = find(graph, "delays-v2-job").inputs as { spec: { image: string } };
        assert.equal(spec.image, "registry/delays:late");
        const { v2 } = await valueOf(job!.versions);
        assert.deepEqual(v2?.job, { id: "a1b2", status: "RUNNING", savepoint: null });
    });

    it("is asked through its service, or where it is said to be, by its id", async () => {
        const asked = async (rest?: string) => {
            const v2 = candidate({ namespace: "jobs", ...(rest && { rest }) });
            const graph = await graphOf(false, () => build(versions(v2)));
            return (find(graph, "delays-v2-comparison").inputs["jobs"] as { v2: unknown }).v2;
        };
        assert.equal(await asked(), null);
        // Flink's name for another candidate's job is not known, and its id would make this one wait for it.
        const v3 = candidate({ rest: "http://v3" });
        const v2 = candidate({ rest: "http://v2" });
        const two = { versions: { ...versions(v2).versions, v3 } };
        const graph = await graphOf(false, () => build(two));
        const { jobs } = find(graph, "delays-v2-comparison").inputs as { jobs: object };
        const own = { rest: "http://v2", jobId: "a1b2", jobName: null };
        assert.deepEqual(jobs, { v1: null, v2: own, v3: null });
        const known = { jobId: "a1b2", jobName: null };
        assert.deepEqual(await asked("service"), {
            rest: "http://delays-v2-rest.jobs:8081",
            ...known,
        });
        assert.deepEqual(await asked("http://flink"), { rest: "http://flink", ...known });
        assert.deepEqual(await asked("https://{{namespace}}.example/{{name}}"), {
            rest: "https://jobs.example/delays-v2",
            ...known,
        });
    });

    it("says nothing of a job whose status is not known", async () => {
        const answer = answers[deploymentType]!;
        answers[deploymentType] = () => ({});
        try {
            const graph = await graphOf(false, () => build({ authority: "v2" }));
            assert.equal(find(graph, "delays-authority").inputs["jobStatus"], null);
        } finally {
            answers[deploymentType] = answer;
        }
    });

    it("has a service account of its own where that is asked for, with no more than Flink needs", async () => {
        const v2 = candidate({ namespace: "jobs", serviceAccount: true });
        const graph = await graphOf(false, () => build(versions(v2)));
        assert.deepEqual(
            graph
                .filter(({ name }) => name.startsWith("delays-v2-job-"))
                .map(({ name, type }) => [name, type]),
            [
                ["delays-v2-job-account", "kubernetes:core/v1:ServiceAccount"],
                ["delays-v2-job-binding", "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"],
                ["delays-v2-job-role", "kubernetes:rbac.authorization.k8s.io/v1:Role"],
            ],
        );
        const { spec } = find(graph, "delays-v2-job").inputs as { spec: object };
        assert.deepEqual(spec, { ...rendered.spec, serviceAccount: "delays-v2" });
        const { rules } = find(graph, "delays-v2-job-role").inputs as {
            rules: { resources: string[]; verbs: string[]; resourceNames?: string[] }[];
        };
        assert.deepEqual(
            rules.map(({ resources, resourceNames }) => [resources, resourceNames]),
            [
                [["pods", "configmaps"], undefined],
                [["deployments"], ["delays-v2"]],
                [["deployments/finalizers"], ["delays-v2"]],
            ],
        );
        assert.deepEqual(find(graph, "delays-v2-job-binding").inputs["subjects"], [
            { kind: "ServiceAccount", name: "delays-v2", namespace: "jobs" },
        ]);
    });

    it("is suspended for good, with a savepoint where one is asked for, once the record says so", async () => {
        const authorityType = "pulumi-nodejs:dynamic/shadow-flink:Authority";
        const answer = answers[authorityType]!;
        const retired = async (savepoint?: string) => {
            const graph = await graphOf(false, () =>
                build({
                    authority: "v2",
                    versions: { v1: candidate(), v2: candidate() },
                    retire: { v1: { ...(savepoint && { savepoint }) } },
                }),
            );
            const { metadata, spec } = find(graph, "delays-v1-job").inputs as {
                metadata: { annotations: Record<string, string> };
                spec: { job: Record<string, unknown> };
            };
            const { state, upgradeMode } = spec.job;
            return [state, upgradeMode, metadata.annotations["pulumi.com/waitFor"]];
        };
        const waits = "jsonpath={.status.jobStatus.state}=";
        const savepoint = "s3://state/delays-v1/savepoints";
        assert.deepEqual(await retired(), [undefined, "savepoint", `${waits}RUNNING`]);
        answers[authorityType] = (inputs) => {
            const { routing } = answer(inputs) as { routing: object };
            return { routing: { ...routing, retired: ["v1"] } };
        };
        try {
            assert.deepEqual(await retired(), ["suspended", "stateless", `${waits}FINISHED`]);
            assert.deepEqual(await retired(savepoint), [
                "suspended",
                "savepoint",
                `${waits}FINISHED`,
            ]);
        } finally {
            answers[authorityType] = answer;
        }
        assert.match(
            problemsOf({
                authority: "v2",
                versions: { v1: candidate(), v2: candidate() },
                retire: { v1: { savepoint: "s3://elsewhere" } },
            }),
            /retire\.v1\.savepoint: is "s3:\/\/elsewhere", .* give that, "s3:\/\/state\/delays-v1\/savepoints"/,
        );
    });

    describe("that begins with a copy of the incumbent's state", () => {
        const snapshotType = "kubernetes:flink.apache.org/v1beta1:FlinkStateSnapshot";
        const path = "s3://state/delays-v2/start/savepoint-a1b2";
        const running = existingJob({
            topic: "delays",
            deployment: { name: "delays-old", namespace: "old" },
        });
        const copied = candidate({ namespace: "jobs", start: "savepoint" });
        before(() => {
            answers[snapshotType] = () => ({ status: { state: "COMPLETED", path } });
        });
        after(() => {
            delete answers[snapshotType];
        });

        it("has a savepoint taken of it first, which runs on, and begins there", async () => {
            const graph = await graphOf(false, () => build(versions(copied, running)));
            const { inputs } = find(graph, "delays-v2-start");
            assert.deepEqual(inputs, {
                apiVersion: "flink.apache.org/v1beta1",
                kind: "FlinkStateSnapshot",
                metadata: {
                    name: "delays-v2-start",
                    namespace: "old",
                    labels: rendered.metadata.labels,
                    annotations: { "pulumi.com/waitFor": "jsonpath={.status.state}=COMPLETED" },
                },
                spec: {
                    jobReference: { kind: "FlinkDeployment", name: "delays-old" },
                    savepoint: { path: "s3://state/delays-v2/start", disposeOnDelete: false },
                },
            });
            const { job } = find(graph, "delays-v2-job").inputs["spec"] as { job: object };
            const given = { ...rendered.spec.job, initialSavepointPath: path };
            assert.deepEqual(job, given);
            // Of the incumbent there is nothing but what is read.
            const old = graph.filter(({ type }) => type === deploymentType);
            assert.deepEqual(
                old.map(({ name, id }) => [name, id]),
                [
                    ["delays-v1-job", "old/delays-old"],
                    ["delays-v2-job", undefined],
                ],
            );
        });

        it("has a spec that a preview cannot know yet", async () => {
            const answer = answers[snapshotType]!;
            answers[snapshotType] = () => ({});
            try {
                const graph = await graphOf(true, () => build(versions(copied, running)));
                assert.equal(find(graph, "delays-v2-start").inputs["kind"], "FlinkStateSnapshot");
                const { spec } = find(graph, "delays-v2-job").inputs;
                assert.match(JSON.stringify(spec), /__pulumiUnknown/);
            } finally {
                answers[snapshotType] = answer;
            }
        });

        it("is the same job after its promotion, and where the one that it began with is gone", async () => {
            const job = async (change: Partial<ShadowFlinkJobArgs>) => {
                const graph = await graphOf(false, () => build(change));
                return JSON.stringify(find(graph, "delays-v2-job"));
            };
            const first = await job(versions(copied, running));
            assert.match(first, /savepoint-a1b2/);
            assert.equal(await job({ ...versions(copied, running), authority: "v2" }), first);
            assert.equal(await job({ versions: { v2: copied }, authority: "v2" }), first);
        });

        it("tells the cluster's resource whose state that is, which knows what runs already", async () => {
            const copies = async (change: Partial<ShadowFlinkJobArgs>) =>
                find(await graphOf(false, () => build(change)), "delays-cluster").inputs["copies"];
            assert.deepEqual(await copies(versions(copied, running)), { v2: "v1" });
            assert.deepEqual(await copies({ versions: { v2: copied }, authority: "v2" }), {
                v2: null,
            });
            assert.deepEqual(await copies({}), {});
        });

        it("takes that of the authority, where several run", async () => {
            const reference = async (change: Partial<ShadowFlinkJobArgs>) => {
                const graph = await graphOf(false, () => build(change));
                const { spec, metadata } = find(graph, "delays-v3-start").inputs as {
                    metadata: { namespace?: string };
                    spec: { jobReference: object };
                };
                return { ...spec.jobReference, namespace: metadata.namespace };
            };
            const session = flinkSessionJob(
                ({ topic, group, transactionalIdPrefix }) => ({
                    deploymentName: "session",
                    job: { args: [topic, group, transactionalIdPrefix] },
                }),
                { namespace: "sessions", name: "delays-session" },
            );
            const three = { v1: running, v2: session, v3: candidate({ start: "savepoint" }) };
            assert.deepEqual(await reference({ versions: three, authority: "v1" }), {
                kind: "FlinkDeployment",
                name: "delays-old",
                namespace: "old",
            });
            assert.deepEqual(await reference({ versions: three, authority: "v2" }), {
                kind: "FlinkSessionJob",
                name: "delays-session",
                namespace: "sessions",
            });
        });

        it("is refused where there is nothing to take it of, nowhere to leave it, or another one", () => {
            const field = /versions\.v2\.start: /;
            const refused = (change: Partial<ShadowFlinkJobArgs>) => {
                const message = problemsOf(change);
                assert.match(message, field);
                return message;
            };
            assert.match(
                refused(versions(copied)),
                /no other version is known to run as a job of the operator: give existingJob its `deployment`/,
            );
            assert.match(
                refused({ ...versions(copied, running), checkpoints: undefined }),
                /needs `checkpoints`/,
            );
            const two = flinkDeployment(
                (names) => ({
                    ...specOf(names),
                    job: { args: Object.values(names), initialSavepointPath: "s3://other" },
                }),
                { start: "savepoint" },
            );
            assert.match(refused(versions(two, running)), /Leave one of them out/);
            const jar = jarJob(() => ({ rest: "http://flink", jar: "delays.jar" }), {
                start: "savepoint",
            });
            assert.match(
                refused(versions(jar, running)),
                /only a flinkDeployment or a flinkSessionJob can begin with it/,
            );
            const asking = flinkDeployment(
                ({ start }) => ({
                    flinkVersion: "v2_1",
                    job: { args: [start!.argument("flights")] },
                }),
                { start: "savepoint", sources: ["flights"] },
            );
            assert.match(
                problemsOf(versions(asking, running)),
                /start: is "savepoint": where the job reads on is in its state/,
            );
        });
    });

    it("can be a job on a session cluster of the operator", async () => {
        const session = flinkSessionJob(({ topic, group, transactionalIdPrefix }) => ({
            deploymentName: "session",
            job: { jarURI: "https://jars/delays.jar", args: [topic, group, transactionalIdPrefix] },
        }));
        const graph = await graphOf(false, () =>
            build({ ...versions(session), checkpoints: undefined }),
        );
        const { type, inputs } = find(graph, "delays-v2-job");
        assert.equal(type, "kubernetes:flink.apache.org/v1beta1:FlinkSessionJob");
        assert.deepEqual(inputs["spec"], {
            deploymentName: "session",
            job: {
                jarURI: "https://jars/delays.jar",
                args: ["delays-v2", "delays-v2", "delays-v2."],
            },
        });
    });

    it("is asked through the service of its session cluster", async () => {
        const type = "kubernetes:flink.apache.org/v1beta1:FlinkSessionJob";
        answers[type] = answers[deploymentType]!;
        const session = flinkSessionJob(
            ({ topic, group, transactionalIdPrefix }) => ({
                deploymentName: "session",
                job: { args: [topic, group, transactionalIdPrefix] },
            }),
            { namespace: "jobs", rest: "service" },
        );
        const graph = await graphOf(false, () => build(versions(session)));
        delete answers[type];
        const { jobs } = find(graph, "delays-v2-comparison").inputs as { jobs: { v2: unknown } };
        const rest = "http://session-rest.jobs:8081";
        assert.deepEqual(jobs.v2, { rest, jobId: "a1b2", jobName: null });
        // There a preview can ask whether it has room; a FlinkDeployment makes its own.
        const told = async (v2: ShadowFlinkJobArgs["versions"][string]) => {
            const { inputs } = find(
                await graphOf(false, () => build(versions(v2))),
                "delays-cluster",
            );
            const { shadows } = inputs as { shadows: { v2: Record<string, unknown> } };
            return { rest: shadows.v2["rest"], slots: shadows.v2["slots"] };
        };
        assert.deepEqual(await told(session), { rest, slots: 1 });
        assert.deepEqual(await told(candidate({ rest: "service" })), { rest: null, slots: 2 });
    });

    it("takes the folders that a spec gives, under the names that its Flink knows", async () => {
        const of = async (change: Partial<FlinkDeploymentSpec>) => {
            const v2 = flinkDeployment((names) => ({ ...specOf(names), ...change }));
            const graph = await graphOf(false, () => build(versions(v2)));
            const { spec } = find(graph, "delays-v2-job").inputs as {
                spec: { flinkConfiguration: object };
            };
            return spec.flinkConfiguration;
        };
        assert.deepEqual(await of({ flinkVersion: "v1_19", flinkConfiguration: {} }), {
            "state.checkpoints.dir": "s3://state/delays-v2",
            "state.savepoints.dir": "s3://state/delays-v2/savepoints",
        });
        const given = { state: { checkpoints: { dir: "s3://state/delays-v2/own" } } };
        assert.deepEqual(await of({ flinkConfiguration: given }), {
            ...given,
            "execution.checkpointing.savepoint-dir": "s3://state/delays-v2/savepoints",
        });
    });

    describe("beside an existing FlinkDeployment", () => {
        const deployment = { name: "delays", namespace: "prod" };
        const live = (spec: object) => {
            answers[deploymentType] = (inputs) =>
                inputs["spec"] === undefined
                    ? { spec, status: { jobStatus: { jobId: "old" } } }
                    : { status: { jobStatus: { state: "RUNNING", jobId: "a1b2" } } };
        };

        it("reads it, never writes it, and asks its job by id", async () => {
            live({});
            const v1 = existingJob({ topic: "delays", rest: "http://old:8081", deployment });
            const graph = await graphOf(false, () => build(versions(candidate(), v1)));
            const { type, inputs, id } = find(graph, "delays-v1-job");
            assert.deepEqual([type, id, inputs], [deploymentType, "prod/delays", {}]);
            const asked = (graph: Registered[]) =>
                (find(graph, "delays-v2-comparison").inputs["jobs"] as { v1: unknown }).v1;
            const known = { jobId: "old", jobName: null };
            assert.deepEqual(asked(graph), { rest: "http://old:8081", ...known });
            const inside = existingJob({ topic: "delays", rest: "service", deployment });
            assert.deepEqual(
                asked(await graphOf(false, () => build(versions(candidate(), inside)))),
                {
                    rest: "http://delays-rest.prod:8081",
                    ...known,
                },
            );
            const nowhere = existingJob({ topic: "delays", rest: "service", jobName: "delays" });
            assert.match(
                problemsOf(versions(candidate(), nowhere)),
                /versions\.v1\.rest: is "service"/,
            );
        });

        it("is refused, and not sent, where it shares what the other's spec says", () => {
            const { names, errors } = childRun(`
                const { answers, graphOf } = require("./graph.js");
                answers["${deploymentType}"] = ({ spec }) =>
                    spec ? {} : { spec: { job: { args: ["--group-id=delays-v2"] } } };
                graphOf(false, () => new ShadowFlinkJob("delays", {
                    ...args,
                    versions: {
                        v1: existingJob({ topic: "delays", deployment: { name: "d", namespace: "n" } }),
                        v2: flinkDeployment((n) => ({
                            flinkVersion: "v2_1",
                            job: { args: [n.topic, n.group, n.transactionalIdPrefix] },
                        })),
                    },
                })).then((graph) => (names = graph.map(({ name }) => name)));
            `);
            assert.match(
                errors,
                /versions\.v2\.group: "delays-v2" is the consumer group of version v1 too/,
            );
            assert.ok(names.includes("delays-v1-job") && !names.includes("delays-v2-job"));
        });
    });

    describe("without @pulumi/kubernetes", () => {
        const hide = `
            const { Module } = require("node:module");
            const resolve = Module._resolveFilename;
            Module._resolveFilename = function (request, ...rest) {
                if (request.startsWith("@pulumi/kubernetes")) throw new Error("not installed");
                return resolve.call(this, request, ...rest);
            };`;

        it("is refused, with what to install", () => {
            const { errors } = childRun(`${hide}
                const job = (deployment) => existingJob({ topic: "delays", deployment });
                for (const v1 of [job(), job({ name: "d", namespace: "n" })]) {
                    const v2 = flinkDeployment(() => ({ job: {} }));
                    new ShadowFlinkJob("delays", { ...args, versions: { v1, v2 } });
                }`);
            assert.match(errors, /versions\.v2\.kind: needs @pulumi\/kubernetes, .*npm install/);
        });

        it("everything else works", () => {
            const { names, errors } = childRun(`${hide}
                const { graphOf } = require("./graph.js");
                const versions = { v1: existingJob({ topic: "delays" }) };
                graphOf(false, () => new ShadowFlinkJob("delays", { ...args, versions }))
                    .then((graph) => (names = graph.map(({ name }) => name)));`);
            assert.equal(errors, "");
            assert.ok(names.includes("delays-authority"));
        });
    });

    it("is loaded by no program that has no use for it", () => {
        const { names } = childRun(`
            new Promise((resolve) => setImmediate(resolve)).then(() => {
                names = Object.keys(require.cache).filter((file) => /@pulumi.kubernetes/.test(file));
            });`);
        assert.deepEqual(names, []);
    });

    describe("is refused, in one error with the field", () => {
        const refused = (options: FlinkDeploymentOptions, change: object = {}) =>
            problemsOf(
                versions(
                    flinkDeployment((names) => ({ ...specOf(names), ...change }), options),
                    existingJob({
                        topic: "delays",
                        deployment: { name: "old", namespace: "jobs" },
                    }),
                ),
            );

        it("for a name that the operator would refuse, or that is another job's", () => {
            assert.match(refused({ name: "2" }), /versions\.v2\.name: is "2"; the operator takes/);
            assert.match(refused({ name: "a".repeat(46) }), /versions\.v2\.name: .*at most 45/);
            const clash = /versions\.v2\.name: "old" is the job of version v1 in the cluster too/;
            assert.match(refused({ name: "old", namespace: "jobs" }), clash);
            assert.match(refused({ name: "old" }), clash);
            const v2 = candidate({ name: "old", namespace: "other" });
            const v1 = existingJob({
                topic: "delays",
                deployment: { name: "old", namespace: "jobs" },
            });
            return graphOf(false, () => build(versions(v2, v1)));
        });

        it("for the group and the prefix of another version", () => {
            const v1 = existingJob({ topic: "delays", group: "delays-v2" });
            assert.match(problemsOf(versions(candidate(), v1)), /versions\.v2\.group: "delays-v2"/);
            const late = flinkDeployment((names) => ({
                ...specOf(names),
                image: pulumi.output("a"),
            }));
            assert.match(problemsOf(versions(late, v1)), /versions\.v2\.group: "delays-v2"/);
        });

        it("for a spec that runs nothing, or something else", () => {
            assert.match(refused({}, { job: undefined }), /versions\.v2\.spec: has no `job`/);
            const job = {
                ...(specOf({
                    topic: "delays-v2",
                    group: "delays-v2",
                    transactionalIdPrefix: "delays-v2.",
                } as VersionNames).job as object),
                state: "suspended",
            };
            assert.match(refused({}, { job }), /versions\.v2\.spec: job\.state is "suspended"/);
            assert.match(
                refused({}, { job: { args: ["--topic=delays"] } }),
                /versions\.v2\.spec: job\.args\[0\]: "delays" is the topic of version v1/,
            );
        });

        it("for an existing job's deployment without name or namespace", () => {
            const v1 = existingJob({ topic: "delays", deployment: { name: "", namespace: " " } });
            const found = problemsOf(versions(candidate(), v1));
            assert.match(found, /versions\.v1\.deployment\.name: is "": give the name/);
            assert.match(found, /versions\.v1\.deployment\.namespace: is " ": give the namespace/);
        });

        it("for a time and a URL that cannot be meant", () => {
            const found = refused({ startTimeoutSeconds: 0, rest: "http://me:secret@flink" });
            assert.match(found, /versions\.v2\.startTimeoutSeconds: is 0; give seconds/);
            assert.match(found, /versions\.v2\.rest: is no http\(s\) URL/);
            assert.ok(!found.includes("secret"));
        });
    });
});

/** Runs a program in a process of its own, whose unhandled errors are told. */
function childRun(program: string): { names: string[]; errors: string } {
    const given = { authority: "v1", kafka: { bootstrapServers: ["b:1"] } };
    const compare = { identity: ["id"], windowSeconds: 60 };
    const code = `
        let names = [];
        let errors = "";
        process.on("unhandledRejection", (error) => (errors ||= String(error)));
        process.on("uncaughtException", (error) => (errors ||= String(error)));
        process.on("exit", () => {
            process.exitCode = 0;
            console.log(JSON.stringify({ names, errors }));
        });
        const args = ${JSON.stringify({ ...given, compare })};
        const { existingJob, flinkDeployment, ShadowFlinkJob } = require("../components/index.js");
        ${program}`;
    const run = spawnSync(process.execPath, ["-e", code], { cwd: __dirname, encoding: "utf8" });
    const said = run.stdout.trim().split("\n").at(-1) ?? "";
    assert.match(said, /^\{/, run.stdout + run.stderr);
    return JSON.parse(said) as { names: string[]; errors: string };
}
