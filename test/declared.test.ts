import assert from "node:assert/strict";
import type { RoutingRecord } from "../components/provider/cutover/routingRecord.js";
import { declarationProblems } from "../components/provider/declared.js";
import type { ClusterInputs } from "../components/provider/inputs.js";

const managed = (version: string) => ({ topic: `delays-${version}`, managed: true });
const v1 = { topic: "delays", managed: false };
const inputs = (versions: ClusterInputs["versions"], held: readonly string[]): ClusterInputs => ({
    name: "delays",
    bootstrapServers: [],
    existing: {},
    versions,
    protected: held,
    routingTopic: "delays-routing",
});

/** Authority went from the first of these versions to the last one. */
const live = (...versions: string[]): RoutingRecord => ({
    recordVersion: 1,
    name: "delays",
    owner: "a test",
    epoch: versions.length,
    authority: versions.at(-1)!,
    topic: `delays-${versions.at(-1)}`,
    topicId: "id",
    writtenAt: "",
    consumers: {},
    handOver: null,
    history: versions.map((version, i) => ({
        epoch: i + 1,
        version,
        topic: `delays-${version}`,
        topicId: "id",
        since: "",
        until: null,
        by: "rollback",
        verdict: null,
        override: null,
    })),
});

const before = inputs({ v1, v2: managed("v2"), v3: managed("v3") }, ["v2", "v3"]);
const reasons = (news: ClusterInputs, record: RoutingRecord | undefined, olds = before) =>
    declarationProblems(olds, news, record).map(({ reason }) => reason);

describe("what was declared before", () => {
    it("may be added to, and candidates and what was rolled back from may be removed", () => {
        const more = inputs({ ...before.versions, v4: managed("v4") }, []);
        assert.deepEqual(reasons(more, live("v1", "v2", "v3")), []);
        const without = inputs({ v1, v2: managed("v2") }, ["v2"]);
        const olds = inputs(before.versions, ["v2"]);
        assert.deepEqual(reasons(without, live("v1", "v2"), olds), []);
        assert.deepEqual(reasons(without, live("v1", "v2", "v3", "v2"), olds), []);
        assert.deepEqual(reasons(without, undefined, olds), []);
    });

    it("is not removed while consumers read it: rolling back and removing takes two steps", () => {
        const without = inputs({ v1, v2: managed("v2") }, ["v2"]);
        const [reason, ...others] = reasons(without, live("v1", "v2", "v3"));
        assert.deepEqual(others, []);
        assert.match(
            reason!,
            /^versions\.v3: consumers read its topic.*takes two steps: declare v3 again and run `pulumi up` with authority/,
        );
    });

    it("is not removed while some consumers are there already", () => {
        const record = live("v1");
        const moving = { ...record.history[0]!, version: "v2", consumers: ["dashboard"] };
        const without = inputs({ v1, v3: managed("v3") }, []);
        assert.match(reasons(without, { ...record, moving })[0]!, /versions\.v2: consumers read/);
    });

    it("is retired before it is removed where a rollback goes back to it", () => {
        const without = inputs({ v1, v3: managed("v3") }, ["v3"]);
        const record = live("v1", "v2", "v3");
        assert.match(
            reasons(without, record)[0]!,
            /versions\.v2: a rollback goes back to it.*name it in `retire` and run `pulumi up`/,
        );
        assert.deepEqual(reasons(without, { ...record, retired: ["v2"] }), []);
    });

    it("is retired before it is removed where the engine would only say that it is protected", () => {
        const without = inputs({ v1, v3: managed("v3") }, ["v3"]);
        assert.match(reasons(without, live("v1", "v3"))[0]!, /it is protected.*`retire`/);
    });

    it("keeps its topic", () => {
        const other = inputs({ ...before.versions, v3: { topic: "other", managed: true } }, []);
        assert.match(
            reasons(other, live("v1", "v2", "v3"))[0]!,
            /versions\.v3\.topic: was "delays-v3" and is "other" now.*Declare a new version/,
        );
        const existing = inputs({ ...before.versions, v1: { topic: "other", managed: false } }, []);
        assert.match(reasons(existing, live("v1"))[0]!, /versions\.v1\.topic/);
        assert.deepEqual(reasons(existing, live("v2")), []);
    });

    describe("to begin with a copy of another version's state", () => {
        const copying = (
            copies: Record<string, string | null>,
            versions: ClusterInputs["versions"] = { v1, v2: managed("v2"), v3: managed("v3") },
        ) => ({ ...inputs(versions, []), copies });
        const none = inputs({}, []);

        it("is refused where there is no job to take it of, as for the first version", () => {
            const [reason, ...others] = reasons(
                copying({ v2: null }, { v2: managed("v2") }),
                undefined,
                none,
            );
            assert.deepEqual(others, []);
            assert.match(
                reason!,
                /^versions\.v2\.start: is "savepoint", and there is no job of another version.*Leave `start` out; or/,
            );
        });

        it("is refused where that job only comes with the same update", () => {
            assert.match(
                reasons(copying({ v3: "v2" }), undefined, inputs({ v1 }, []))[0]!,
                /^versions\.v3\.start: .*the job of v2 is declared in the same update.*Declare v3 once v2 runs/,
            );
        });

        it("is taken of a job that runs, and is there later on, whatever became of that one", () => {
            assert.deepEqual(reasons(copying({ v2: "v1" }), undefined, none), []);
            const known = inputs({ v1, v2: managed("v2") }, []);
            assert.deepEqual(reasons(copying({ v3: "v2" }), undefined, known), []);
            const alone = copying({ v2: null }, { v2: managed("v2") });
            assert.deepEqual(reasons(alone, live("v1", "v2"), known), []);
        });
    });
});
