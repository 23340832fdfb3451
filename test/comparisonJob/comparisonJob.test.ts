import assert from "node:assert/strict";
import {
    existingJob,
    jarJob,
    ShadowFlinkJob,
    sqlJob,
    type ShadowFlinkJobArgs,
} from "../../components/index.js";
import { sessionJobProblems } from "../../components/provider/sessionJobInputs.js";
import { functions } from "../functions.js";
import { graphOf, refusalOf, type Registered } from "../graph.js";
import { noteOptions, type ToldOptions } from "../resourceOptions.js";

const candidate = sqlJob(({ topic, group, transactionalIdPrefix }) => ({
    gateway: "http://gateway:8083",
    script: `
CREATE TABLE flights (id STRING) WITH (
    'connector' = 'kafka', 'topic' = 'flights', 'properties.group.id' = '${group}', 'format' = 'json');
CREATE TABLE delays (id STRING) WITH (
    'connector' = 'kafka', 'topic' = '${topic}', 'format' = 'json',
    'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '${transactionalIdPrefix}');
INSERT INTO delays SELECT id FROM flights;`,
}));

const args: ShadowFlinkJobArgs = {
    authority: "v1",
    kafka: { bootstrapServers: ["broker:9092"] },
    versions: { v1: existingJob({ topic: "delays" }), v2: candidate },
    compare: {
        identity: ["id"],
        windowSeconds: 60,
        engine: "flink",
        flink: { functions, parallelism: 2 },
    },
    checkpoints: "s3://state/",
};

const build = (change: Partial<ShadowFlinkJobArgs> = {}): Promise<Registered[]> =>
    graphOf(false, () => new ShadowFlinkJob("delays", { ...args, ...change }));

const jobsOf = (graph: readonly Registered[]) =>
    graph.filter(({ type }) => type.endsWith("ComparisonJob")).map(({ inputs }) => inputs);
const jobOf = (graph: readonly Registered[]) => {
    const [job, ...others] = jobsOf(graph);
    assert.ok(job !== undefined && others.length === 0);
    return job;
};
const comparisonOf = (graph: readonly Registered[], version: string) =>
    graph.find(({ name }) => name === `delays-${version}-comparison`)?.inputs ?? {};

const problemsOf = (change: Partial<ShadowFlinkJobArgs>) => refusalOf({ ...args, ...change });

describe("the job of a comparison", () => {
    it("runs beside the candidate, where that runs, into a topic of its own", async () => {
        const graph = await build();
        const job = jobOf(graph);
        const name = String(job["jobName"]);
        assert.match(name, /^delays-v2-evidence-[0-9a-f]{8}$/);
        assert.deepEqual([job["gateway"], job["rest"]], ["http://gateway:8083", null]);
        assert.deepEqual(sessionJobProblems({}, job), []);
        const script = String(job["script"]);
        assert.match(script, /'execution.checkpointing.dir' = 's3:\/\/state\/delays-v2-evidence-/);
        assert.match(script, /'parallelism.default' = '2'/);
        assert.match(script, /'properties.bootstrap.servers' = 'broker:9092'/);
        const topic = graph.find(({ inputs }) => inputs["name"] === name);
        assert.deepEqual(topic?.inputs["config"], {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
        });
        assert.deepEqual(comparisonOf(graph, "v2")["evidenceJob"], {
            jobId: "job-id",
            problem: null,
            restUrl: "http://flink:8081",
            topic: name,
            incumbent: { version: "v1", topic: "delays" },
            start: { incumbent: null, candidate: null },
        });
        const start = graph.find(({ type }) => type.endsWith("EvidenceStart"))?.inputs;
        assert.deepEqual(
            [start?.["group"], start?.["incumbent"], start?.["candidate"], start?.["from"]],
            [name, "delays", "delays-v2", "now"],
        );
    });

    it("is there only where it is asked for", async () => {
        const { identity, windowSeconds } = args.compare;
        const graph = await build({ compare: { identity, windowSeconds } });
        assert.deepEqual(jobsOf(graph), []);
        assert.equal(comparisonOf(graph, "v2")["evidenceJob"], null);
    });

    it("is another one with another rule, and the same with another threshold", async () => {
        const name = async (change: object) =>
            jobOf(await build({ compare: { ...args.compare, ...change } }))["jobName"];
        const usual = await name({});
        assert.equal(await name({ rules: { counts: { maxRelativeDifference: 0.1 } } }), usual);
        assert.notEqual(await name({ windowSeconds: 120 }), usual);
        assert.notEqual(await name({ fields: { delay: { absoluteTolerance: 1 } } }), usual);
        assert.notEqual(await name({ flink: { functions, attempt: 2 } }), usual);
    });

    it("stays through the promotion that it was for, and compares what is declared behind authority", async () => {
        const versions = { ...args.versions, v3: candidate };
        const pairs = async (authority: string) =>
            jobsOf(await build({ authority, versions })).map(({ jobName, script }) => [
                String(jobName),
                /-- Compares (.*), into/.exec(String(script))?.[1],
            ]);
        const [before] = await pairs("v1");
        assert.equal(before?.[1], "delays-v2 (v2) with delays (v1)");
        const after = await pairs("v2");
        assert.deepEqual(after[0], before);
        assert.equal(after[1]?.[1], "delays-v3 (v3) with delays-v2 (v2)");
    });

    it("can always be replaced, and is stopped before its topic goes", async () => {
        let noted: Record<string, ToldOptions> = {};
        await graphOf(false, () => {
            noted = noteOptions();
            return new ShadowFlinkJob("delays", args, { protect: true });
        });
        const told = (prefix: string) =>
            Object.entries(noted).find(([name]) => name.startsWith(prefix));
        const [topic, job] = [told("delays-v2-evidence-"), told("delays-v2-comparison-")];
        const begin = told("delays-v2-evidence-start-")?.[0] ?? "";
        assert.ok(job?.[1].dependsOn.includes(begin), job?.[1].dependsOn.join());
        assert.deepEqual([topic?.[1].protect, job?.[1].protect], [false, false]);
        assert.equal(topic?.[1].retainOnDelete, false);
        assert.ok(job?.[1].dependsOn.includes(topic?.[0] ?? ""), job?.[1].dependsOn.join());
        assert.ok(job?.[1].dependsOn.includes("delays-v2-topic"));
    });

    it("stops with the candidate", async () => {
        const graph = await build({ retire: { v2: {} } });
        assert.deepEqual(jobsOf(graph), []);
    });

    it("is refused without a gateway, and without what secured brokers ask for", () => {
        const jar = jarJob(({ topic, group, transactionalIdPrefix }) => ({
            rest: "http://flink:8081",
            jar: __filename,
            args: [topic, group, transactionalIdPrefix],
        }));
        const problems = problemsOf({
            versions: { v1: existingJob({ topic: "delays" }), v2: jar },
            kafka: { bootstrapServers: ["broker:9092"], tls: {} },
        });
        assert.match(problems, /compare\.flink\.gateway: is missing: v2 is no sqlJob/);
        assert.match(
            problems,
            /compare\.flink\.properties: is missing: the brokers are entered with TLS/,
        );
    });
});
