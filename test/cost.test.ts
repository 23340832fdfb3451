import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { clusterVerbs } from "../components/provider/cluster.js";
import { podGroups, slotsOf } from "../components/jobs/podGroups.js";
import { costLines, expiredLines, podLines } from "../components/provider/cost.js";
import { UnreachableError } from "../components/provider/connection.js";
import { FakeKafka, FakeTopic } from "./comparison/world.js";

const shadow = { sources: [], rest: null, slots: null, retentionMs: 86_400_000 };
const hourly = { recordsPerSecond: 100, bytesPerRecord: 250 };

describe("what a shadow will take", () => {
    it("is said in sizes that a person knows", () => {
        const sources = [{ recordsPerSecond: 10_000, bytesPerRecord: 500 }, hourly];
        assert.deepEqual(costLines("delays", hourly, sources, shadow), [
            "reads about 5 MB/s more from Kafka",
            "writes about 2.2 GB a day to its topic, as delays gets, 2.2 GB at most with 1 day of retention; before " +
                "compression, for each replica",
        ]);
        assert.match(
            costLines("delays", hourly, [], { ...shadow, retentionMs: null })[1]!,
            /15 GB at most with 7 days of retention/,
        );
        assert.match(
            costLines("delays", hourly, [], { ...shadow, retentionMs: -1 })[1]!,
            /which are kept for ever/,
        );
    });

    it("has its comparison in it, where that is a job", () => {
        const [, compared] = costLines("delays", hourly, [], { ...shadow, comparisonSlots: 2 });
        assert.equal(
            compared,
            "its comparison is a job of 2 slots more, and reads both topics: about 50 kB/s more from Kafka",
        );
    });

    describe("on Kubernetes", () => {
        const spec = {
            flinkConfiguration: { taskmanager: { numberOfTaskSlots: 2 } },
            jobManager: { resource: { cpu: 1, memory: "2g" } },
            taskManager: { resource: { cpu: 1.5, memory: "4096 mb" } },
            job: { parallelism: 5 },
        };

        it("is the pods that its spec asks for, and those of its comparison", () => {
            const pods = podGroups(spec);
            assert.deepEqual(podLines({ ...shadow, slots: slotsOf(spec), pods }), [
                "5 slots: 1 JobManager of 1 CPU and 2g memory, 3 TaskManagers of 1.5 CPU and 4096 mb memory; 5.5 CPU and 14 GiB " +
                    "in all",
            ]);
            assert.deepEqual(podLines({ ...shadow, comparisonPods: podGroups({ job: {} }) }), [
                "for its comparison: 1 JobManager of the default CPU and default memory, 1 TaskManager of the default CPU and " +
                    "default memory",
            ]);
        });

        it("is as many pods as it names itself", () => {
            const replicas = { replicas: 2 };
            assert.deepEqual(
                podGroups({ ...spec, jobManager: replicas, taskManager: replicas })?.map(
                    ({ role, count }) => `${count} ${role}`,
                ),
                ["2 JobManager", "2 TaskManager"],
            );
        });

        it("is not said where it is only known later", () => {
            const late = { ...spec, job: { parallelism: pulumi.output(4) } };
            assert.equal(podGroups(late), null);
            assert.equal(podGroups({ ...spec, taskManager: pulumi.output({}) }), null);
            assert.deepEqual(podLines({ ...shadow, slots: slotsOf(late), pods: null }), []);
        });
    });

    it("is said to be unknown where it is", () => {
        const still = { recordsPerSecond: 0, bytesPerRecord: null };
        assert.deepEqual(costLines("delays", still, [], shadow), [
            "its sources are not named (`sources`), so that what it reads is not known",
            "nothing was written to delays in the last hour, so that its topic is not estimated",
        ]);
    });

    describe("in a preview", () => {
        const inputs = {
            __provider: "the shim",
            name: "delays",
            bootstrapServers: ["one:9092"],
            existing: { v1: "delays" },
            versions: {
                v1: { topic: "delays", managed: false },
                v2: { topic: "delays-v2", managed: true },
            },
            protected: [],
            routingTopic: "delays-routing",
            authority: "v1",
            shadows: { v2: { ...shadow, rest: "http://127.0.0.1:9", slots: 4 } },
            expireAfterDays: 7,
        };
        const kafka = new FakeKafka(new Map([["delays", new FakeTopic([[]])]]));
        kafka.earliestOffsets = () => Promise.reject(new Error("not now"));
        const verbs = clusterVerbs((_address, work) => work(kafka.port));
        let lines: string[] = [];
        const print = console.log;
        beforeEach(() => {
            lines = [];
            console.log = (line: string) => lines.push(line);
        });
        afterEach(() => {
            console.log = print;
        });

        it("never stops it, whatever cannot be measured", async () => {
            // This Kafka answers no question about time.
            assert.deepEqual((await verbs.check({}, inputs)).failures, []);
            assert.match(lines[0]!, /delays: what v2 will take of Kafka could not be measured/);
            assert.match(lines[1]!, /v2 will take: 4 slots; how many are free is not known/);
        });

        it("is said of new versions only", async () => {
            await verbs.check(inputs, inputs);
            assert.deepEqual(lines, []);
        });

        it("becomes loud when the shadow is old, and needs nothing for it that may fail", async () => {
            const { outs } = await verbs.create(inputs);
            assert.equal((await verbs.diff("delays", outs, inputs)).changes, false);
            assert.deepEqual(lines, []);
            const since = new Date(Date.now() - 9.5 * 86_400_000).toISOString();
            const old = { ...outs, declaredAt: { v2: since } };
            assert.equal((await verbs.diff("delays", old, inputs)).changes, false);
            assert.match(lines[0]!, /delays: WARNING: v2 has been a shadow for 9 days/);
            const away = clusterVerbs((address) =>
                Promise.reject(new UnreachableError(address.bootstrapServers, new Error("gone"))),
            );
            assert.equal((await away.diff("delays", old, inputs)).changes, false);
            assert.equal(lines.length, 2);
            const kept = await verbs.update("delays", old, inputs);
            assert.deepEqual(kept.outs["declaredAt"], { v2: since });
        });

        it("is not said of what holds authority or held it", () => {
            const since = { v2: "2026-01-01T00:00:00Z", v3: "2026-01-01T00:00:00Z" };
            const now = new Date("2026-02-01T00:00:00Z");
            const said = expiredLines(since, 7, ["v2"], now);
            assert.equal(said.length, 1);
            assert.match(said[0]!, /v3 has been a shadow for 31 days/);
            assert.deepEqual(expiredLines(since, 40, [], now), []);
        });
    });
});
