import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { existingJob, ShadowFlinkJob, sqlJob, type StartArgs } from "../components/index.js";
import type { StartOffsets } from "../components/provider/inputs.js";
import type { KafkaPort } from "../components/provider/kafka/port.js";
import { startVerbs } from "../components/provider/start.js";
import { declareStart, startProblems } from "../components/startPosition.js";
import { answers, graphOf, valueOf, type Registered } from "./graph.js";

const offsets: StartOffsets = { flights: { 10: "7", 2: "12" } };

describe("where a version begins to read", () => {
    it("is handed on as table options and as an argument", async () => {
        const said = async (start: StartArgs) => {
            const { position, captured } = declareStart(start);
            captured?.(pulumi.output(offsets));
            return [
                await valueOf(position.tableOptions("flights")),
                await valueOf(position.argument("flights")),
            ];
        };
        const time = Date.parse("2026-11-23T04:00Z");
        const timestamp = [
            `'scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '${time}'`,
            `timestamp:${time}`,
        ];
        assert.deepEqual(await said("earliest"), [
            "'scan.startup.mode' = 'earliest-offset'",
            "earliest",
        ]);
        assert.deepEqual(await said("latest"), ["'scan.startup.mode' = 'latest-offset'", "latest"]);
        assert.deepEqual(await said({ timestamp: "2026-11-23T04:00Z" }), timestamp);
        assert.deepEqual(await said({ timestamp: time }), timestamp);
        assert.deepEqual(await said("incumbent"), [
            "'scan.startup.mode' = 'specific-offsets', " +
                "'scan.startup.specific-offsets' = 'partition:2,offset:12;partition:10,offset:7'",
            "offsets:2=12,10=7",
        ]);
    });

    it("is refused where it cannot be understood", () => {
        const problem = (start: unknown, sources?: string[]) =>
            startProblems("v2", start as StartArgs, sources).map(({ message }) => message)[0];
        assert.equal(problem(undefined), undefined);
        assert.equal(problem("incumbent", ["flights"]), undefined);
        assert.match(problem("incumbent")!, /^is "incumbent", which needs `sources`/);
        assert.match(problem("newest")!, /^is "newest"; give "incumbent", "earliest"/);
        assert.match(problem({ timestamp: "yesterday" })!, /^is \{ timestamp: "yesterday" \}/);
        assert.match(problem({ timestamp: "2026-11-23T04:00" })!, /with its zone/);
        assert.match(problem({ timestamp: -1 })!, /-1/);
        assert.match(problem(null)!, /^is null/);
    });

    describe("at the incumbent's commits", () => {
        const inputs = {
            __provider: "the shim",
            name: "delays",
            version: "v2",
            bootstrapServers: ["one:9092"],
            group: "delays-job",
            sources: ["flights"],
        };
        function world(committed: [number, bigint][]) {
            const earliest = new Map([0, 1, 2].map((partition) => [partition, 0n]));
            const port = {
                describeTopic: (topic: string) =>
                    Promise.resolve(topic === "flights" ? { name: topic } : undefined),
                earliestOffsets: () => Promise.resolve(earliest),
                committedOffsets: () => Promise.resolve(new Map(committed)),
            } as unknown as KafkaPort;
            return startVerbs((_address, work) => work(port));
        }

        it("is looked up once, and stays whatever changes", async () => {
            const verbs = world([
                [0, 5n],
                [1, 20n],
            ]);
            const { id, outs } = await verbs.create(inputs);
            assert.equal(id, "delays-v2");
            // A partition without a commit is one of which the incumbent has finished nothing.
            assert.deepEqual(outs["offsets"], { flights: { 0: "5", 1: "20", 2: "0" } });
            const news = { ...inputs, group: "delays-v2", sources: ["flights", "airports"] };
            assert.equal((await verbs.diff(id, outs, news)).changes, false);
            const updated = await verbs.update(id, outs, news);
            assert.deepEqual(updated.outs["offsets"], outs["offsets"]);
        });

        it("is refused where there are none, or nobody knows whose", async () => {
            const verbs = world([]);
            await assert.rejects(
                verbs.create(inputs),
                /versions\.v2\.start: group delays-job has committed nothing on flights/,
            );
            await assert.rejects(
                verbs.create({ ...inputs, group: null }),
                /versions\.v2\.start: .*Give existingJob its `group`/,
            );
            await assert.rejects(
                verbs.create({ ...inputs, sources: ["nothing"] }),
                /versions\.v2\.sources: there is no topic "nothing"/,
            );
        });

        it("is a resource before the job, of the group that holds authority", async () => {
            answers["pulumi-nodejs:dynamic/shadow-flink:Start"] = () => ({ offsets });
            const build = (authority: string) => () =>
                new ShadowFlinkJob("delays", {
                    authority,
                    kafka: { bootstrapServers: ["broker:9092"] },
                    versions: {
                        v1: existingJob({ topic: "delays", group: "delays-job" }),
                        v2: sqlJob(
                            ({ topic, start }) => ({
                                gateway: "http://gateway:8083",
                                script: pulumi.interpolate`
CREATE TABLE a (id STRING) WITH ('connector' = 'kafka', 'topic' = 'flights', ${start!.tableOptions("flights")});
CREATE TABLE b (id STRING) WITH ('connector' = 'kafka', 'topic' = '${topic}');
INSERT INTO b SELECT id FROM a;
`,
                            }),
                            { start: "incumbent", sources: ["flights"] },
                        ),
                    },
                    compare: { identity: ["id"], windowSeconds: 60 },
                });
            const of = (graph: Registered[], name: string) =>
                graph.find((resource) => resource.name === name)!.inputs;
            try {
                const graph = await graphOf(false, build("v1"));
                const { group, sources, version } = of(graph, "delays-v2-start");
                assert.deepEqual([group, sources, version], ["delays-job", ["flights"], "v2"]);
                const script = String(of(graph, "delays-v2-job")["script"]);
                assert.match(script, /'partition:2,offset:12;partition:10,offset:7'/);
                const promoted = await graphOf(false, build("v2"));
                assert.equal(of(promoted, "delays-v2-job")["script"], script);
            } finally {
                delete answers["pulumi-nodejs:dynamic/shadow-flink:Start"];
            }
        });
    });
});
