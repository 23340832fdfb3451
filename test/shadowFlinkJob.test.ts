import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import {
    existingJob,
    ShadowFlinkJob,
    sqlJob,
    type ShadowFlinkJobArgs,
} from "../components/index.js";
import { answers, graphOf, valueOf, refusalOf, type Registered } from "./graph.js";

const script = (topic: string, group: string, prefix: string) => `
CREATE TABLE flights (id STRING) WITH (
    'connector' = 'kafka', 'topic' = 'flights', 'properties.group.id' = '${group}', 'format' = 'json');
CREATE TABLE delays (id STRING) WITH (
    'connector' = 'kafka', 'topic' = '${topic}', 'format' = 'json',
    'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${prefix}');
INSERT INTO delays SELECT id FROM flights;
`;

const candidate = sqlJob(({ topic, group, transactionalIdPrefix }) => ({
    gateway: "http://gateway:8083",
    script: script(topic, group, transactionalIdPrefix),
}));

const args: ShadowFlinkJobArgs = {
    authority: "v1",
    kafka: { bootstrapServers: ["broker:9092"] },
    versions: { v1: existingJob({ topic: "delays", group: "delays-job" }), v2: candidate },
    compare: { identity: ["id"], windowSeconds: 60 },
    consumers: { dashboard: { group: "dashboard" } },
};

const namesAndTypes = (graph: Registered[]) => graph.map(({ name, type }) => [name, type]);
const inputsOf = (graph: Registered[], name: string) => {
    const found = graph.find((resource) => resource.name === name);
    assert.ok(found, `${name} is not in the graph`);
    return found.inputs;
};

const problemsOf = (change: Partial<ShadowFlinkJobArgs>, name?: string) =>
    refusalOf({ ...args, ...change }, name);

describe("ShadowFlinkJob", () => {
    for (const dryRun of [true, false]) {
        describe(dryRun ? "in a preview" : "in an update", () => {
            let graph: Registered[];
            let job: ShadowFlinkJob;
            before(async () => {
                graph = await graphOf(dryRun, () => (job = new ShadowFlinkJob("delays", args)));
            });

            it("has exactly these children", () => {
                assert.deepEqual(namesAndTypes(graph), [
                    ["delays", "shadow-flink:index:ShadowFlinkJob"],
                    ["delays-authority", "pulumi-nodejs:dynamic/shadow-flink:Authority"],
                    ["delays-cluster", "pulumi-nodejs:dynamic/shadow-flink:Cluster"],
                    ["delays-kafka", "pulumi:providers:kafka"],
                    ["delays-routing", "kafka:index/topic:Topic"],
                    ["delays-v1-topic", "kafka:index/topic:Topic"],
                    ["delays-v2-comparison", "pulumi-nodejs:dynamic/shadow-flink:Comparison"],
                    ["delays-v2-job", "pulumi-nodejs:dynamic/shadow-flink:SessionJob"],
                    ["delays-v2-topic", "kafka:index/topic:Topic"],
                ]);
            });

            it("hands the candidate names of its own", () => {
                assert.equal(
                    inputsOf(graph, "delays-v2-job")["script"],
                    script("delays-v2", "delays-v2", "delays-v2."),
                );
            });

            it("keeps the routing record in a compacted topic of one partition", () => {
                const { name, partitions, config } = inputsOf(graph, "delays-routing");
                assert.deepEqual(
                    { name, partitions, config },
                    {
                        name: "delays-routing",
                        partitions: 1,
                        config: { "cleanup.policy": "compact" },
                    },
                );
            });

            it("looks first whether the brokers answer and the existing job's topic is there", () => {
                const { name, bootstrapServers, existing } = inputsOf(graph, "delays-cluster");
                assert.deepEqual(
                    { name, bootstrapServers, existing },
                    {
                        name: "delays",
                        bootstrapServers: ["broker:9092"],
                        existing: { v1: "delays" },
                    },
                );
            });

            it("tells the comparison which versions there are, and with which settings", () => {
                const inputs = inputsOf(graph, "delays-v2-comparison");
                assert.deepEqual(
                    {
                        version: inputs["version"],
                        authority: inputs["authority"],
                        versions: inputs["versions"],
                        jobs: inputs["jobs"],
                        bootstrapServers: inputs["bootstrapServers"],
                        routingTopic: inputs["routingTopic"],
                        onFail: inputs["onFail"],
                    },
                    {
                        version: "v2",
                        authority: "v1",
                        versions: {
                            v1: { topic: "delays", managed: false },
                            v2: { topic: "delays-v2", managed: true },
                        },
                        jobs: {
                            v1: null,
                            v2: { rest: "http://flink:8081", jobId: "job-id", jobName: null },
                        },
                        bootstrapServers: ["broker:9092"],
                        routingTopic: "delays-routing",
                        onFail: "report",
                    },
                );
                assert.match(String(inputs["candidateDigest"]), /^[0-9a-f]{64}$/);
            });

            it("gives the authority the groups of every consumer on every version's topic", () => {
                const inputs = inputsOf(graph, "delays-authority");
                assert.deepEqual(inputs["consumers"], {
                    dashboard: { v1: "dashboard", v2: "dashboard-v2" },
                });
                assert.equal(inputs["transactionalId"], "shadow-route-delays");
                assert.equal(inputs["owner"], "organization/project/stack");
            });

            it("tells the authority nothing of an override for another version", async () => {
                const override = { version: "v2", reason: "v1 is wrong", approvedBy: "ada" };
                const built = await graphOf(
                    dryRun,
                    () => new ShadowFlinkJob("delays", { ...args, override }),
                );
                assert.equal(inputsOf(built, "delays-authority")["override"], null);
            });

            it("tells the authority in which order, and with how many repeats, consumers may move", () => {
                const { orders, maxRepeats, alignment } = inputsOf(graph, "delays-authority");
                assert.deepEqual(
                    { orders, maxRepeats, alignment },
                    {
                        orders: {},
                        maxRepeats: {},
                        alignment: { lookBackRecords: 10_000_000, disorderMilliseconds: null },
                    },
                );
            });

            it("gives out what every consumer reads", async () => {
                assert.deepEqual(await valueOf(job.consumers), {
                    dashboard: { version: "v1", topic: "topic-of-v1", group: "dashboard" },
                });
            });

            it("gives out topic, authority, verdict and versions", async () => {
                assert.deepEqual(
                    await valueOf(
                        pulumi.all([job.topic, job.authority, job.verdict, job.versions]),
                    ),
                    [
                        "topic-of-v1",
                        "v1",
                        { reportVersion: 1, outcome: "pass", candidate: "v2" },
                        {
                            v1: { topic: "delays", role: "authority", job: null, outcome: null },
                            v2: {
                                topic: "delays-v2",
                                role: "candidate",
                                job: { id: "job-id", status: "RUNNING", savepoint: null },
                                outcome: "pass",
                            },
                        },
                    ],
                );
            });
        });
    }

    it("mirrors the authority's topic, but not its retention", async () => {
        const graph = await graphOf(false, () => new ShadowFlinkJob("delays", args));
        const { name, partitions, replicationFactor, config } = inputsOf(graph, "delays-v2-topic");
        assert.deepEqual(
            { name, partitions, replicationFactor, config },
            {
                name: "delays-v2",
                partitions: 4,
                replicationFactor: 3,
                config: { "cleanup.policy": "delete", "max.message.bytes": "2097152" },
            },
        );
    });

    it("takes the caller's settings over the mirrored ones", async () => {
        const canary = { partitions: 2, config: { "retention.ms": "60000" } };
        const graph = await graphOf(false, () => new ShadowFlinkJob("delays", { ...args, canary }));
        const { partitions, config } = inputsOf(graph, "delays-v2-topic");
        assert.equal(partitions, 2);
        assert.equal((config as Record<string, string>)["retention.ms"], "60000");
    });

    it("changes no input of topics and jobs with a promotion", async () => {
        const untouched = (graph: Registered[]) =>
            graph.filter(({ name }) => /-(topic|job|routing)$/.test(name));
        const before = await graphOf(false, () => new ShadowFlinkJob("delays", args));
        const promoted = { ...args, authority: "v2" };
        const after = await graphOf(false, () => new ShadowFlinkJob("delays", promoted));
        assert.deepEqual(untouched(after), untouched(before));
    });

    it("renames nothing when a version is added", async () => {
        const before = await graphOf(false, () => new ShadowFlinkJob("delays", args));
        const versions = { ...args.versions, v3: candidate };
        const after = await graphOf(
            false,
            () => new ShadowFlinkJob("delays", { ...args, versions }),
        );
        const names = after.map(({ name }) => name);
        assert.deepEqual(
            before.filter(({ name }) => !names.includes(name)),
            [],
        );
        assert.deepEqual(
            names.filter((name) => name.startsWith("delays-v3")),
            ["delays-v3-comparison", "delays-v3-job", "delays-v3-topic"],
        );
    });

    describe("protects", () => {
        const three = { v1: candidate, v2: candidate, v3: candidate };
        const protectedOf = async (change: Partial<ShadowFlinkJobArgs>) => {
            const graph = await graphOf(
                false,
                () => new ShadowFlinkJob("delays", { ...args, versions: three, ...change }),
            );
            return inputsOf(graph, "delays-cluster")["protected"];
        };

        it("the version that is asked for, and those declared before it, so that a refused move lifts nothing", async () => {
            assert.deepEqual(await protectedOf({ authority: "v1" }), ["v1"]);
            assert.deepEqual(await protectedOf({ authority: "v2" }), ["v1", "v2"]);
            assert.deepEqual(await protectedOf({ authority: "v3" }), ["v1", "v2", "v3"]);
        });

        it("no version that is retired", async () => {
            const change = { authority: "v3", retire: { v1: {} } };
            assert.deepEqual(await protectedOf(change), ["v2", "v3"]);
        });
    });

    it("compares no version that is retired, and stops its job only if the routing record says so", async () => {
        const versions = { v1: candidate, v2: candidate };
        const retire = { v1: { savepoint: "s3://savepoints" } };
        const build = () =>
            new ShadowFlinkJob("delays", { ...args, authority: "v2", versions, retire });
        const graph = await graphOf(false, build);
        assert.deepEqual(inputsOf(graph, "delays-authority")["retire"], ["v1"]);
        assert.ok(!graph.some(({ name }) => name === "delays-v1-comparison"));
        assert.equal(inputsOf(graph, "delays-v1-job")["retire"], null);
        const { "pulumi-nodejs:dynamic/shadow-flink:Authority": answer } = answers;
        answers["pulumi-nodejs:dynamic/shadow-flink:Authority"] = (inputs) => {
            const { routing } = answer!(inputs) as { routing: object };
            return { routing: { ...routing, retired: ["v1"] } };
        };
        try {
            const retired = await graphOf(false, build);
            assert.deepEqual(inputsOf(retired, "delays-v1-job")["retire"], {
                savepoint: "s3://savepoints",
            });
        } finally {
            answers["pulumi-nodejs:dynamic/shadow-flink:Authority"] = answer!;
        }
    });

    it("recommends a rollback for a verdict against the authority, from after it was promoted, and for no other", async () => {
        const [authorityType, comparisonType] = ["Authority", "Comparison"].map(
            (type) => `pulumi-nodejs:dynamic/shadow-flink:${type}`,
        ) as [string, string];
        const originals = { ...answers };
        const recommended = async (version: string, comparedAt: string, outcome: string) => {
            answers[authorityType] = () => ({
                routing: {
                    authority: "v2",
                    topic: "delays-v2",
                    consumers: {},
                    history: [{ version: "v1" }, { version: "v2", since: "2026-11-23T12:00:00Z" }],
                },
            });
            answers[comparisonType] = () => ({
                verdict: {
                    outcome,
                    candidate: version,
                    incumbent: "v1",
                    comparedAt,
                    findings: [{ outcome: "fail", sentence: "Counts differ." }],
                },
            });
            let job: ShadowFlinkJob | undefined;
            try {
                const promoted = { ...args, authority: "v2" };
                await graphOf(false, () => (job = new ShadowFlinkJob("delays", promoted)));
                return await valueOf(job!.rollbackRecommended);
            } finally {
                Object.assign(answers, originals);
            }
        };
        const [before, after] = ["2026-11-23T11:59:00Z", "2026-11-23T12:01:00Z"];
        assert.equal(
            await recommended("v2", after, "fail"),
            "v2 holds authority and no longer says the same as v1: Counts differ. Set authority to v1 to go back.",
        );
        assert.equal(await recommended("v2", before, "fail"), null);
        assert.equal(await recommended("v2", after, "pass"), null);
        assert.equal(await recommended("v3", after, "fail"), null);
    });

    it("compares nothing where there is one version only", async () => {
        const versions = { v1: candidate };
        const canary = { partitions: 3, replicationFactor: 1 };
        const graph = await graphOf(
            false,
            () => new ShadowFlinkJob("delays", { ...args, versions, canary }),
        );
        assert.deepEqual(
            graph.map(({ name }) => name),
            [
                "delays",
                "delays-authority",
                "delays-cluster",
                "delays-kafka",
                "delays-routing",
                "delays-v1-job",
                "delays-v1-topic",
            ],
        );
    });

    describe("refuses, in one error that names each field", () => {
        it("an authority that is not declared", () => {
            assert.match(
                problemsOf({ authority: "v9" }),
                /authority: "v9" is not in `versions` \(v1, v2\)/,
            );
        });

        it("a control that is not declared, or holds authority", () => {
            const compare = { identity: ["origin"], windowSeconds: 3600 };
            for (const [control, why] of [
                ["v9", "is not in `versions`"],
                ["constructor", "is not in `versions`"],
                ["v1", "holds authority itself"],
            ] as const) {
                assert.ok(
                    problemsOf({ compare: { ...compare, control } }).includes(
                        `compare.control: is "${control}", which ${why}; declare a version`,
                    ),
                    control,
                );
            }
        });

        it("no versions at all", () => {
            assert.match(problemsOf({ versions: {} }), /versions: is empty/);
        });

        it("a candidate that writes into the authority's topic", () => {
            const versions = {
                ...args.versions,
                v2: sqlJob(({ group, transactionalIdPrefix }) => ({
                    gateway: "http://gateway:8083",
                    script: script("delays", group, transactionalIdPrefix),
                })),
            };
            assert.match(problemsOf({ versions }), /versions\.v2\.script: .*delays/);
        });

        it("a candidate that takes the incumbent's group", () => {
            const versions = {
                ...args.versions,
                v2: sqlJob(
                    ({ topic, group, transactionalIdPrefix }) => ({
                        gateway: "http://gateway:8083",
                        script: script(topic, group, transactionalIdPrefix),
                    }),
                    { group: "delays-job" },
                ),
            };
            assert.match(problemsOf({ versions }), /versions\.v2\.group: "delays-job"/);
        });

        it("a consumer whose group is another reader's, now or after a promotion", () => {
            const message = problemsOf({
                consumers: {
                    dashboard: { group: "dashboard" },
                    other: { group: "dashboard-v2" },
                    delays: { group: "delays" },
                },
            });
            assert.match(
                message,
                /consumers\.other\.group: "dashboard-v2" is the group of dashboard too/,
            );
            assert.match(
                message,
                /consumers\.delays\.group: "delays-v2" is the group of the job of v2 too/,
            );
        });

        it("numbers of a move that cannot be meant", () => {
            const message = problemsOf({
                consumers: {
                    a: { group: "a", order: NaN },
                    b: { group: "b", maxRepeats: -1 },
                    c: { group: "c", maxRepeats: 1.5 },
                },
                alignment: { lookBackRecords: 0, disorderSeconds: -3 },
                bakeSeconds: -1,
            });
            assert.match(message, /bakeSeconds: is -1: /);
            assert.match(message, /consumers\.a\.order: is NaN: give a number/);
            assert.match(message, /consumers\.b\.maxRepeats: is -1: give a whole number/);
            assert.match(message, /consumers\.c\.maxRepeats: is 1\.5: /);
            assert.match(message, /alignment\.lookBackRecords: is 0: /);
            assert.match(message, /alignment\.disorderSeconds: is -3: /);
        });

        it("the retirement of the authority, of a job that is not managed, and of nothing", () => {
            const message = problemsOf({
                authority: "v2",
                retire: { v1: {}, v2: { savepoint: " " }, v8: {} },
            });
            assert.match(message, /retire\.v1: the job of "v1" is not managed here/);
            assert.match(message, /retire\.v2: "v2" is the authority, whose topic consumers read/);
            assert.match(message, /retire\.v2\.savepoint: is empty/);
            assert.match(message, /retire\.v8: "v8" is not in `versions` \(v1, v2\)/);
        });

        it("several problems at once", () => {
            const message = problemsOf(
                {
                    authority: "v9",
                    compare: { identity: [], windowSeconds: -1 },
                    consumers: { a: { group: "g" }, b: { group: "g" } },
                    override: { version: "v8", reason: "", approvedBy: "ada" },
                },
                "Delays",
            );
            for (const field of [
                "name",
                "authority",
                "compare.identity",
                "compare.windowSeconds",
                "consumers.b.group",
                "override.reason",
                "override.version",
            ]) {
                assert.match(message, new RegExp(`- ${field.replace(".", "\\.")}: `), field);
            }
        });
    });
});
