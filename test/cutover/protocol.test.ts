import assert from "node:assert/strict";
import { planMove } from "../../components/provider/cutover/movePlan.js";
import { carryOut, writeConsumers } from "../../components/provider/cutover/protocol.js";
import {
    parseRoutingRecord,
    type RoutingRecord,
} from "../../components/provider/cutover/routingRecord.js";
import { readRoutingRecord } from "../../components/provider/cutover/routingStore.js";
import type { KafkaPort } from "../../components/provider/kafka/port.js";
import { interrupt } from "./memoryKafka.js";
import { asked, at, record, Scene } from "./scene.js";

const promotion = { by: "promotion", verdict: "a fingerprint", override: null } as const;
const rollback = { by: "rollback", verdict: null, override: null } as const;
const verified = { incumbentFrom: at(0), candidateFrom: at(0), coveredFrom: 0 };

/** v1 in two partitions holds 0 to 3, v2 in one holds 0 to 4; the group has read 0 and 1. */
async function scene(): Promise<Scene> {
    const scene = new Scene({ v1: 2, v2: 1 });
    [0, 1, 2, 3].forEach((t) => scene.topic("v1").append(t % 2, record(t)));
    scene.topic("v2").append(0, ...[0, 1, 2, 3, 4].map(record));
    await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(1, 1));
    return scene;
}

const first: RoutingRecord = {
    recordVersion: 1,
    name: "delays",
    owner: "organization/project/stack",
    epoch: 1,
    authority: "v1",
    topic: "delays-v1",
    topicId: "delays-v1-2",
    writtenAt: "2026-11-23T12:00:00.000Z",
    consumers: {
        dashboard: {
            group: "dashboard-v1",
            committed: null,
            previousGroup: null,
            previousCommitted: null,
            repeatsAtMost: 0,
        },
    },
    handOver: null,
    history: [
        {
            epoch: 1,
            version: "v1",
            topic: "delays-v1",
            topicId: "delays-v1-2",
            since: "2026-11-23T12:00:00.000Z",
            until: null,
            by: "initial",
            verdict: null,
            override: null,
        },
    ],
};

async function promoted(given: Scene): Promise<RoutingRecord> {
    const live = await given.initial();
    const plan = () => given.plan(live, "v2", verified);
    return carryOut(given.context, live, plan, promotion);
}

describe("the routing record", () => {
    it("says at first what is true already", async () => {
        const given = await scene();
        assert.deepEqual(await given.initial(), first);
        assert.deepEqual(await given.live(), first);
    });

    it("is not written for a topic that is missing", async () => {
        const given = await scene();
        given.kafka.topics.delete("delays-v1");
        await assert.rejects(given.initial(), /Topic delays-v1 of v1 does not exist/);
        assert.equal(await given.live(), undefined);
    });

    it("says after a promotion where everybody goes on", async () => {
        const given = await scene();
        const written = await promoted(given);
        const since = written.writtenAt;
        assert.match(since, /^2026-11-23T12:00:0\d\.000Z$/);
        assert.deepEqual(written, {
            ...first,
            epoch: 2,
            authority: "v2",
            topic: "delays-v2",
            topicId: "delays-v2-3",
            writtenAt: since,
            consumers: {
                dashboard: {
                    group: "dashboard-v2",
                    committed: { 0: "2" },
                    previousGroup: "dashboard-v1",
                    previousCommitted: { 0: "1", 1: "1" },
                    repeatsAtMost: 0,
                },
            },
            handOver: {
                version: "v1",
                topic: "delays-v1",
                topicId: "delays-v1-2",
                until: { 0: "2", 1: "2" },
                from: { 0: "4" },
                repeatsAtMost: 0,
            },
            history: [
                { ...first.history[0], until: since },
                {
                    epoch: 2,
                    version: "v2",
                    topic: "delays-v2",
                    topicId: "delays-v2-3",
                    since,
                    until: null,
                    ...promotion,
                },
            ],
        });
        assert.deepEqual(await given.live(), written);
        assert.deepEqual(await given.kafka.committedOffsets("dashboard-v2", "delays-v2"), at(2));
        assert.deepEqual(given.lines, [
            "consumer dashboard: group dashboard-v2 stands ready on delays-v2",
            "authority is v2 (delays-v2), epoch 2",
        ]);
    });

    it("says the same after a rollback, and keeps the whole history", async () => {
        const given = await scene();
        const before = await promoted(given);
        await given.kafka.commitOffsets("dashboard-v2", "delays-v2", at(4));
        const plan = () => given.plan(before, "v1");
        const written = await carryOut(given.context, before, plan, rollback);
        const since = written.writtenAt;
        assert.deepEqual(written, {
            ...first,
            epoch: 3,
            writtenAt: since,
            consumers: {
                dashboard: {
                    group: "dashboard-v1",
                    committed: { 0: "2", 1: "2" },
                    previousGroup: "dashboard-v2",
                    previousCommitted: { 0: "4" },
                    repeatsAtMost: 0,
                },
            },
            handOver: {
                version: "v2",
                topic: "delays-v2",
                topicId: "delays-v2-3",
                until: { 0: "5" },
                from: { 0: "2", 1: "2" },
                repeatsAtMost: 1,
            },
            history: [
                before.history[0],
                { ...before.history[1], until: since },
                {
                    epoch: 3,
                    version: "v1",
                    topic: "delays-v1",
                    topicId: "delays-v1-2",
                    since,
                    until: null,
                    ...rollback,
                },
            ],
        });
        assert.deepEqual(await given.live(), written);
    });

    it("takes consumers in and out where authority stays, and moves nobody", async () => {
        const given = await scene();
        const before = await promoted(given);
        const groups = { ...asked("v2"), report: "report-v2" };
        const written = await writeConsumers(given.context, before, groups);
        assert.deepEqual(written, {
            ...before,
            writtenAt: written.writtenAt,
            consumers: {
                ...before.consumers,
                report: { ...first.consumers["dashboard"], group: "report-v2" },
            },
        });
        assert.notEqual(written.writtenAt, before.writtenAt);
        const without = await writeConsumers(given.context, written, { report: "report-v2" });
        assert.deepEqual(Object.keys(without.consumers), ["report"]);
        assert.deepEqual(await given.live(), without);
    });

    it("is read among others, and the newest one counts", async () => {
        const given = await scene();
        await given.initial();
        const log = given.kafka.topics.get("routing")!;
        log.write(0, "delays-of-others", { ...first, epoch: 9 });
        log.write(0, "delays", { ...first, epoch: 2 });
        log.write(0, "delays", null);
        assert.equal((await given.live())?.epoch, 2);
        assert.equal(await readRoutingRecord(given.kafka, "no such topic", "delays"), undefined);
    });

    it("is refused with a sentence where it is not as documented", () => {
        assert.throws(() => parseRoutingRecord("v1"), /not JSON; was something else written/);
        const broken = { ...first, epoch: 0, topic: undefined };
        assert.throws(
            () => parseRoutingRecord(JSON.stringify(broken)),
            (error: Error) => {
                assert.match(error.message, /not as documented/);
                assert.match(error.message, /epoch/);
                assert.match(error.message, /topic/);
                return true;
            },
        );
        const offsets = { ...first.consumers["dashboard"], committed: { 0: 5 } };
        const text = JSON.stringify({ ...first, consumers: { dashboard: offsets } });
        assert.throws(() => parseRoutingRecord(text), /consumers\.dashboard\.committed/);
    });
});

describe("a move", () => {
    it("that began before another one can write nothing any more", async () => {
        const given = await scene();
        const live = await given.initial();
        const zombie = carryOut(
            given.context,
            live,
            async () => {
                const plan = await given.plan(live, "v2", verified);
                await carryOut(given.context, live, () => Promise.resolve(plan), promotion);
                const { dashboard } = plan.consumers;
                return { ...plan, consumers: { dashboard: { ...dashboard!, committed: at(0) } } };
            },
            { ...promotion, verdict: "the zombie's" },
        );
        await assert.rejects(
            zombie,
            /has changed meanwhile: it was v1 at epoch 1.*it is v2 at epoch 2/,
        );
        // Nor does it commit for a group any more.
        assert.deepEqual(await given.kafka.committedOffsets("dashboard-v2", "delays-v2"), at(2));
        const now = (await given.live())!;
        assert.equal(now.epoch, 2);
        assert.equal(now.history.at(-1)?.verdict, "a fingerprint");
    });

    it("is fenced off where the other one has not written its record yet", async () => {
        const given = await scene();
        const live = await given.initial();
        const overtaken = carryOut(
            given.context,
            live,
            async () => {
                await given.kafka.fence(given.context.transactionalId);
                return given.plan(live, "v2", verified);
            },
            promotion,
        );
        await assert.rejects(overtaken, /taken over by another producer/);
        assert.deepEqual(await given.live(), live);
    });

    it("is refused where the record is another one than it was decided on", async () => {
        const given = await scene();
        const live = await given.initial();
        const between = await writeConsumers(given.context, live, {});
        let planned = false;
        const late = carryOut(
            given.context,
            live,
            () => {
                planned = true;
                return given.plan(live, "v2", verified);
            },
            promotion,
        );
        await assert.rejects(late, (error: Error) => {
            assert.match(error.message, /it was v1 at epoch 1 \(2026-11-23T12:00:00.000Z\)/);
            assert.ok(error.message.includes(`it is v1 at epoch 1 (${between.writtenAt})`));
            return true;
        });
        assert.equal(planned, false);
        assert.deepEqual(await given.live(), between);
        await assert.rejects(given.initial(), /it was none, it is v1 at epoch 1/);
    });

    it("with problems moves nothing", async () => {
        const given = await scene();
        const live = await given.initial();
        const plan = () => given.plan(live, "v2", { ...verified, coveredFrom: 3 });
        await assert.rejects(
            carryOut(given.context, live, plan, promotion),
            /Nothing was moved. dashboard \(group dashboard-v1\) has not read 1 records/,
        );
        assert.deepEqual(await given.live(), first);
        assert.equal((await given.kafka.committedOffsets("dashboard-v2", "delays-v2")).size, 0);
    });

    it("is not made where offsets read back as others than were committed", async () => {
        const given = await scene();
        const live = await given.initial();
        const { kafka } = given;
        const commit = kafka.commitOffsets.bind(kafka);
        kafka.commitOffsets = (group, topic) => commit(group, topic, at(1));
        await assert.rejects(
            carryOut(given.context, live, () => given.plan(live, "v2", verified), promotion),
            /Group dashboard-v2: offset 2 was committed for delays-v2, partition 0, but 1 reads back/,
        );
        kafka.commitOffsets = () => Promise.resolve();
        kafka.expire("dashboard-v2", "delays-v2");
        await assert.rejects(
            carryOut(given.context, live, () => given.plan(live, "v2", verified), promotion),
            /partition 0, but none reads back/,
        );
        assert.deepEqual(await given.live(), first);
    });

    it("is not taken for made where the record reads back as another one", async () => {
        const given = await scene();
        const live = await given.initial();
        given.tickSeconds = 60;
        const { kafka } = given;
        kafka.fence = () =>
            Promise.resolve({ write: () => Promise.resolve(), close: () => Promise.resolve() });
        await assert.rejects(
            carryOut(given.context, live, () => given.plan(live, "v2", verified), promotion),
            /written but reads back as v1 at epoch 1 \(.*\) instead of v2 at epoch 2/,
        );
    });

    it("is not made while the group has members", async () => {
        const given = await scene();
        const live = await given.initial();
        given.tickSeconds = 61;
        given.kafka.members.add("dashboard-v2");
        await assert.rejects(
            carryOut(given.context, live, () => given.plan(live, "v2", verified), promotion),
            /Kafka refused .* dashboard-v2 on delays-v2.*stop whatever still reads as dashboard-v2/,
        );
        assert.deepEqual(await given.live(), first);
    });

    it("goes back over members that never left, and leaves them where they are", async () => {
        const given = await scene();
        const live = await promoted(given);
        given.kafka.members.add("dashboard-v1");
        const written = await carryOut(given.context, live, () => given.plan(live, "v1"), rollback);
        assert.equal(written.authority, "v1");
        assert.deepEqual(written.consumers["dashboard"]?.committed, { 0: "1", 1: "1" });
        assert.deepEqual(await given.kafka.committedOffsets("dashboard-v1", "delays-v1"), at(1, 1));
        assert.match(given.lines.join("\n"), /dashboard-v1 has members that never left delays-v1/);
    });

    it("waits a while for them to leave", async () => {
        const given = await scene();
        const live = await given.initial();
        const { kafka, context } = given;
        kafka.members.add("dashboard-v2");
        const commit = kafka.commitOffsets.bind(kafka);
        kafka.commitOffsets = (group, topic, offsets) => {
            const answer = commit(group, topic, offsets);
            kafka.members.clear();
            return answer;
        };
        await carryOut(context, live, () => given.plan(live, "v2", verified), promotion);
        assert.equal((await given.live())?.authority, "v2");
        assert.equal(given.lines.filter((line) => /still has members/.test(line)).length, 1);
    });
});

/** What one `pulumi up` does for the pointer: reads the record, and moves where it does not say what is asked. */
async function up(given: Scene, kafka: KafkaPort, version: string): Promise<RoutingRecord> {
    const live = (await readRoutingRecord(kafka, "routing", "delays"))!;
    if (live.authority === version) {
        return live;
    }
    const request = given.request(live, version, version === "v2" ? verified : null, kafka);
    const reason = version === "v2" ? promotion : rollback;
    return carryOut({ ...given.context, kafka }, live, () => planMove(request), reason);
}

describe("a move that is interrupted at any call", () => {
    const moves = {
        promotion: { to: "v2", prepare: (given: Scene) => given.initial() },
        rollback: {
            to: "v1",
            prepare: async (given: Scene) => {
                const live = await promoted(given);
                await given.kafka.commitOffsets("dashboard-v2", "delays-v2", at(3));
                return live;
            },
        },
    };
    for (const [name, { to, prepare }] of Object.entries(moves)) {
        for (const when of ["before", "after"] as const) {
            it(`${name}, ${when} the call: the record is whole, and the next run arrives`, async () => {
                const whole = await scene();
                await prepare(whole);
                const { port, calls } = interrupt(whole.kafka, -1, when);
                const expected = await up(whole, port, to);
                assert.ok(calls.length > 20, calls.join());
                for (let n = 0; n < calls.length; n += 1) {
                    const what = `call ${n}, ${calls[n]}`;
                    const given = await scene();
                    const before = await prepare(given);
                    await assert.rejects(up(given, interrupt(given.kafka, n, when).port, to), what);

                    const between = (await given.live())!;
                    const moved = between.epoch > before.epoch;
                    assert.deepEqual(timeless(between), timeless(moved ? expected : before), what);
                    const written = calls.indexOf("write");
                    assert.equal(moved, n > written || (n === written && when === "after"), what);

                    const after = await up(given, given.kafka, to);
                    assert.deepEqual(timeless(after), timeless(expected), what);
                    assert.deepEqual(await given.live(), after, what);
                    const { group, committed } = after.consumers["dashboard"]!;
                    const stands = await given.kafka.committedOffsets(group, after.topic);
                    assert.deepEqual(
                        Object.fromEntries([...stands].map(([p, o]) => [p, String(o)])),
                        committed,
                        what,
                    );
                }
            });
        }
    }
});

/** A record but for when it was written, which a second attempt does later. */
function timeless(of: RoutingRecord): unknown {
    return JSON.parse(JSON.stringify(of).replaceAll(/2026-11-23T12:\d\d:\d\d\.000Z/g, "a time"));
}
