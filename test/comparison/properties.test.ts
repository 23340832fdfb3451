import assert from "node:assert/strict";
import fc from "fast-check";
import { decide } from "../../components/provider/comparison/decide.js";
import type { Evidence, WindowEvidence } from "../../components/provider/comparison/evidence.js";
import { delays, FakeTopic, look, origins, settingsOf, hour, type Delay } from "./world.js";

const about = { fingerprint: "f", comparedAt: "2026-11-23T12:00:00.000Z" };

/** The records put into partitions in a random order, to be read in fetches of a random size. */
const spread = (count: number) =>
    fc
        .tuple(
            fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
            fc.array(fc.nat(4), { minLength: count, maxLength: count }),
            fc.integer({ min: 1, max: 50 }),
        )
        .map(([order, partitions, fetchSize]) => ({ order, partitions, fetchSize }));

/**
 * The records in some partitions, those of a window in any order: how far records come behind is part of what is
 * compared, and within the allowed lateness it is nothing.
 */
function laidOut(records: readonly Delay[], how: { order: number[]; partitions: number[] }) {
    const topic = new FakeTopic([[], [], [], [], []]);
    const window = (index: number) => records[index]!.window_start;
    const order = how.order.toSorted((a, b) =>
        window(a) < window(b) ? -1 : window(a) > window(b) ? 1 : 0,
    );
    order.forEach((index) => topic.append(how.partitions[index]!, records[index]!));
    return topic;
}

/** What a faulty job could have made of the same input. */
const faulty = fc
    .array(
        fc.record({
            index: fc.nat(23),
            fault: fc.constantFrom("drop", "twice", "value", "null", "key", "near"),
        }),
        { maxLength: 6 },
    )
    .map((faults) => {
        const records: Delay[][] = delays().map((record) => [record]);
        for (const { index, fault } of faults) {
            const cell = records[index]!;
            const record = cell[0] ?? delays()[index]!;
            switch (fault) {
                case "drop":
                    cell.pop();
                    break;
                case "twice":
                    cell.push(record);
                    break;
                case "value":
                    cell[0] = { ...record, flights: record.flights + index };
                    break;
                case "null":
                    cell[0] = { ...record, mean_delay: null };
                    break;
                case "key":
                    cell[0] = { ...record, origin: "JFK" };
                    break;
                case "near":
                    cell[0] = { ...record, mean_delay: 2.5 };
                    break;
            }
        }
        return records.flat();
    });

/** Leaves out what evidence says of partitions, which is not the same in other ones. */
const withoutPlaces = (key: string, value: unknown) =>
    ["partitions", "largestDisorder", "comparedOnDisk"].includes(key) ? undefined : value;

describe("a verdict", () => {
    it("is the same, byte for byte, in any order, partitioning and fetch split", async function () {
        this.timeout(60_000);
        const scene = faulty.chain((candidate) =>
            fc.tuple(
                fc.constant(candidate),
                fc.constantFrom(["origin", "window_start"], ["window_start"]),
                fc.constantFrom(1, 0.5),
                spread(24),
                spread(candidate.length),
                spread(24),
                spread(candidate.length),
            ),
        );
        await fc.assert(
            fc.asyncProperty(scene, async ([candidate, identity, sample, ...ways]) => {
                const json = async (left: (typeof ways)[0], right: (typeof ways)[0]) => {
                    const { verdict, evidence } = await look({
                        incumbent: laidOut(delays(), left),
                        candidate: laidOut(candidate, right),
                        args: {
                            identity: [...identity],
                            samples: "raw",
                            sample,
                            fields: { mean_delay: { absoluteTolerance: 0.25 } },
                        },
                        prepare: (kafka) => (kafka.fetchSize = left.fetchSize),
                    });
                    return JSON.stringify({ verdict, evidence }, withoutPlaces);
                };
                assert.equal(await json(ways[0], ways[1]), await json(ways[2], ways[3]));
            }),
            { numRuns: 60 },
        );
    });

    it("passes only where the records that count are the same", async function () {
        this.timeout(60_000);
        const counted = (records: readonly Delay[]) =>
            records
                .filter(({ window_start }) => window_start >= hour(2) && window_start <= hour(5))
                .map((record) => JSON.stringify(record))
                .sort();
        await fc.assert(
            fc.asyncProperty(faulty, async (candidate) => {
                const { verdict, evidence } = await look({
                    incumbent: new FakeTopic([delays()]),
                    candidate: new FakeTopic([candidate]),
                });
                // Faults at either end can move what counts.
                fc.pre(evidence.windows.length === 4);
                const same =
                    JSON.stringify(counted(candidate)) === JSON.stringify(counted(delays()));
                assert.equal(verdict.outcome, same ? "pass" : "fail");
            }),
            { numRuns: 100 },
        );
    });

    it("never passes on too few windows or records, whatever they say", async function () {
        this.timeout(120_000);
        const insufficient = fc.record({
            incumbentHours: fc.nat(9),
            candidateHours: fc.nat(9),
            skipped: fc.nat(9),
            minWindows: fc.integer({ min: 1, max: 12 }),
            minRecords: fc.integer({ min: 1, max: 60 }),
            warmUpSeconds: fc.constantFrom(0, 1800, 3600, 7200, 36_000),
            allowedLatenessSeconds: fc.constantFrom(0, 3600, 36_000),
        });
        let situations = 0;
        await fc.assert(
            fc.asyncProperty(insufficient, async (situation) => {
                const { incumbentHours, candidateHours, skipped, ...args } = situation;
                // What counts, by hand: one record per origin and hour, equal on both sides.
                const warmUp = Math.ceil(args.warmUpSeconds / 3600);
                const lateness = args.allowedLatenessSeconds / 3600;
                const lastHour = Math.min(incumbentHours, candidateHours) - 1;
                const from = skipped + 1 + warmUp;
                const windows = Math.max(0, lastHour - lateness - from);
                fc.pre(windows < args.minWindows || windows * origins.length < args.minRecords);
                situations++;
                const { verdict } = await look({
                    incumbent: new FakeTopic([delays(incumbentHours)]),
                    candidate: new FakeTopic([delays(candidateHours).slice(skipped * 3)]),
                    args: { ...args, waitSeconds: 0 },
                });
                assert.equal(verdict.outcome, "inconclusive");
            }),
            { numRuns: 300 },
        );
        assert.equal(situations, 300);
    });

    it("never passes on evidence with no records, too few, a gap, or no pairs", () => {
        const count = fc.nat(40);
        const window = fc.record({ matched: count, extra: count });
        const evidence = fc
            .record({
                windows: fc.array(window, { maxLength: 6 }),
                records: fc.nat(200),
                gaps: fc.array(fc.constantFrom("lost", "unreadable"), { maxLength: 2 }),
            })
            .map(({ windows, records, gaps }): Evidence => {
                const version = (name: string) => ({
                    version: name,
                    topic: name,
                    records,
                    watermark: records === 0 ? null : 1,
                    unreadable: 0,
                    largestDisorder: 0,
                    lateRecords: 0,
                    strayRecords: 0,
                    partitions: [],
                    job: null,
                });
                return {
                    incumbent: version("v1"),
                    candidate: version("v2"),
                    windows: windows.map(({ matched, extra }, index): WindowEvidence => ({
                        start: index * 1000,
                        end: (index + 1) * 1000,
                        windows: 1,
                        incumbentRecords: matched,
                        candidateRecords: matched + extra,
                        incumbentSampled: matched,
                        candidateSampled: matched + extra,
                        identities: null,
                        matched,
                        changed: 0,
                        missing: 0,
                        extra,
                        incumbentDuplicates: 0,
                        candidateDuplicates: 0,
                        incumbentLate: 0,
                        candidateLate: 0,
                    })),
                    fields: [],
                    aggregates: [],
                    metrics: [],
                    schemas: [],
                    control: null,
                    comparedOnDisk: 0,
                    leftOut: [],
                    gaps,
                    samples: [],
                };
            });
        // Thresholds that let everything through: only the lack of evidence is left to refuse.
        const rules = {
            counts: { maxRelativeDifference: 1 },
            keyCoverage: { maxExtraShare: 1, maxMissingShare: 1 },
        };
        const settings = settingsOf({ minWindows: 3, minRecords: 60, rules });
        fc.assert(
            fc.property(evidence, (any) => {
                const withRecords = any.windows.filter(({ matched }) => matched > 0);
                const matched = withRecords.reduce((sum, one) => sum + one.matched, 0);
                fc.pre(any.gaps.length > 0 || withRecords.length < 3 || matched < 60);
                assert.notEqual(decide(any, settings, about).outcome, "pass");
            }),
            { numRuns: 1_000 },
        );
    });
});
