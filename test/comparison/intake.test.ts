import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { CompareArgs } from "../../components/compare.js";
import { gatherEvidence, type Gathered } from "../../components/provider/comparison/gather.js";
import {
    FakeClock,
    FakeKafka,
    settingsOf,
    type FakeTopic,
    delays,
    hour,
    look,
    topicOf,
} from "./world.js";

interface Looked {
    readonly incumbent: FakeTopic;
    readonly candidate: FakeTopic;
    readonly args?: Partial<CompareArgs>;
    /** So little that everything goes to disk. */
    readonly memoryMiB?: number;
    readonly before?: Gathered;
    readonly verifiedThrough?: string;
}

async function gathered(scene: Looked): Promise<Gathered> {
    const kafka = new FakeKafka(
        new Map([
            ["delays", scene.incumbent],
            ["delays-v2", scene.candidate],
        ]),
    );
    const settings = settingsOf(scene.args);
    const through = scene.verifiedThrough === undefined ? null : Date.parse(scene.verifiedThrough);
    const kept = scene.before?.keep(through) ?? null;
    const from = (of: Readonly<Record<string, string>> | undefined, topic: FakeTopic) =>
        of === undefined
            ? topic.start
            : new Map(Object.entries(of).map(([p, offset]) => [Number(p), BigInt(offset)]));
    return gatherEvidence({
        kafka: kafka.port,
        incumbent: {
            version: "v1",
            topic: "delays",
            from: from(kept?.incumbent.from, scene.incumbent),
        },
        candidate: {
            version: "v2",
            topic: "delays-v2",
            from: from(kept?.candidate.from, scene.candidate),
        },
        settings: { ...settings, memoryMiB: scene.memoryMiB ?? settings.memoryMiB },
        kept,
        log: () => {},
        clock: new FakeClock(),
    });
}

const record = fc.record({
    origin: fc.constantFrom("ATL", "SEA"),
    window_start: fc.constantFrom(...[0, 1, 2, 3, 4, 5, 6, 7].map(hour)),
    flights: fc.constantFrom(1, 2, 2.5, null, "2"),
});
const records = fc.array(record, { maxLength: 30 });
const aggregates = { fields: { flights: {} }, groupBy: ["origin"] };

describe("equal records that cancel each other out", () => {
    it("leave the same evidence as when all are compared on disk", async function () {
        this.timeout(60_000);
        const ends = delays().filter((_, index) => index < 3 || index > 20);
        await fc.assert(
            fc.asyncProperty(records, records, records, async (both, left, right) => {
                const scene = (memoryMiB: number | undefined) =>
                    gathered({
                        incumbent: topicOf([
                            ...ends.slice(0, 3),
                            ...both,
                            ...left,
                            ...ends.slice(3),
                        ]),
                        candidate: topicOf(
                            [...ends.slice(0, 3), ...right, ...both, ...ends.slice(3)],
                            3,
                        ),
                        args: { samples: "raw", rules: { aggregates } },
                        ...(memoryMiB === undefined ? {} : { memoryMiB }),
                    });
                const [fast, onDisk] = [await scene(undefined), await scene(0.0001)];
                const { comparedOnDisk, ...found } = onDisk.evidence;
                const { comparedOnDisk: few, ...alike } = fast.evidence;
                assert.deepEqual(found, alike);
                assert.ok(few <= comparedOnDisk);
            }),
            { numRuns: 20 },
        );
    });

    it("are also those that differ in an ignored field only", async () => {
        const { evidence } = await look({
            incumbent: topicOf(delays().map((one) => ({ ...one, written: Math.random() }))),
            candidate: topicOf(delays().map((one) => ({ ...one, written: Math.random() }))),
            args: { fields: { written: { ignore: "when it was written" } } },
        });
        assert.deepEqual(
            evidence.windows.map(({ matched, changed }) => [matched, changed]),
            [3, 3, 3, 3].map((n) => [n, 0]),
        );
    });

    it("have the same key, or none", async () => {
        const keyed = (key: string | null) => {
            const topic = topicOf(delays(), 1);
            const log = topic.partitions[0]!;
            log.forEach(
                (one, i) => (log[i] = { ...one, key: key === null ? null : Buffer.from(key) }),
            );
            return topic;
        };
        for (const [incumbent, candidate, outcome] of [
            ["k", "k", "pass"],
            ["k", "K", "fail"],
            [null, "k", "fail"],
            ["", null, "fail"],
        ] as const) {
            const { verdict } = await look({
                incumbent: keyed(incumbent),
                candidate: keyed(candidate),
            });
            assert.equal(verdict.outcome, outcome, `${incumbent} ${candidate}`);
        }
    });
});

describe("upserts", () => {
    const args: Partial<CompareArgs> = { mode: "upsert", minRecords: 3 };
    const early = delays().map((one) => ({ ...one, flights: -1 }));

    it("are compared by the last record of each identity", async () => {
        const { verdict, evidence } = await look({
            incumbent: topicOf([...early, ...early, ...delays()], 1),
            candidate: topicOf([...early, ...delays()], 1),
            args,
        });
        assert.equal(verdict.outcome, "pass", JSON.stringify(verdict.findings[0]));
        assert.deepEqual(
            evidence.windows.map((window) => window.incumbentRecords),
            [3, 3, 3, 3],
        );
    });

    it("differ where the last ones do, in whatever order the others came", async () => {
        const { verdict } = await look({
            incumbent: topicOf([...early, ...delays()], 1),
            candidate: topicOf([...delays(), ...early], 1),
            args,
        });
        assert.equal(verdict.outcome, "fail");
        assert.equal(verdict.records.changed, 12);
    });

    it("may be on compacted topics", async () => {
        const [incumbent, candidate] = [topicOf(delays(), 1), topicOf(delays(), 1)];
        incumbent.cleanupPolicy = candidate.cleanupPolicy = "compact";
        assert.equal((await look({ incumbent, candidate, args })).verdict.outcome, "pass");
    });

    it("that were deleted are not there", async () => {
        const keyed = (deleted: boolean) => {
            const topic = topicOf(delays(), 1);
            const log = topic.partitions[0]!;
            log.forEach((one, i) => {
                const { origin, window_start } = delays()[i]!;
                const key = Buffer.from(JSON.stringify({ origin, at: window_start }));
                log[i] = { ...one, key, timestamp: Date.parse(`${window_start}Z`) };
            });
            if (deleted) {
                const last = log[9]!;
                log.push({ ...last, offset: BigInt(log.length), value: null });
            }
            return topic;
        };
        const keys: Partial<CompareArgs> = {
            ...args,
            identity: ["$key.origin", "$key.at"],
            eventTime: "$key.at",
            formats: { key: "json" },
        };
        const both = await look({ incumbent: keyed(true), candidate: keyed(true), args: keys });
        assert.equal(both.verdict.outcome, "pass", JSON.stringify(both.verdict.findings[0]));
        assert.equal(both.verdict.records.incumbent, 11);
        const one = await look({ incumbent: keyed(false), candidate: keyed(true), args: keys });
        assert.equal(one.verdict.outcome, "fail");
        assert.equal(one.verdict.records.missing, 1);
    });
});

describe("windows that were verified", () => {
    const rest = delays(12).slice(24);
    const through = new Date(`${hour(6)}Z`).toISOString();
    const plain: Partial<CompareArgs> = { rules: { aggregates } };

    async function twice(late: readonly object[], args = plain): Promise<Gathered> {
        const [incumbent, candidate] = [topicOf(delays(), 2), topicOf(delays(), 3)];
        const before = await gathered({ incumbent, candidate, args });
        incumbent.append(0, ...rest, ...late);
        candidate.append(1, ...rest, ...late);
        return gathered({ incumbent, candidate, args, before, verifiedThrough: through });
    }

    for (const sample of [1, 0.5]) {
        it(`are not read again, and count as if they were (sample ${sample})`, async () => {
            const args = { ...plain, sample };
            const next = await twice([], args);
            const [incumbent, candidate] = [topicOf(delays(12), 2), topicOf(delays(12), 3)];
            const { evidence } = await gathered({ incumbent, candidate, args });
            assert.equal(next.reopened, false);
            assert.deepEqual(next.evidence.windows, evidence.windows);
            assert.deepEqual(next.evidence.fields, evidence.fields);
            assert.deepEqual(next.evidence.aggregates, evidence.aggregates);
            assert.equal(next.evidence.incumbent.watermark, evidence.incumbent.watermark);
        });
    }

    it("are opened again by a record that comes for one of them", async () => {
        assert.equal((await twice([delays()[9]!])).reopened, true);
    });
});

describe("a record of long ago", () => {
    it("does not make the years since count", async () => {
        const old = { ...delays()[0]!, window_start: "2020-01-01 00:00:00" };
        const many = delays(60);
        const { verdict } = await look({
            incumbent: topicOf([old, ...many], 1),
            candidate: topicOf([...many, old], 1),
            args: { rules: { lateness: { severity: "informational" } } },
        });
        assert.equal(verdict.outcome, "pass");
        assert.equal(verdict.coveredFrom, "2026-11-23T02:00:00.000Z");
    });
});
