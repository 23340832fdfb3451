import * as assert from "node:assert/strict";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import {
    boundAtOnce,
    finishes,
    judge,
    newest,
    nextStep,
    routeOf,
    type Drain,
    type Sighting,
} from "../../components/consumer/plan.js";

const first = record({ epoch: 1, authority: "v1", held: ["v1"] });
/** v1 handed over to v2: two partitions, to be finished up to 10 and 20. */
const moved = record({ epoch: 2, authority: "v2", held: ["v1", "v2"] });
const back = record({ epoch: 3, authority: "v1", held: ["v1", "v2", "v1"] });

describe("nextStep", () => {
    it("reads the authority's topic where nothing was handed over", () => {
        const step = nextStep(first, "dashboard", sighting({ previous: undefined }));
        assert.deepEqual(step, {
            kind: "consume",
            version: "v1",
            topic: "delays-v1",
            group: "dashboard-v1",
            epoch: 1,
            from: undefined,
        });
    });

    it("finishes the topic handed over before it reads the new one", () => {
        const step = nextStep(moved, "dashboard", sighting({ committed: { 0: 10, 1: 19 } }));
        assert.equal(step.kind, "drain");
        assert.equal(step.topic, "delays-v1");
        assert.equal(step.group, "dashboard-v1");
        assert.deepEqual(step.until, offsets({ 0: 10, 1: 20 }));
    });

    it("goes on to the new topic, behind what both have, once every partition is finished", () => {
        const step = nextStep(moved, "dashboard", sighting({ committed: { 0: 10, 1: 25 } }));
        assert.equal(step.kind, "consume");
        assert.equal(step.topic, "delays-v2");
        assert.deepEqual(step.kind === "consume" && step.from, offsets({ 0: 5 }));
        assert.ok(finishes(step, moved, "dashboard"));
    });

    it("has nothing to finish, and passes over nothing, where the group never read", () => {
        const never = withPrevious(moved, null);
        const step = nextStep(never, "dashboard", sighting({ committed: {} }));
        assert.equal(step.kind === "consume" && step.from, undefined);
        assert.equal(step.topic, "delays-v2");
        assert.ok(!finishes(step, never, "dashboard"));
    });

    it("finishes what it is reading, also before the first commit", () => {
        const reading = { version: "v1", topic: "delays-v1", group: "dashboard-v1" };
        const never = withPrevious(moved, null);
        const step = nextStep(never, "dashboard", sighting({ committed: {}, reading }));
        assert.equal(step.kind, "drain");
    });

    it("takes a partition without records as finished", () => {
        const empty = withHandOver(moved, { until: { "0": "10", "1": "0" } });
        const step = nextStep(empty, "dashboard", sighting({ committed: { 0: 10 } }));
        assert.equal(step.kind, "consume");
    });

    it("begins where the record says when commits have expired, only where they have", () => {
        const step = nextStep(moved, "dashboard", sighting({ committed: { 0: 7 } }));
        assert.deepEqual((step as Drain).start, offsets({ 1: 12 }));
    });

    it("does not finish an old topic again after its commits have expired", () => {
        const step = nextStep(
            moved,
            "dashboard",
            sighting({ committed: {}, current: { 0: 3, 1: 0 } }),
        );
        assert.equal(step.kind, "consume");
        assert.equal(step.kind === "consume" && step.from, undefined);
    });

    it("passes over nothing where retention took unread records", () => {
        const step = nextStep(
            moved,
            "dashboard",
            sighting({ committed: { 0: 10, 1: 12 }, earliest: { 0: 0, 1: 15 } }),
        );
        assert.equal(step.kind === "consume" && step.from, undefined);
        assert.equal(step.topic, "delays-v2");
    });

    it("does not mind that retention took what was read", () => {
        const step = nextStep(
            moved,
            "dashboard",
            sighting({ committed: { 0: 6, 1: 18 }, earliest: { 0: 6, 1: 17 } }),
        );
        assert.equal(step.kind, "drain");
    });

    it("passes over nothing where the old topic is gone", () => {
        const step = nextStep(moved, "dashboard", sighting({ previous: undefined }));
        assert.equal(step.kind === "consume" && step.from, undefined);
        assert.equal(step.topic, "delays-v2");
    });

    it("passes over records on the way back only where the hand-over before was finished", () => {
        const drained = { 0: 10, 1: 20 };
        const knows = nextStep(
            back,
            "dashboard",
            sighting({ committed: drained, finishedEpoch: 2 }),
        );
        assert.deepEqual(knows.kind === "consume" && knows.from, offsets({ 0: 5 }));
        for (const finishedEpoch of [undefined, 1]) {
            const step = nextStep(
                back,
                "dashboard",
                sighting({ committed: drained, finishedEpoch }),
            );
            assert.equal(step.kind === "consume" && step.from, undefined);
        }
    });

    it("says which consumers there are when it does not find its own", () => {
        assert.throws(
            () => nextStep(first, "dashbord", sighting({})),
            /epoch 1\) does not list a consumer named "dashbord"; it lists dashboard\./,
        );
        assert.throws(() => routeOf(first, "constructor"), /does not list/);
    });
});

describe("a consumer that was moved by itself", () => {
    const { handOver } = moved;
    const own = {
        epoch: 4,
        previousEpoch: 2,
        version: "v3",
        topic: "delays-v3",
        topicId: "id",
        goesBack: false,
        handOver: handOver && { ...handOver, version: "v2", topic: "delays-v2" },
    };
    const dashboard = {
        ...moved.consumers.dashboard,
        group: "dashboard-v3",
        previousGroup: "dashboard-v2",
    } as RoutingRecord["consumers"][string];
    /** The others are on v2 still, at epoch 2. */
    const ahead: RoutingRecord = {
        ...moved,
        epoch: 5,
        consumers: { dashboard: { ...dashboard, own } },
    };

    it("reads what its own move says, and not what the record says of all", () => {
        const drain = nextStep(ahead, "dashboard", sighting({ committed: { 0: 10, 1: 19 } }));
        assert.deepEqual(
            [drain.kind, drain.topic, drain.group, drain.epoch],
            ["drain", "delays-v2", "dashboard-v2", 4],
        );
        const consume = nextStep(ahead, "dashboard", sighting({ committed: { 0: 10, 1: 20 } }));
        assert.deepEqual(
            [consume.kind, consume.topic, consume.group, consume.epoch],
            ["consume", "delays-v3", "dashboard-v3", 4],
        );
        assert.ok(finishes(consume, ahead, "dashboard"));
    });

    it("passes over records on the way back only where its own move before was finished", () => {
        const back = { ...own, goesBack: true };
        const record = { ...ahead, consumers: { dashboard: { ...dashboard, own: back } } };
        const finished = { committed: { 0: 10, 1: 20 } };
        const from = (finishedEpoch: number) => {
            const step = nextStep(record, "dashboard", { ...sighting(finished), finishedEpoch });
            return step.kind === "consume" && step.from;
        };
        assert.deepEqual(from(2), offsets({ 0: 5 }));
        assert.equal(from(4), undefined);
    });
});

describe("judge", () => {
    const drain = nextStep(moved, "dashboard", sighting({ committed: {} }));
    it("delivers up to `until`, exclusive, and nothing of a partition that was added later", () => {
        assert.equal(judge(drain, 0, 9n), "deliver");
        assert.equal(judge(drain, 0, 10n), "hold");
        assert.equal(judge(drain, 7, 0n), "hold");
    });
    it("passes over what was delivered from the topic handed over", () => {
        const consume = nextStep(moved, "dashboard", sighting({ committed: { 0: 10, 1: 20 } }));
        assert.equal(judge(consume, 0, 4n), "pass");
        assert.equal(judge(consume, 0, 5n), "deliver");
        assert.equal(judge(consume, 1, 0n), "deliver");
    });
});

describe("boundAtOnce", () => {
    it("binds who reads the topic handed over as the previous group, and nobody else", () => {
        const reading = { version: "v1", topic: "delays-v1", group: "dashboard-v1" };
        assert.deepEqual(
            boundAtOnce(moved, "dashboard", reading)?.until,
            offsets({ 0: 10, 1: 20 }),
        );
        assert.equal(boundAtOnce(moved, "dashboard", { ...reading, group: "x" }), undefined);
        assert.equal(boundAtOnce(first, "dashboard", reading), undefined);
    });
});

describe("newest", () => {
    it("never goes back to a lower epoch", () => {
        assert.equal(newest(undefined, first), first);
        assert.equal(newest(moved, first), moved);
        assert.equal(newest(first, moved), moved);
        const again = { ...moved };
        assert.equal(newest(moved, again), again);
    });
});

type Numbers = Record<number, number>;

function sighting(given: {
    previous?: undefined;
    committed?: Numbers;
    earliest?: Numbers;
    current?: Numbers;
    reading?: Sighting["reading"];
    finishedEpoch?: number | undefined;
}): Sighting {
    return {
        previous:
            "previous" in given
                ? undefined
                : {
                      committed: offsets(given.committed ?? {}),
                      earliest: offsets(given.earliest ?? { 0: 0, 1: 0 }),
                  },
        committed: offsets(given.current ?? { 0: 2, 1: 0 }),
        reading: given.reading,
        finishedEpoch: given.finishedEpoch,
    };
}

function offsets(byPartition: Numbers): Map<number, bigint> {
    return new Map(
        Object.entries(byPartition).map(([partition, offset]) => [
            Number(partition),
            BigInt(offset),
        ]),
    );
}

function withPrevious(from: RoutingRecord, previousCommitted: null): RoutingRecord {
    const dashboard = from.consumers.dashboard;
    assert.ok(dashboard);
    return { ...from, consumers: { dashboard: { ...dashboard, previousCommitted } } };
}

function withHandOver(
    from: RoutingRecord,
    changed: Partial<NonNullable<RoutingRecord["handOver"]>>,
): RoutingRecord {
    assert.ok(from.handOver);
    return { ...from, handOver: { ...from.handOver, ...changed } };
}

function record(given: { epoch: number; authority: string; held: string[] }): RoutingRecord {
    const { epoch, authority, held } = given;
    const previous = held.at(-2);
    return {
        recordVersion: 1,
        name: "delays",
        owner: "a test",
        epoch,
        authority,
        topic: `delays-${authority}`,
        topicId: "id",
        writtenAt: "2026-01-01T00:00:00.000Z",
        consumers: {
            dashboard: {
                group: `dashboard-${authority}`,
                committed: previous === undefined ? null : { "0": "2", "1": "0" },
                previousGroup: previous === undefined ? null : `dashboard-${previous}`,
                previousCommitted: previous === undefined ? null : { "0": "6", "1": "12" },
                repeatsAtMost: 3,
            },
        },
        handOver:
            previous === undefined
                ? null
                : {
                      version: previous,
                      topic: `delays-${previous}`,
                      topicId: "id",
                      until: { "0": "10", "1": "20" },
                      from: { "0": "5" },
                      repeatsAtMost: 3,
                  },
        history: held.map((version, index) => ({
            epoch: index + 1,
            version,
            topic: `delays-${version}`,
            topicId: "id",
            since: "2026-01-01T00:00:00.000Z",
            until: null,
            by: "override",
            verdict: null,
            override: null,
        })),
    };
}
