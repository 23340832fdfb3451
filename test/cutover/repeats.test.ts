import assert from "node:assert/strict";
import { countRepeats, describeRepeats } from "../../components/provider/cutover/repeats.js";
import type { RoutingRecord } from "../../components/provider/cutover/routingRecord.js";
import { at, decode, record, Scene } from "./scene.js";

/** v1 holds 0 to 9, of which the group has read 0 to 5; v2 has them in another order. */
async function promoted(): Promise<{ scene: Scene; live: RoutingRecord }> {
    const scene = new Scene({ v1: 1, v2: 1 });
    scene.topic("v1").append(0, ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(record));
    scene.topic("v2").append(0, ...[0, 1, 2, 6, 3, 4, 5, 7, 11, 8, 9, 10, 12].map(record));
    await scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(6));
    const first = await scene.initial();
    const live = await scene.move(first, "override", await scene.plan(first, "v2"));
    return { scene, live };
}

const count = ({ scene, live }: { scene: Scene; live: RoutingRecord }, lookBackRecords = 1_000) =>
    countRepeats(
        {
            kafka: scene.kafka,
            live,
            decoder: { prepare: () => undefined, decode },
            lookBackRecords,
            signal: new AbortController().signal,
        },
        "dashboard",
    );

describe("the count of what a move repeated", () => {
    it("is not made before anything is read on the new topic, nor before the first move", async () => {
        const given = await promoted();
        assert.equal(await count(given), undefined);
        const first = { ...given.live, handOver: null };
        assert.equal(await count({ ...given, live: first }), undefined);
    });

    it("of a group counts from where it was put, and what it had read on the old topic", async () => {
        const given = await promoted();
        // It was put before 6; 3, 4 and 5 come again, and 7, which it read before it was restarted.
        await given.scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(8));
        await given.scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(13));
        assert.deepEqual(await count(given), {
            delivered: 10,
            again: 5,
            atMost: 3,
            isWhole: true,
        });
    });

    it("of a follower counts behind the hand-over only", async () => {
        const given = await promoted();
        await given.scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        await given.scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(13));
        const found = await count(given);
        assert.ok(found);
        assert.deepEqual(found, { delivered: 5, again: 2, atMost: 2, isWhole: true });
        assert.match(
            describeRepeats("dashboard", given.live, found),
            /since authority moved to v2 \(.*\) it has read 5 records, 2 of them again; at most 2 were announced/,
        );
    });

    it("says where it has not looked at all", async () => {
        const given = await promoted();
        await given.scene.kafka.commitOffsets("dashboard-v1", "delays-v1", at(10));
        await given.scene.kafka.commitOffsets("dashboard-v2", "delays-v2", at(13));
        const found = await count(given, 1);
        assert.ok(found);
        assert.equal(found.isWhole, false);
        assert.match(describeRepeats("dashboard", given.live, found), /as far as was looked at/);
    });
});
