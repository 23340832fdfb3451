import assert from "node:assert/strict";
import { clusterVerbs } from "../components/provider/cluster.js";
import { UnreachableError } from "../components/provider/connection.js";
import { unknownValue } from "../components/provider/verbs.js";
import { FakeKafka, FakeTopic } from "./comparison/world.js";

const inputs = {
    __provider: "the shim",
    name: "delays",
    bootstrapServers: ["one:9092", "two:9092"],
    existing: { v1: "delays", v0: "delays-v0" },
    versions: { v1: { topic: "delays", managed: false } },
    protected: [],
    routingTopic: "delays-routing",
};

describe("the cluster resource", () => {
    const kafka = new FakeKafka(new Map([["delays", new FakeTopic([[]])]]));
    const verbs = clusterVerbs((_servers, work) => work(kafka.port));

    it("names the topic of an existing job that is not there", async () => {
        assert.deepEqual((await verbs.check({}, inputs)).failures, [
            {
                property: "existing",
                reason:
                    'versions.v0.topic: there is no topic "delays-v0" on this cluster; ' +
                    "is the job writing elsewhere?",
            },
        ]);
    });

    it("has nothing to say where all are there", async () => {
        const checked = await verbs.check({}, { ...inputs, existing: { v1: "delays" } });
        assert.deepEqual(checked.failures, []);
    });

    it("says which addresses do not answer", async () => {
        const unreachable = clusterVerbs(({ bootstrapServers }) =>
            Promise.reject(new UnreachableError(bootstrapServers, new Error("ECONNREFUSED"))),
        );
        const { failures } = await unreachable.check({}, inputs);
        assert.equal(failures.length, 1);
        assert.equal(failures[0]!.property, "bootstrapServers");
        assert.match(
            failures[0]!.reason,
            /None of one:9092, two:9092 answers \(ECONNREFUSED\).*kafka\.bootstrapServers/,
        );
    });

    it("does not look where it does not know where", async () => {
        const nowhere = clusterVerbs(() => Promise.reject(new Error("it looked")));
        const unknown = { ...inputs, bootstrapServers: [unknownValue] };
        assert.deepEqual((await nowhere.check({}, unknown)).failures, []);
    });

    it("changes only with the versions that it must know of, and keeps its inputs as its state", async () => {
        const changes = async (news: object) => (await verbs.diff("delays", inputs, news)).changes;
        assert.equal(await changes({ ...inputs, existing: {} }), false);
        assert.equal(await changes({ ...inputs, protected: ["v2"] }), true);
        assert.equal(await changes({ ...inputs, versions: {} }), true);
        assert.deepEqual(await verbs.create(inputs), { id: "delays", outs: inputs });
    });
});
