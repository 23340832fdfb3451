import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { comparer } from "../../components/provider/comparer.js";
import { jobStartVerbs } from "../../components/provider/jobStart.js";
import type { JobStart } from "../../components/provider/inputs.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import type { Json } from "../../components/provider/verbs.js";
import { FlinkDouble } from "../flink/flinkDouble.js";

const script = "CREATE TABLE t (a INT) WITH ('connector' = 'print'); INSERT INTO t SELECT 1";

describe("the job of a comparison on a session cluster", () => {
    let flink: FlinkDouble;
    const gone = "http://127.0.0.1:9";
    const inputs = (gateway: string): Json => ({
        __provider: "the shim",
        name: "delays-v2",
        version: "v2 comparison",
        jobName: "delays-v2-evidence",
        gateway,
        rest: gateway,
        script,
        digest: createHash("sha256").update(script).digest("hex"),
        savepointDirectory: null,
        startTimeoutSeconds: 20,
        wayOut: "Do it anew.",
    });

    beforeEach(async () => {
        flink = await new FlinkDouble().start();
    });
    afterEach(() => flink.stop());

    it("is no error where nothing of Flink answers, and is started by the next update that finds it", async () => {
        const { outs } = await comparer.create(inputs(gone));
        assert.equal(outs["__provider"], "the shim");
        assert.equal(outs["jobId"], null);
        assert.match(String(outs["problem"]), /127\.0\.0\.1:9/);
        assert.deepEqual(await comparer.diff("id", outs, inputs(gone)), { changes: true });

        const still = await comparer.update("id", outs, inputs(gone));
        assert.equal(still.outs["jobId"], null);
        const started = await comparer.update("id", still.outs, inputs(flink.url));
        assert.deepEqual(
            [started.outs["jobId"], started.outs["problem"]],
            [[...flink.jobs.keys()][0], null],
        );
        const news = inputs(flink.url);
        assert.deepEqual(await comparer.diff("id", started.outs, news), { changes: false });
        await comparer.delete("id", outs);
        await comparer.delete("id", started.outs);
        assert.equal([...flink.jobs.values()][0]?.state, "CANCELED");
    });

    it("stays what it was where Flink does not answer an update", async () => {
        const { outs } = await comparer.create(inputs(flink.url));
        const { outs: kept } = await comparer.update("id", outs, inputs(gone));
        assert.deepEqual([kept["jobId"], kept["gateway"]], [outs["jobId"], gone]);
    });
});

describe("where the job of a comparison begins", () => {
    function world(topics: Set<string>) {
        const committed: Record<string, unknown> = {};
        const port = {
            describeTopic: (name: string) =>
                Promise.resolve(topics.has(name) ? { name, id: `the id of ${name}` } : undefined),
            earliestOffsets: () => Promise.resolve(new Map([[0, 3n]])),
            lastStableOffsets: () => Promise.resolve(new Map([[0, 9n]])),
            commitOffsets: (group: string, topic: string, offsets: Map<number, bigint>) => {
                committed[`${group} on ${topic}`] = offsets.get(0);
                return Promise.resolve();
            },
        } as unknown as KafkaPort;
        return { committed, verbs: jobStartVerbs((_address, work) => work(port)) };
    }
    const inputs = {
        bootstrapServers: ["one:9092"],
        group: "evidence",
        incumbent: "delays",
        candidate: "delays-v2",
        from: "now",
    };

    it("is the end of the incumbent's topic, or its beginning, and the beginning of the candidate's", async () => {
        const { committed, verbs } = world(new Set(["delays", "delays-v2"]));
        const { outs } = await verbs.create(inputs);
        assert.deepEqual(committed, { "evidence on delays": 9n, "evidence on delays-v2": 3n });
        assert.deepEqual(outs["start"], {
            incumbent: { topicId: "the id of delays", offsets: { 0: "9" } },
            candidate: { topicId: "the id of delays-v2", offsets: { 0: "3" } },
        });
        await verbs.create({ ...inputs, from: "beginning" });
        assert.equal(committed["evidence on delays"], 3n);
    });

    it("is found once, as soon as both topics are there", async () => {
        const topics = new Set(["delays"]);
        const { committed, verbs } = world(topics);
        const { outs } = await verbs.create(inputs);
        assert.equal((outs["start"] as JobStart).candidate, null);
        assert.deepEqual(await verbs.diff("", outs, inputs), { changes: true });
        topics.add("delays-v2");
        delete committed["evidence on delays"];
        const { outs: whole } = await verbs.update("", outs, inputs);
        assert.deepEqual(committed, { "evidence on delays-v2": 3n });
        assert.equal((whole["start"] as JobStart).candidate?.topicId, "the id of delays-v2");
        assert.deepEqual(await verbs.diff("", whole, inputs), { changes: false });
        await verbs.update("", whole, inputs);
        assert.deepEqual(committed, { "evidence on delays-v2": 3n });
    });
});
