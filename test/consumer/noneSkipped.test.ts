import * as assert from "node:assert/strict";
import fc from "fast-check";
import { parseOffsets } from "../../components/provider/cutover/routingRecord.js";
import { judge, nextStep } from "../../components/consumer/plan.js";
import { ours, World, type Command, type Decisions } from "./world.js";

const member = fc.nat({ max: 2 });
const emit = fc.record({
    do: fc.constant("emit" as const),
    version: fc.constantFrom(1, 2),
    pick: fc.nat({ max: 20 }),
    control: fc.nat({ max: 6 }).map((die) => die === 0),
});
const command: fc.Arbitrary<Command> = fc.oneof(
    {
        weight: 4,
        arbitrary: fc.record({
            do: fc.constant("produce" as const),
            count: fc.integer({ min: 1, max: 5 }),
        }),
    },
    { weight: 12, arbitrary: emit },
    { weight: 2, arbitrary: fc.constant<Command>({ do: "move" }) },
    {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant("see" as const), member, all: fc.boolean() }),
    },
    { weight: 6, arbitrary: fc.record({ do: fc.constant("act" as const), member }) },
    {
        weight: 10,
        arbitrary: fc.record({
            do: fc.constant("read" as const),
            member,
            partition: fc.nat({ max: 4 }),
            count: fc.integer({ min: 1, max: 6 }),
        }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("commit" as const), member }) },
    {
        weight: 1,
        arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "stop" as const), member }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("start" as const), member }) },
);

function histories(decisions: Decisions): fc.IPropertyWithHooks<unknown[]> {
    return fc.property(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.array(command, { minLength: 40, maxLength: 250, size: "max" }),
        (partitions, members, disorder, commands) => {
            const world = new World(partitions, members, disorder, decisions);
            world.run(commands);
            world.settle();
            assert.deepEqual(world.skipped, []);
            assert.ok(world.arrived, "not every member follows the last record");
        },
    );
}

describe("no record is skipped", () => {
    it("on random histories with moves in both directions, crashes and rebalances", function () {
        this.timeout(120_000);
        fc.assert(histories(ours), { numRuns: Number(process.env.HISTORIES ?? 2000) });
    });

    it("and the histories are worth something: moves happen, records are repeated", () => {
        let moves = 0;
        let repeats = 0;
        for (const commands of fc.sample(
            fc.array(command, { minLength: 100, maxLength: 250, size: "max" }),
            200,
        )) {
            const world = new World([2, 3], 2, 4, ours);
            world.run(commands);
            world.settle();
            moves += world.moves;
            repeats += world.repeats;
        }
        assert.ok(moves > 200, `only ${moves} moves in 200 histories`);
        assert.ok(repeats > 200, `only ${repeats} repeats in 200 histories`);
    });

    const broken: Record<string, Decisions> = {
        "does not finish the old topic": {
            ...ours,
            nextStep: (record, consumer, sighting) => {
                const step = nextStep(record, consumer, sighting);
                return step.kind === "consume" || record.handOver === null
                    ? step
                    : {
                          kind: "consume",
                          version: record.authority,
                          topic: record.topic,
                          group: record.consumers[consumer]?.group ?? "",
                          epoch: record.epoch,
                          from: parseOffsets(record.handOver.from),
                      };
            },
        },
        "takes `until` for one less": {
            ...ours,
            judge: (step, partition, offset) => judge(step, partition, offset + 1n),
        },
        "starts at the end where nothing is committed": { ...ours, startsAtEnd: true },
        "passes over what it has no evidence for": {
            ...ours,
            nextStep: (record, consumer, sighting) => {
                const step = nextStep(record, consumer, sighting);
                return step.kind === "drain" || record.handOver === null
                    ? step
                    : { ...step, from: parseOffsets(record.handOver.from) };
            },
        },
        "goes back without knowing that the hand-over before was finished": {
            ...ours,
            nextStep: (record, consumer, sighting) =>
                nextStep(record, consumer, { ...sighting, finishedEpoch: record.epoch - 1 }),
        },
    };
    for (const [what, decisions] of Object.entries(broken)) {
        it(`notices a follower that ${what}`, function () {
            this.timeout(120_000);
            const result = fc.check(histories(decisions), { numRuns: 20_000, endOnFailure: true });
            assert.ok(result.failed, `${result.numRuns} histories and nothing noticed`);
        });
    }
});
