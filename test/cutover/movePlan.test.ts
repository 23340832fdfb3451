import assert from "node:assert/strict";
import fc from "fast-check";
import { describePlan } from "../../components/provider/cutover/describePlan.js";
import {
    planMove,
    type MovePlan,
    type MoveRequest,
} from "../../components/provider/cutover/movePlan.js";
import {
    parseOffsets,
    recordOffsets,
    type RoutingRecord,
} from "../../components/provider/cutover/routingRecord.js";
import type { LogRecord, Offsets } from "../../components/provider/kafka/port.js";
import { rollbackTargets } from "../../components/roles.js";
import { type MemoryKafka, type MemoryTopic } from "./memoryKafka.js";
import { at, decode, record, Scene, type Verified } from "./scene.js";

describe("the plan of a move", () => {
    /** v1 holds 0 to 9, v2 began with 4 and holds 4 to 9; the verdict covers 6 and later. */
    function promotion(): Scene {
        const scene = new Scene({ v1: 1, v2: 1 });
        scene.topic("v1").append(0, ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(record));
        scene.topic("v2").append(0, ...[4, 5, 6, 7, 8, 9].map(record));
        return scene;
    }
    const verified = { incumbentFrom: at(4), candidateFrom: at(0), coveredFrom: 6 };

    it("puts a group before the first record that it has not read", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(8));
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.consumers, {
            dashboard: {
                previousGroup: "dashboard-v1",
                previousCommitted: at(8),
                unread: 2,
                group: "dashboard-v2",
                committed: at(4),
                repeatsAtMost: 0,
            },
        });
        assert.deepEqual(plan.problems, []);
    });

    it("lets followers finish the old topic, and go on behind what it holds", async () => {
        const scene = promotion();
        scene.topic("v2").append(0, record(10));
        const { handOver } = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(handOver, { until: at(10), from: at(6), repeatsAtMost: 0 });
    });

    it("takes a consumer for a consumer, whatever its name", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(8));
        const live = await scene.initial();
        const expected = await scene.plan(live, "v2", verified);
        const plan = await planMove({
            ...scene.request(
                { ...live, consumers: { followers: live.consumers["dashboard"]! } },
                "v2",
                verified,
            ),
            groups: { followers: "dashboard-v2" },
        });
        assert.deepEqual(plan.consumers["followers"], expected.consumers["dashboard"]);
        assert.deepEqual(plan.handOver, expected.handOver);
    });

    it("is not dragged back by what the candidate wrote while it warmed up", async () => {
        const scene = promotion();
        // Nothing that v1 ever wrote: a window of which the candidate has seen the second half only.
        const half = scene.kafka.createTopic("delays-v2", 1);
        half.append(0, { id: "half a window", t: 4 }, ...[5, 6, 7, 8, 9].map(record));
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        const live = await scene.initial();
        const plan = await scene.plan(live, "v2", verified);
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(6));
        assert.deepEqual(plan.handOver.from, at(6));
        const unverified = await scene.plan(live, "v2");
        assert.deepEqual(unverified.handOver.from, at(0));
    });

    it("refuses while a group has unread records from before the verdict's time", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(3));
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.problems, [
            "dashboard (group dashboard-v1) has not read 3 records of delays-v1 from before the time that the verdict " +
                "covers; delays-v2 does not have them. Let it catch up first.",
        ]);
    });

    it("lets a group that never committed begin at the beginning", async () => {
        const scene = promotion();
        scene.topic("v2").firstOffset = 2n;
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(2));
        assert.equal(plan.consumers["dashboard"]?.previousCommitted, null);
        assert.match(
            describePlan(plan, new Date())[1]!,
            /dashboard-v1 has no offsets on delays-v1 \(it never read, or they expired\); .* at the beginning/,
        );
    });

    it("aligns over different partition counts, empty partitions and gaps", async () => {
        const scene = new Scene({ v1: 2, v2: 4 });
        [0, 1, 2, 3, 4, 5].forEach((t) => {
            scene.topic("v1").append(t % 2, record(t));
            scene.topic("v1").skip(t % 2);
            scene.topic("v2").skip(t % 3);
            scene.topic("v2").append(t % 3, record(t));
        });
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(4, 2));
        const plan = await scene.plan(await scene.initial(), "v2");
        // Read are 0, 2 and 1. On v2 stand 0 and 3, 1 and 4, 2 and 5, each behind a gap; the last partition is empty.
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(3, 3, 3, 0));
        assert.equal(plan.consumers["dashboard"]?.unread, 3);
        assert.deepEqual(plan.handOver, {
            until: at(6, 6),
            from: at(4, 4, 4, 0),
            repeatsAtMost: 0,
        });
    });

    for (const cleanupPolicy of ["compact", "compact,delete", ""]) {
        it(`skips no update that compaction has left alone: "${cleanupPolicy}"`, async () => {
            const scene = new Scene({ v1: 1, v2: 1 });
            const update = (v: number) => ({ id: "a", t: 1, v });
            scene.topic("v1").append(0, update(1), update(2), { id: "b", t: 1, v: 1 });
            scene.topic("v2").cleanupPolicy = cleanupPolicy;
            scene.topic("v2").skip(0);
            scene.topic("v2").skip(0);
            scene
                .topic("v2")
                .append(0, { id: "b", t: 1, v: 1 }, update(3), { id: "c", t: 1, v: 1 });
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(3));
            const plan = await scene.plan(await scene.initial(), "v2");
            // One update of two that were read is seen here, and it is a third one.
            assert.deepEqual(plan.consumers["dashboard"]?.committed, at(3));
            assert.deepEqual(plan.handOver.from, at(3));
        });
    }

    it("waits for what decoding needs, of every record on both topics", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(5));
        const live = await scene.initial();
        const expected = await planMove(scene.request(live, "v2"));
        const ready = new Set<LogRecord>();
        const plan = await planMove({
            ...scene.request(live, "v2"),
            decoder: {
                prepare: async (records) => {
                    await Promise.resolve();
                    records.forEach((found) => ready.add(found));
                },
                decode: (found) => {
                    assert.ok(ready.has(found), `offset ${found.offset} was not made ready`);
                    return decode(found);
                },
            },
        });
        assert.deepEqual(plan, expected);
        assert.ok(ready.size > 0);
    });

    it("takes what cannot be decoded as unread", async () => {
        const scene = promotion();
        scene.topic("v2").append(0, "no JSON", record(10));
        scene.topic("v1").append(0, record(10), "no JSON either");
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(11));
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.consumers["dashboard"], {
            previousGroup: "dashboard-v1",
            previousCommitted: at(11),
            unread: 1,
            group: "dashboard-v2",
            committed: at(6),
            repeatsAtMost: 1,
        });
        assert.match(plan.problems.join(), /has not read 1 records .* from before/);
    });

    it("counts as repeats what was read and is still to come on the new topic", async () => {
        const scene = promotion();
        scene.topic("v2").partitions[0]!.length = 4;
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.handOver.from, at(4));
        assert.equal(plan.handOver.repeatsAtMost, 2);
        assert.equal(plan.consumers["dashboard"]?.repeatsAtMost, 2);
    });

    it("counts as repeats what of the warm-up stands behind the start", async () => {
        const scene = promotion();
        scene.topic("v2").append(0, record(10), record(5));
        const plan = await scene.plan(await scene.initial(), "v2", verified);
        assert.deepEqual(plan.handOver, { until: at(10), from: at(6), repeatsAtMost: 1 });
    });

    it("counts a record as a repeat of which another copy is unread", async () => {
        const scene = new Scene({ v1: 1, v2: 1 });
        scene.topic("v1").append(0, record(0), record(0));
        scene.topic("v2").append(0, record(0), record(0));
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(1));
        const plan = await scene.plan(await scene.initial(), "v2");
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(0));
        assert.equal(plan.consumers["dashboard"]?.repeatsAtMost, 1);
    });

    it("moves on from where the last move put the group if its commits have expired", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(8));
        const first = await scene.initial();
        const live = await scene.move(first, "override", await scene.plan(first, "v2", verified));
        scene.kafka.expire("dashboard-v2", "delays-v2");
        const plan = await scene.plan(live, "v1");
        assert.deepEqual(plan.consumers["dashboard"]?.previousCommitted, at(4));
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(8));
    });

    it("announces what it cannot know of where retention has taken the old records", async () => {
        const scene = promotion();
        const all = Array.from({ length: 10 }, (_, t) => record(t));
        scene.kafka.createTopic("delays-v2", 1).append(0, ...all);
        scene.topic("v1").firstOffset = 5n;
        const { handOver } = await scene.plan(await scene.initial(), "v2");
        assert.deepEqual(handOver, { until: at(10), from: at(0), repeatsAtMost: 10 });
    });

    it("adds a consumer that is new with the move", async () => {
        const scene = promotion();
        const live = { ...(await scene.initial()), consumers: {} };
        const plan = await scene.plan(live, "v2", verified);
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(0));
        assert.equal(plan.consumers["dashboard"]?.previousGroup, "dashboard-v2");
    });

    it("fails where a topic is missing", async () => {
        const scene = promotion();
        const live = await scene.initial();
        scene.kafka.topics.delete("delays-v2");
        await assert.rejects(scene.plan(live, "v2"), /Topic delays-v2 of v2 does not exist/);
    });

    it("uses nothing of an older hand-over for a version that takes no part in it", async () => {
        const scene = new Scene({ v1: 1, v2: 1, v3: 1 });
        const all = Array.from({ length: 10 }, (_, t) => record(t));
        scene.topic("v1").append(0, ...all);
        scene.topic("v2").append(0, ...all);
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        const first = await scene.initial();
        const live = await scene.move(first, "override", await scene.plan(first, "v2"));
        // v3 is much shorter: v1's offsets mean nothing on it.
        scene.topic("v2").append(0, record(10), record(11));
        scene.topic("v3").append(0, record(9), record(10), record(11));
        const verified = { incumbentFrom: at(8), candidateFrom: at(0), coveredFrom: 9 };
        const plan = await scene.plan(live, "v3", verified);
        assert.deepEqual(plan.consumers["dashboard"]?.previousCommitted, at(10));
        assert.deepEqual(plan.consumers["dashboard"]?.committed, at(1));
        assert.deepEqual(plan.handOver.from, at(3));
    });

    it("refuses a group that stands where the topic has no records, and not one that has just read on", async () => {
        const scene = promotion();
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(1_000_000));
        const live = await scene.initial();
        const plan = await scene.plan(live, "v2", verified);
        assert.deepEqual(plan.problems, [
            "dashboard (group dashboard-v1) has committed offset 1000000 of delays-v1, partition 0, which ends at 10: were " +
                "its offsets set by hand, was the topic made anew, or does it read what is not committed yet? Set them to " +
                "where it stands.",
        ]);
        await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(11));
        const committedOffsets = scene.kafka.committedOffsets.bind(scene.kafka);
        scene.kafka.committedOffsets = (...asked) => {
            if (scene.topic("v1").end.get(0) === 10n) {
                scene.topic("v1").append(0, record(10));
            }
            return committedOffsets(...asked);
        };
        assert.deepEqual((await scene.plan(live, "v2", verified)).problems, []);
    });

    describe("with limits", () => {
        const limited = async (scene: Scene, change: Partial<MoveRequest>) =>
            planMove({ ...scene.request(await scene.initial(), "v2"), ...change });
        const bounded = (lookBackRecords: number, disorderMilliseconds: number | null = null) => ({
            alignment: { lookBackRecords, disorderMilliseconds },
        });
        /** Both hold 0 to 199; the group has read all but the last two. */
        async function long(): Promise<Scene> {
            const scene = new Scene({ v1: 1, v2: 1 });
            const all = Array.from({ length: 200 }, (_, t) => record(t));
            scene.topic("v1").append(0, ...all);
            scene.topic("v2").append(0, ...all);
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(198));
            return scene;
        }

        it("refuses more repeats than a consumer may see, as a group or as a follower", async () => {
            const scene = promotion();
            scene.topic("v2").partitions[0]!.length = 4;
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
            const live = await scene.initial();
            const request = scene.request(live, "v2", verified);
            const plan = await planMove({ ...request, maxRepeats: { dashboard: 1 } });
            assert.deepEqual(plan.problems, [
                "dashboard would be given up to 2 records again (as a group 2, as a follower 2), and at most 1 are allowed " +
                    "(consumers.dashboard.maxRepeats). Try again when both topics are level, or raise it.",
            ]);
            const enough = await planMove({ ...request, maxRepeats: { dashboard: 2 } });
            assert.deepEqual(enough.problems, []);
        });

        it("says how many unread records the new topic does not have", async () => {
            const scene = promotion();
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(2));
            const plan = await scene.plan(await scene.initial(), "v2");
            assert.equal(plan.outlook["dashboard"]?.missing, 2);
            assert.match(
                describePlan(plan, new Date()).join("\n"),
                /dashboard: 2 records that it has not read are not on delays-v2; what does not come there still/,
            );
        });

        it("looks no further behind a position than it may, and is earlier for it", async () => {
            const scene = await long();
            const fresh = scene.kafka.createTopic("delays-v2", 1);
            fresh.append(0, ...Array.from({ length: 20 }, (_, t) => record(180 + t)));
            const plan = await limited(scene, bounded(30));
            assert.deepEqual(plan.consumers["dashboard"]?.committed, at(18));
            // Of what it did not look at anything may still come.
            assert.equal(plan.consumers["dashboard"]?.repeatsAtMost, 168 + 12);
        });

        it("refuses to pass over unseen what may be unread, with the numbers", async () => {
            const { problems } = await limited(await long(), bounded(50));
            assert.equal(problems.length, 1);
            assert.match(
                problems[0]!,
                /would read 200 records of delays-v2, partition 0, and alignment\.lookBackRecords is 50\. Raise it/,
            );
        });

        it("cuts the look-back where a declared disorder proves that the rest was read", async () => {
            const scene = await long();
            const read: bigint[] = [];
            await scene.initial();
            const plan = await planMove({
                ...scene.request((await scene.live())!, "v2"),
                ...bounded(110, 3),
                decoder: {
                    prepare: () => undefined,
                    decode: (found) => {
                        read.push(found.offset);
                        return decode(found);
                    },
                },
            });
            assert.deepEqual(plan.problems, []);
            assert.deepEqual(plan.consumers["dashboard"]?.committed, at(198));
            assert.ok(
                read.every((offset) => offset >= 88n),
                "it read what it need not",
            );
        });

        describe("where no identity is found", () => {
            const strange = async (): Promise<Scene> => {
                const scene = await long();
                const fresh = scene.kafka.createTopic("delays-v2", 1);
                fresh.append(0, ...Array.from({ length: 200 }, (_, t) => ({ id: `x-${t}`, t })));
                return scene;
            };

            it("refuses a way forward, with the reason", async () => {
                const { problems } = await limited(await strange(), { withoutIdentity: "refuse" });
                assert.match(
                    problems.join(),
                    /Of 200 records of delays-v2 none has the identity of one of 200 of delays-v1/,
                );
            });

            it("begins at the earliest record on a way back", async () => {
                const plan = await limited(await strange(), { withoutIdentity: "earliest" });
                assert.deepEqual(plan.problems, []);
                assert.deepEqual(plan.consumers["dashboard"]?.committed, at(0));
            });

            it("goes by a declared disorder, from which nothing unread can be further away", async () => {
                const plan = await limited(await strange(), {
                    ...bounded(1_000, 5),
                    withoutIdentity: "refuse",
                });
                assert.deepEqual(plan.problems, []);
                // The newest one read or unread is 199, and 5 older ones may still come.
                assert.deepEqual(plan.consumers["dashboard"]?.committed, at(194));
                assert.deepEqual(plan.handOver.from, at(194));
                assert.equal(plan.consumers["dashboard"]?.repeatsAtMost, 6);
            });
        });
    });

    describe("back", () => {
        /** After a promotion at which the group had read 0 to 7; both jobs went on, v2 one further. */
        async function promoted(): Promise<{ scene: Scene; live: RoutingRecord }> {
            const scene = promotion();
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(8));
            const first = await scene.initial();
            const plan = await scene.plan(first, "v2", verified);
            const live = await scene.move(first, "promotion", plan);
            scene.topic("v1").append(0, record(10), record(11));
            scene.topic("v2").append(0, record(10), record(11), record(12));
            return { scene, live };
        }

        it("takes topics for strangers only where they are, not where one has just been left and lags", async () => {
            const scene = new Scene({ v1: 1, v2: 1 });
            const records = Array.from({ length: 30 }, (_, t) => record(t));
            scene.topic("v1").append(0, ...records.slice(0, 20));
            scene.topic("v2").append(0, ...records.slice(0, 10));
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(20));
            const first = await scene.initial();
            const live = await scene.move(first, "promotion", await scene.plan(first, "v2"));
            // Behind the hand-over v1 has 20 to 29 and v2 10 to 14: none in common, although all of them are the same.
            scene.topic("v1").append(0, ...records.slice(20));
            scene.topic("v2").append(0, ...records.slice(10, 15));
            await scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(12));
            const plan = await planMove({
                ...scene.request(live, "v1"),
                withoutIdentity: "refuse",
            });
            assert.deepEqual(plan.problems, []);
            assert.deepEqual(plan.consumers["dashboard"]?.committed, at(20));
        });

        it("starts looking where the old topic was handed over", async () => {
            const { scene, live } = await promoted();
            await scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(7));
            const plan = await scene.plan(live, "v1");
            assert.deepEqual(plan.handOver, { until: at(9), from: at(12), repeatsAtMost: 1 });
            assert.deepEqual(plan.consumers["dashboard"], {
                previousGroup: "dashboard-v2",
                previousCommitted: at(7),
                unread: 2,
                group: "dashboard-v1",
                committed: at(11),
                repeatsAtMost: 0,
            });
        });

        it("and forth again announces nothing for what was read when it held authority before", async () => {
            const { scene, live } = await promoted();
            const { kafka } = scene;
            const readAll = async (version: string) =>
                kafka.commitOffsets(
                    `dashboard-${version}`,
                    `delays-${version}`,
                    scene.topic(version).end,
                );
            scene.topic("v1").append(0, record(12));
            await readAll("v2");
            const back = await scene.move(live, "rollback", await scene.plan(live, "v1"));
            const later = [13, 14, 15].map(record);
            scene.topic("v1").append(0, ...later);
            scene.topic("v2").append(0, ...later);
            await readAll("v1");
            // The verdict rests on what both have written since 8, most of it before v2 lost authority.
            const since = { incumbentFrom: at(8), candidateFrom: at(0), coveredFrom: 8 };
            const again = await scene.plan(back, "v2", since);
            assert.equal(again.consumers["dashboard"]?.repeatsAtMost, 0);
            assert.equal(again.handOver.repeatsAtMost, 0);
            assert.deepEqual(again.consumers["dashboard"].committed, scene.topic("v2").end);
        });

        it("never trusts what the group once committed there", async () => {
            const { scene, live } = await promoted();
            await scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(7));
            for (const stale of [null, at(0), at(12)]) {
                scene.kafka.expire("dashboard-v1", "delays-v1");
                if (stale !== null) {
                    await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", stale);
                }
                const plan = await scene.plan(live, "v1");
                assert.deepEqual(plan.consumers["dashboard"]?.committed, at(11));
            }
        });

        it("reads a topic that was made anew from its beginning", async () => {
            const { scene, live } = await promoted();
            scene.kafka.createTopic("delays-v1", 1).append(0, record(10), record(13));
            const plan = await scene.plan(live, "v1");
            assert.deepEqual(plan.handOver.from, at(1));
            assert.deepEqual(plan.consumers["dashboard"]?.committed, at(0));
        });

        it("looks into partitions that were added meanwhile from their beginning", async () => {
            const { scene, live } = await promoted();
            scene.topic("v1").partitions.push([]);
            scene.topic("v1").append(1, record(13));
            const { handOver } = await scene.plan(live, "v1");
            assert.deepEqual(handOver.from, at(12, 0));
        });

        it("announces what it cannot know where it goes back further than one move", async () => {
            const scene = new Scene({ v1: 1, v2: 1, v3: 1 });
            const all = Array.from({ length: 6 }, (_, t) => record(t));
            scene.topic("v1").append(0, ...all);
            scene.topic("v2").append(0, ...all);
            scene.topic("v3").append(0, ...all.slice(3));
            await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(6));
            let live = await scene.initial();
            live = await scene.move(live, "override", await scene.plan(live, "v2"));
            live = await scene.move(live, "override", await scene.plan(live, "v3"));
            assert.deepEqual(live.handOver?.from, { 0: "3" });
            assert.deepEqual(rollbackTargets(live.history), ["v1", "v2"]);
            // Nothing says any more that 0 to 2 were read on v1.
            const plan = await scene.plan(live, "v1");
            assert.deepEqual(plan.handOver, { until: at(3), from: at(0), repeatsAtMost: 6 });
        });
    });
});

interface World {
    readonly seed: number;
    readonly partitions: readonly [number, number, number];
    /** How many records a job may write out of order. */
    readonly disorder: number;
    /** How many records a job may be behind. */
    readonly lag: number;
    /** Whether every job began with the first record; only then is a move without a verdict safe. */
    readonly complete: boolean;
    /** One move for each: to which of the other versions, and whether without a verdict. */
    readonly moves: readonly { readonly to: number; readonly override: boolean }[];
}

const worlds: fc.Arbitrary<World> = fc.record({
    seed: fc.nat(),
    partitions: fc.tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
    ),
    disorder: fc.integer({ min: 1, max: 6 }),
    lag: fc.integer({ min: 0, max: 12 }),
    complete: fc.boolean(),
    moves: fc.array(fc.record({ to: fc.nat({ max: 1 }), override: fc.boolean() }), {
        minLength: 1,
        maxLength: 5,
    }),
});

/** What a move is planned with; replaced by broken ones to show that the property notices. */
type Planner = (request: MoveRequest) => Promise<MovePlan>;

/** An application: what it was given, and where it stands. */
class Reader {
    readonly delivered = new Map<string, number>();
    announced = 0;
    topic = "v1";
    position = new Map<number, bigint>();

    constructor(readonly name: string) {}

    get repeats(): number {
        return [...this.delivered.values()].reduce((sum, times) => sum + times - 1, 0);
    }

    read(topic: MemoryTopic, partition: number, to: bigint): void {
        const start = this.position.get(partition) ?? 0n;
        for (const found of topic.from(partition, start)) {
            if (found.offset < to) {
                const { identity } = decode(found);
                if (identity !== null) {
                    this.delivered.set(identity, (this.delivered.get(identity) ?? 0) + 1);
                }
            }
        }
        this.position.set(partition, start > to ? start : to);
    }
}

/**
 * Three jobs that write the same identities, each in its own order to its own partitions, the later ones only from
 * some identity on; a group and a follower that read what the routing record says.
 */
class Simulation {
    readonly scene: Scene;
    readonly group = new Reader("group");
    readonly follower = new Reader("follower");
    readonly #pending: Record<string, number[]> = { v1: [] };
    #produced = 0;
    #random: number;

    constructor(
        private readonly world: World,
        private readonly planner: Planner,
    ) {
        const [v1, v2, v3] = world.partitions;
        this.scene = new Scene({ v1, v2, v3 });
        this.#random = world.seed;
    }

    async run(): Promise<void> {
        let live = await this.scene.initial();
        this.#work(20);
        await this.#consume();
        for (const version of ["v2", "v3"]) {
            this.#pending[version] = this.world.complete
                ? Array.from({ length: this.#produced }, (_, t) => t)
                : [];
            this.#work(this.#die(10));
        }
        for (const move of this.world.moves) {
            const { to } = move;
            const override = move.override && this.world.complete;
            const version = ["v1", "v2", "v3"].filter((name) => name !== live.authority)[to]!;
            live = await this.#move(live, version, override);
            this.#work(this.#die(20));
            await this.#consume();
        }
        this.#finish();
        for (const reader of [this.group, this.follower]) {
            this.#readAll(reader, this.scene.topic(reader.topic).end);
        }
    }

    skipped(reader: Reader): number[] {
        return Array.from({ length: this.#produced }, (_, t) => t).filter(
            (t) => !reader.delivered.has(record(t).id),
        );
    }

    async #move(live: RoutingRecord, version: string, override: boolean): Promise<RoutingRecord> {
        const back = rollbackTargets(live.history).includes(version);
        const verified = back || override ? null : this.#compare(live.authority, version);
        const request = this.scene.request(live, version, verified);
        let plan = await this.planner(request);
        while (plan.problems.length > 0) {
            const unread = this.scene.topic(live.authority).end;
            assert.notDeepEqual(this.group.position, unread, plan.problems.join());
            await this.#consume();
            plan = await this.planner(request);
        }
        const by = back ? "rollback" : override ? "override" : "promotion";
        const next = await this.scene.move(live, by, plan);

        this.group.announced += next.consumers["dashboard"]!.repeatsAtMost;
        this.group.topic = version;
        const group = next.consumers["dashboard"]!.group;
        const committed = await this.scene.kafka.committedOffsets(group, next.topic);
        this.group.position = new Map(committed);

        this.follower.announced += next.handOver!.repeatsAtMost;
        this.#readAll(this.follower, parseOffsets(next.handOver!.until));
        this.follower.topic = version;
        this.follower.position = parseOffsets(next.handOver!.from);
        return next;
    }

    /** A passing verdict: from a look at the ends of both topics, over what both have finished since then. */
    #compare(incumbent: string, candidate: string): Verified {
        const incumbentFrom = this.scene.topic(incumbent).end;
        const times = (version: string, from: Offsets) =>
            [...from].flatMap(([partition, offset]) =>
                this.scene
                    .topic(version)
                    .from(partition, offset)
                    .map((found) => decode(found).eventTime)
                    .filter((t) => t !== null),
            );
        this.#work(this.world.lag + 20);
        const candidateFrom = this.scene.topic(candidate).start;
        const first = Math.max(
            Math.min(...times(incumbent, incumbentFrom)),
            Math.min(...times(candidate, candidateFrom)),
        );
        // As long as anything can be late.
        const coveredFrom = first + this.world.disorder + this.world.lag;
        while (
            [incumbent, candidate].some((version) =>
                this.#pending[version]!.some((t) => t <= coveredFrom),
            ) ||
            this.#produced <= coveredFrom
        ) {
            this.#work(5);
        }
        return { incumbentFrom, candidateFrom, coveredFrom };
    }

    /** New identities come in, and the jobs write until they are no further behind than they may be. */
    #work(count: number): void {
        for (let i = 0; i < count; i += 1) {
            Object.values(this.#pending).forEach((pending) => pending.push(this.#produced));
            this.#produced += 1;
            for (const [version, pending] of Object.entries(this.#pending)) {
                while (pending.length > this.#die(this.world.lag) + this.world.disorder) {
                    this.#emit(version, pending);
                }
            }
        }
    }

    #finish(): void {
        for (const [version, pending] of Object.entries(this.#pending)) {
            while (pending.length > 0) {
                this.#emit(version, pending);
            }
        }
    }

    #emit(version: string, pending: number[]): void {
        const topic = this.scene.topic(version);
        // Nothing is overtaken by more than the disorder: the oldest one goes when its time has come.
        const oldest = pending.reduce((first, t) => Math.min(first, t));
        const within = pending.filter((t) => t - oldest < this.world.disorder);
        const t = within[this.#die(within.length - 1)]!;
        pending.splice(pending.indexOf(t), 1);
        const partition = (t * 7 + version.length + (t % 3)) % topic.partitions.length;
        if (this.#die(8) === 0) {
            topic.skip(partition);
        }
        if (this.#die(60) === 0) {
            topic.append(partition, "cannot be decoded");
        }
        topic.append(partition, record(t));
    }

    /** Both applications read on a bit, unevenly; the group commits. */
    async #consume(): Promise<void> {
        for (const reader of [this.group, this.follower]) {
            for (const [partition, end] of this.scene.topic(reader.topic).end) {
                const start = reader.position.get(partition) ?? 0n;
                const left = end > start ? Number(end - start) : 0;
                const to = start + BigInt(this.#die(left));
                reader.read(this.scene.topic(reader.topic), partition, to);
            }
        }
        const { topic, position } = this.group;
        await this.scene.kafka.commitOffsets(`dashboard-${topic}`, `delays-${topic}`, position);
    }

    #readAll(reader: Reader, to: Offsets): void {
        to.forEach((end, partition) => {
            reader.read(this.scene.topic(reader.topic), partition, end);
        });
    }

    /** 0 to `max`. */
    #die(max: number): number {
        this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) | 0;
        return ((this.#random >>> 8) % (max + 1)) | 0;
    }
}

function moves(planner: Planner): fc.IAsyncPropertyWithHooks<[World]> {
    return fc.asyncProperty(worlds, async (world) => {
        const simulation = new Simulation(world, planner);
        await simulation.run();
        for (const reader of [simulation.group, simulation.follower]) {
            assert.deepEqual(simulation.skipped(reader), [], `skipped by the ${reader.name}`);
            assert.ok(
                reader.repeats <= reader.announced,
                `the ${reader.name} saw ${reader.repeats} repeats, at most ${reader.announced} were announced`,
            );
        }
    });
}

describe("moves there and back", () => {
    it("skip nothing, and repeat no more than was announced", async function () {
        this.timeout(60_000);
        await fc.assert(moves(planMove), { numRuns: 500 });
    });

    for (const records of [1, 5, 20]) {
        it(`do so with a look-back of ${records} records and a true bound of the disorder`, async function () {
            this.timeout(60_000);
            const alignment = { lookBackRecords: records, disorderMilliseconds: 6 };
            const planner: Planner = async (request) => {
                const plan = await planMove({ ...request, alignment });
                const isTooShort = plan.problems.some((problem) => /lookBackRecords/.test(problem));
                return isTooShort ? planMove(request) : plan;
            };
            await fc.assert(moves(planner), { numRuns: 200 });
        });
    }

    const toTheEnd = (kafka: MemoryKafka, plan: MovePlan): MovePlan => {
        const { end } = kafka.topics.get(plan.to.topic.name)!;
        return { ...plan, handOver: { ...plan.handOver, from: end } };
    };
    const broken: Record<string, Planner> = {
        "trusts a bound of the disorder that is not true": (request) =>
            planMove({
                ...request,
                alignment: { lookBackRecords: 1, disorderMilliseconds: 0 },
            }).then((plan) => ({ ...plan, problems: [] })),
        "sends followers to the end": async (request) =>
            toTheEnd(request.kafka as MemoryKafka, await planMove(request)),
        "gives a group the offsets of followers": async (request) => {
            const plan = await planMove(request);
            const dashboard = { ...plan.consumers["dashboard"]!, committed: plan.handOver.from };
            return { ...plan, consumers: { dashboard } };
        },
        "begins one record too late": async (request) => {
            const plan = await planMove(request);
            const from = new Map([...plan.handOver.from].map(([p, offset]) => [p, offset + 1n]));
            return { ...plan, handOver: { ...plan.handOver, from } };
        },
        "forgets on the way back where groups stood": async (request) => {
            const consumers = Object.entries(request.live.consumers).map(([name, route]) => [
                name,
                { ...route, previousCommitted: null },
            ]);
            const live = {
                ...request.live,
                consumers: Object.fromEntries(consumers) as RoutingRecord["consumers"],
            };
            return planMove({ ...request, live });
        },
        "forgets on the way back where followers stood": (request) => {
            const { handOver } = request.live;
            const until =
                handOver &&
                recordOffsets(new Map([...parseOffsets(handOver.until)].map(([p]) => [p, 0n])));
            return planMove({
                ...request,
                live: { ...request.live, handOver: handOver && { ...handOver, until: until! } },
            });
        },
        "trusts old commits on the way back": async (request) => {
            const plan = await planMove(request);
            const { group, committed } = plan.consumers["dashboard"]!;
            const old = await request.kafka.committedOffsets(group, plan.to.topic.name);
            const dashboard = {
                ...plan.consumers["dashboard"]!,
                committed: new Map([...committed, ...old]),
            };
            return { ...plan, consumers: { dashboard } };
        },
        "takes the candidate's warm-up for all that it wrote": (request) =>
            planMove({
                ...request,
                verified: request.verified && {
                    ...request.verified,
                    coveredFrom: request.verified.coveredFrom + 10,
                },
            }).then((plan) => ({ ...plan, problems: [] })),
        "announces no repeats": async (request) => {
            const plan = await planMove(request);
            return { ...plan, handOver: { ...plan.handOver, repeatsAtMost: 0 } };
        },
    };
    for (const [what, planner] of Object.entries(broken)) {
        it(`would notice a plan that ${what}`, async function () {
            this.timeout(60_000);
            const result = await fc.check(moves(planner), { numRuns: 2_000, endOnFailure: true });
            assert.ok(result.failed, `${result.numRuns} worlds and nothing noticed`);
        });
    }
});
