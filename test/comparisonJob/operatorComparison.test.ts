import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
    existingJob,
    flinkDeployment,
    flinkSessionJob,
    ShadowFlinkJob,
    type ComparisonNames,
    type FlinkDeployment,
    type FlinkDeploymentSpec,
    type FlinkSessionJob,
    type ShadowFlinkJobArgs,
} from "../../components/index.js";
import { functions } from "../functions.js";
import { answers, graphOf, refusalOf, type Registered } from "../graph.js";
import { noteOptions, type ToldOptions } from "../resourceOptions.js";

const deploymentType = "kubernetes:flink.apache.org/v1beta1:FlinkDeployment";
const sessionType = "kubernetes:flink.apache.org/v1beta1:FlinkSessionJob";

type ComparisonJob = FlinkDeployment<ComparisonNames> | FlinkSessionJob<ComparisonNames>;

const specOf = ({ scriptFile }: ComparisonNames): FlinkDeploymentSpec => ({
    image: "registry/sql-runner:1",
    flinkVersion: "v2_2",
    jobManager: { resource: { cpu: 0.5, memory: "1g" } },
    taskManager: { resource: { cpu: 2, memory: "4g" } },
    job: { jarURI: "local:///opt/flink/usrlib/sql-runner.jar", args: [scriptFile] },
});
const options = { namespace: "jobs", rest: "service" };
const compared = flinkDeployment<ComparisonNames>(specOf, options);
const inSession = (build?: (names: ComparisonNames) => object) =>
    flinkSessionJob<ComparisonNames>(
        (names) => ({
            deploymentName: "session",
            job: { jarURI: "https://jars/sql-runner.jar", args: [names.script] },
            ...build?.(names),
        }),
        options,
    );

const candidate = flinkDeployment(
    ({ topic, group, transactionalIdPrefix }) => ({
        flinkVersion: "v2_2",
        job: { args: [topic, group, transactionalIdPrefix] },
    }),
    { namespace: "jobs" },
);

const comparing = (
    job: ComparisonJob,
    flink: object = {},
    compare: object = {},
): ShadowFlinkJobArgs["compare"] => ({
    identity: ["id"],
    windowSeconds: 60,
    engine: "flink",
    flink: { functions, parallelism: 2, job, ...flink },
    ...compare,
});

const args: ShadowFlinkJobArgs = {
    authority: "v1",
    kafka: { bootstrapServers: ["broker:9092"] },
    versions: { v1: existingJob({ topic: "delays" }), v2: candidate },
    compare: comparing(compared),
    checkpoints: "s3://state/",
};

const build = (change: Partial<ShadowFlinkJobArgs> = {}, dryRun = false): Promise<Registered[]> =>
    graphOf(dryRun, () => new ShadowFlinkJob("delays", { ...args, ...change }));

/** The resources of comparisons' jobs, without their topics. */
const jobsOf = (graph: readonly Registered[]) =>
    graph.filter(({ name }) => /-comparison-[0-9a-f]{8}/.test(name));
const specIn = (graph: readonly Registered[]) => {
    const [job, ...others] = jobsOf(graph).filter(({ type }) => type.includes("flink.apache.org"));
    assert.ok(job !== undefined && others.length === 0);
    return job.inputs["spec"] as Record<string, unknown>;
};
const comparisonOf = (graph: readonly Registered[]) =>
    graph.find(({ name }) => name === "delays-v2-comparison")?.inputs ?? {};

const problemsOf = (change: Partial<ShadowFlinkJobArgs>) => refusalOf({ ...args, ...change });

describe("the job of a comparison that the operator runs", () => {
    before(() => {
        answers[deploymentType] = () => ({
            status: { jobStatus: { state: "RUNNING", jobId: "c3d4" } },
        });
        answers[sessionType] = answers[deploymentType];
    });
    after(() => {
        delete answers[deploymentType];
        delete answers[sessionType];
    });

    for (const dryRun of [true, false]) {
        it(`is a FlinkDeployment with its SQL as a file, exactly, in ${dryRun ? "a preview" : "an update"}`, async () => {
            const graph = await build({}, dryRun);
            const made = jobsOf(graph);
            const digest = /[0-9a-f]{8}$/.exec(made[0]?.name ?? "")?.[0] ?? "none";
            const name = `delays-v2-comparison-${digest}`;
            const topic = `delays-v2-evidence-${digest}`;
            assert.deepEqual(
                made.map(({ name, type }) => [name, type]),
                [
                    [name, deploymentType],
                    [`${name}-sql`, "kubernetes:core/v1:ConfigMap"],
                ],
            );
            assert.ok(graph.some((resource) => resource.name === topic));
            const labels = {
                "app.kubernetes.io/name": "delays",
                "app.kubernetes.io/instance": name,
                "app.kubernetes.io/version": "v2",
                "app.kubernetes.io/component": "comparison",
                "app.kubernetes.io/part-of": "delays",
                "app.kubernetes.io/managed-by": "pulumi",
            };
            assert.deepEqual(made[0]?.inputs, {
                apiVersion: "flink.apache.org/v1beta1",
                kind: "FlinkDeployment",
                metadata: {
                    name,
                    namespace: "jobs",
                    labels,
                    annotations: {
                        "pulumi.com/waitFor": "jsonpath={.status.jobStatus.state}=RUNNING",
                    },
                },
                spec: {
                    image: "registry/sql-runner:1",
                    flinkVersion: "v2_2",
                    jobManager: { resource: { cpu: 0.5, memory: "1g" } },
                    taskManager: { resource: { cpu: 2, memory: "4g" } },
                    flinkConfiguration: {
                        "high-availability.type": "kubernetes",
                        "execution.checkpointing.dir": `s3://state/${topic}`,
                        "execution.checkpointing.savepoint-dir": `s3://state/${topic}/savepoints`,
                        "high-availability.storageDir": `s3://state/${topic}/ha`,
                    },
                    podTemplate: {
                        spec: {
                            containers: [
                                {
                                    name: "flink-main-container",
                                    volumeMounts: [
                                        {
                                            name: "shadow-flink-comparison",
                                            mountPath: "/opt/flink/shadow-flink",
                                            readOnly: true,
                                        },
                                    ],
                                },
                            ],
                            volumes: [
                                {
                                    name: "shadow-flink-comparison",
                                    configMap: { name: `${name}-sql` },
                                },
                            ],
                        },
                    },
                    job: {
                        parallelism: 2,
                        upgradeMode: "last-state",
                        jarURI: "local:///opt/flink/usrlib/sql-runner.jar",
                        args: ["/opt/flink/shadow-flink/comparison.sql"],
                    },
                },
            });
            const { data, ...map } = made[1]!.inputs as { data: Record<string, string> };
            assert.deepEqual(map, {
                apiVersion: "v1",
                kind: "ConfigMap",
                metadata: { name: `${name}-sql`, namespace: "jobs", labels },
                immutable: true,
            });
            assert.deepEqual(Object.keys(data), ["comparison.sql"]);
            const script = data["comparison.sql"]!;
            assert.match(
                script,
                new RegExp(`^-- Compares delays-v2 \\(v2\\) .*, into ${topic}\\.`),
            );
            assert.match(script, /'properties.bootstrap.servers' = 'broker:9092'/);
            assert.deepEqual(comparisonOf(graph)["evidenceJob"], {
                jobId: "c3d4",
                problem: null,
                restUrl: `http://${name}-rest.jobs:8081`,
                topic,
                incumbent: { version: "v1", topic: "delays" },
                start: { incumbent: null, candidate: null },
            });
            // What has a callback in it would not go into a state.
            const { settings } = comparisonOf(graph) as { settings: { flink: object } };
            assert.ok(!Object.hasOwn(settings.flink, "job"));
        });
    }

    it("can be a job of a session cluster, which is handed the SQL itself, and asked through it", async () => {
        const graph = await build({ compare: comparing(inSession()) });
        assert.deepEqual(
            jobsOf(graph).map(({ type }) => type),
            [sessionType],
        );
        const { job, ...spec } = specIn(graph) as { job: { args: string[] } };
        assert.equal((spec as { deploymentName?: string }).deploymentName, "session");
        const { restUrl, topic } = comparisonOf(graph)["evidenceJob"] as Record<string, string>;
        assert.equal(restUrl, "http://session-rest.jobs:8081");
        assert.match(job.args[0]!, new RegExp(`into ${topic}\\.`));
    });

    it("is asked where its name stands in a URL", async () => {
        const job = flinkDeployment<ComparisonNames>(specOf, {
            namespace: "jobs",
            rest: "https://{{name}}.{{namespace}}.flink.example",
        });
        const graph = await build({ compare: comparing(job) });
        const { restUrl, topic } = comparisonOf(graph)["evidenceJob"] as Record<string, string>;
        const name = topic!.replace("-evidence-", "-comparison-");
        assert.equal(restUrl, `https://${name}.jobs.flink.example`);
    });

    it("is another one where anything of it is another, and the same with another threshold", async () => {
        const name = async (compare: ShadowFlinkJobArgs["compare"]) =>
            jobsOf(await build({ compare }))[0]?.name;
        const usual = await name(comparing(compared));
        assert.equal(
            await name(
                comparing(compared, {}, { rules: { counts: { maxRelativeDifference: 0.1 } } }),
            ),
            usual,
        );
        const labelled = flinkDeployment<ComparisonNames>(specOf, {
            ...options,
            labels: { team: "reports" },
            rest: "http://flink",
        });
        assert.equal(await name(comparing(labelled)), usual);
        const other = (change: object, place: object = {}) =>
            comparing(
                flinkDeployment<ComparisonNames>((names) => ({ ...specOf(names), ...change }), {
                    ...options,
                    ...place,
                }),
            );
        const others: (string | undefined)[] = [];
        for (const compare of [
            comparing(compared, {}, { windowSeconds: 120 }),
            comparing(compared, { attempt: 2 }),
            comparing(inSession()),
            other({ image: "registry/sql-runner:2" }),
            other({}, { namespace: "elsewhere" }),
            other({}, { name: "compared" }),
        ]) {
            others.push(await name(compare));
        }
        assert.equal(new Set([usual, ...others]).size, others.length + 1, others.join());
    });

    it("stays as it is, byte for byte, through the promotion that it was for", async () => {
        const text = async (authority: string) =>
            JSON.stringify(jobsOf(await build({ authority })));
        const before = await text("v1");
        assert.match(before, /comparison\.sql/);
        assert.equal(await text("v2"), before);
    });

    it("stops with the candidate, and can always be replaced", async () => {
        assert.deepEqual(jobsOf(await build({ retire: { v2: {} } })), []);
        let noted: Record<string, ToldOptions> = {};
        const own = flinkDeployment<ComparisonNames>(specOf, { ...options, serviceAccount: true });
        await graphOf(false, () => {
            noted = noteOptions();
            return new ShadowFlinkJob(
                "delays",
                { ...args, compare: comparing(own) },
                { protect: true },
            );
        });
        const told = Object.entries(noted).filter(([name]) => /-comparison-[0-9a-f]{8}/.test(name));
        assert.equal(told.length, 5);
        assert.deepEqual([...new Set(told.map(([, { protect }]) => protect))], [false]);
        const [job, { dependsOn }] = told.find(([name]) => /-comparison-[0-9a-f]{8}$/.test(name))!;
        assert.deepEqual(
            dependsOn,
            [
                "delays-v1-topic",
                `${job}-account`,
                `${job}-binding`,
                `${job}-role`,
                `${job}-sql`,
                job.replace("comparison", "evidence"),
                job.replace("comparison", "evidence-start"),
                "delays-v2-topic",
            ].sort(),
        );
    });

    describe("has its file mounted", () => {
        const templateOf = async (change: Partial<FlinkDeploymentSpec>) => {
            const job = flinkDeployment<ComparisonNames>(
                (names) => ({ ...specOf(names), ...change }),
                options,
            );
            return specIn(await build({ compare: comparing(job) })) as {
                podTemplate?: { spec: { containers: object[]; volumes: object[] } };
                jobManager: { podTemplate?: { spec: { containers: object[]; volumes: object[] } } };
            };
        };
        const pod = {
            metadata: { labels: { team: "reports" } },
            spec: {
                nodeSelector: { disk: "ssd" },
                containers: [
                    { name: "sidecar" },
                    {
                        name: "flink-main-container",
                        volumeMounts: [{ name: "keys", mountPath: "/k" }],
                    },
                ],
                volumes: [{ name: "keys", secret: { secretName: "keys" } }],
            },
        };
        const withFile = (template: typeof pod) => {
            const [sidecar, main] = template.spec.containers;
            assert.deepEqual(sidecar, { name: "sidecar" });
            assert.deepEqual(
                main?.volumeMounts?.map(({ name }) => name),
                ["keys", "shadow-flink-comparison"],
            );
            assert.deepEqual(
                template.spec.volumes.map(({ name }) => name),
                ["keys", "shadow-flink-comparison"],
            );
            assert.deepEqual(template.metadata, pod.metadata);
            assert.deepEqual(template.spec.nodeSelector, pod.spec.nodeSelector);
        };

        it("beside what the template of its pods has", async () => {
            withFile((await templateOf({ podTemplate: pod })).podTemplate as unknown as typeof pod);
        });

        it("in that of the JobManager, where there is one", async () => {
            const spec = await templateOf({ jobManager: { podTemplate: pod } });
            withFile(spec.jobManager.podTemplate as unknown as typeof pod);
            assert.equal(spec.podTemplate, undefined);
        });

        it("by the spec itself, where that names its ConfigMap", async () => {
            const job = flinkDeployment<ComparisonNames>(({ configMap, ...names }) => {
                const volumes = [{ name: "sql", configMap: { name: configMap } }];
                const podTemplate = { spec: { volumes } };
                return {
                    ...specOf({ ...names, configMap }),
                    podTemplate,
                    jobManager: { podTemplate },
                };
            }, options);
            const { podTemplate } = specIn(await build({ compare: comparing(job) })) as {
                podTemplate: { spec: object };
            };
            assert.deepEqual(Object.keys(podTemplate.spec), ["volumes"]);
        });
    });

    it("keeps what its spec says of high availability, and needs none without a folder", async () => {
        const configured = flinkDeployment<ComparisonNames>(
            (names) => ({
                ...specOf(names),
                flinkConfiguration: { "high-availability.type": "NONE" },
            }),
            options,
        );
        const { flinkConfiguration, job } = specIn(
            await build({ compare: comparing(configured) }),
        ) as {
            flinkConfiguration: Record<string, string>;
            job: Record<string, string>;
        };
        assert.equal(flinkConfiguration["high-availability.type"], "NONE");
        assert.equal(job["upgradeMode"], undefined);
        const plain = specIn(await build({ checkpoints: undefined }));
        assert.equal(plain["flinkConfiguration"], undefined);
    });

    describe("is refused, by name", () => {
        const refused = (change: object, place: object = {}) =>
            problemsOf({
                compare: comparing(
                    flinkDeployment<ComparisonNames>((names) => ({ ...specOf(names), ...change }), {
                        ...options,
                        ...place,
                    }),
                ),
            });
        const cases: Record<string, [() => string, RegExp]> = {
            "where nobody could ask whether it runs": [
                () => refused({}, { rest: undefined }),
                /compare\.flink\.job\.rest: is missing: .*"\{\{name\}\}"/,
            ],
            "for a URL with a password in it": [
                () => refused({}, { rest: "http://me:planted@flink" }),
                /compare\.flink\.job\.rest: is no http\(s\) URL/,
            ],
            "for a name that the operator would refuse": [
                () => refused({}, { name: "a".repeat(37) }),
                /compare\.flink\.job\.name: is "a{37}-[0-9a-f]{8}"; .*at most 45/,
            ],
            "where nothing runs the SQL": [
                () => refused({ job: { args: ["simple.sql"] } }),
                /compare\.flink\.job\.spec: does not hand the SQL on.*`scriptFile` or `script`/,
            ],
            "for a file that pods of a session cluster do not have": [
                () =>
                    problemsOf({
                        compare: comparing(
                            inSession(({ scriptFile }) => ({ job: { args: [scriptFile] } })),
                        ),
                    }),
                /compare\.flink\.job\.spec: does not hand the SQL on.*give `script` to the program/,
            ],
            "without a job": [
                () => refused({ job: undefined }),
                /compare\.flink\.job\.spec: has no `job`/,
            ],
            "for another parallelism than that of the SQL": [
                () =>
                    refused({
                        job: { args: ["/opt/flink/shadow-flink/comparison.sql"], parallelism: 4 },
                    }),
                /compare\.flink\.job\.spec: job\.parallelism is 4, and compare\.flink\.parallelism 2/,
            ],
            "for a state to begin with": [
                () => refused({ job: { initialSavepointPath: "s3://other" } }),
                /compare\.flink\.job\.spec: job\.initialSavepointPath is given: a comparison begins anew/,
            ],
            "where it would never run": [
                () => refused({ job: { state: "suspended" } }),
                /compare\.flink\.job\.spec: job\.state is "suspended"/,
            ],
            "for what is only known later": [
                () => refused({ image: pulumi.output("registry/late") }),
                /compare\.flink\.job\.spec: has an output in it.*getOutputDetails/,
            ],
            "for brokers that are only known later": [
                () => problemsOf({ kafka: { bootstrapServers: pulumi.output(["broker:9092"]) } }),
                /kafka\.bootstrapServers: has an output in it/,
            ],
            "for two templates that are laid over each other": [
                () =>
                    refused({
                        podTemplate: { spec: {} },
                        jobManager: { podTemplate: { spec: {} } },
                    }),
                /compare\.flink\.job\.spec: has two templates for the JobManager's pod/,
            ],
            "for the folder of a version": [
                () =>
                    refused({
                        flinkConfiguration: {
                            "execution.checkpointing.dir": "s3://state/delays-v2",
                        },
                    }),
                /compare\.flink\.job\.spec: .*"s3:\/\/state\/delays-v2" is the folder of version v2/,
            ],
            "for the topic of a version, beside its SQL": [
                () =>
                    refused({
                        job: { args: ["/opt/flink/shadow-flink/comparison.sql", "delays"] },
                    }),
                /compare\.flink\.job\.spec: job\.args\[1\]: "delays" is the topic of version v1/,
            ],
            "for options that only a version has": [
                () => refused({}, { principal: "User:me", start: "latest" }),
                /compare\.flink\.job\.principal: is not used.*\n.*compare\.flink\.job\.start: is not used/,
            ],
            "beside a gateway": [
                () => problemsOf({ compare: comparing(compared, { gateway: "http://gateway" }) }),
                /compare\.flink\.gateway: is not used with compare\.flink\.job/,
            ],
            "where it is none": [
                () =>
                    problemsOf({ compare: comparing({ kind: "sql" } as unknown as ComparisonJob) }),
                /compare\.flink\.job: is no flinkDeployment\(\.\.\.\) and no flinkSessionJob/,
            ],
        };
        for (const [what, [said, expected]] of Object.entries(cases)) {
            it(what, () => {
                const problems = said();
                assert.match(problems, expected);
                assert.ok(!problems.includes("planted"));
            });
        }

        it("once, of however many versions", () => {
            const versions = { ...args.versions, v3: candidate };
            const job = flinkDeployment<ComparisonNames>(specOf, { namespace: "jobs" });
            const found = problemsOf({ versions, compare: comparing(job) });
            assert.equal(found.match(/compare\.flink\.job\.rest/g)?.length, 1, found);
        });
    });

    it("is named as a way out where there is no gateway", () => {
        assert.match(
            problemsOf({ compare: comparing(compared, { job: undefined }) }),
            /compare\.flink\.gateway: is missing: v2 is no sqlJob.*or a `compare\.flink\.job`/,
        );
    });

    it("tells a preview what pods it takes", async () => {
        const graph = await build();
        const { shadows } = graph.find(({ name }) => name === "delays-cluster")?.inputs as {
            shadows: Record<string, Record<string, unknown>>;
        };
        assert.deepEqual(shadows["v2"]?.["comparisonPods"], [
            { role: "JobManager", count: 1, cpu: 0.5, memory: "1g" },
            { role: "TaskManager", count: 2, cpu: 2, memory: "4g" },
        ]);
        assert.equal(shadows["v2"]?.["comparisonSlots"], 2);
    });
});
