import assert from "node:assert/strict";
import fc from "fast-check";
import { Aligner, ReadIdentities, type Position } from "../../components/provider/cutover/align.js";
import type { Offsets } from "../../components/provider/kafka/port.js";

interface Stamped extends Position {
    readonly identity: string;
    /** Event time; the broker's index answers "first at or after". */
    readonly time: number;
}

/** One cutover: what both topics hold at the moment, and where the group stands on the old one. */
interface Case {
    readonly old: readonly Stamped[];
    readonly fresh: readonly Stamped[];
    readonly committed: Offsets;
    readonly freshPartitions: number;
}

type Rule = (given: Case) => Offsets;

/**
 * Both jobs write every identity once, each in its own order (disorder up to `spread`), to its own number of partitions,
 * and each has come as far as it has; on either side a record may be written again, as after a restart.
 */
const cases: fc.Arbitrary<Case> = fc
    .record({
        identities: fc.integer({ min: 1, max: 40 }),
        oldPartitions: fc.integer({ min: 1, max: 3 }),
        freshPartitions: fc.integer({ min: 1, max: 3 }),
        spread: fc.integer({ min: 0, max: 8 }),
        seed: fc.infiniteStream(fc.nat({ max: 1_000 })),
    })
    .map(({ identities, oldPartitions, freshPartitions, spread, seed }) => {
        const random = (max: number) => (seed.next().value ?? 0) % (max + 1);
        const write = (partitions: number): Stamped[] => {
            const order = Array.from({ length: identities }, (_, time) => ({
                time,
                at: time + random(spread),
            })).sort((a, b) => a.at - b.at);
            const next = new Map<number, bigint>();
            const records: Stamped[] = [];
            const reached = identities - random(Math.min(identities, 10));
            for (const { time } of order.slice(0, reached)) {
                const copies = random(20) === 0 ? 2 : 1;
                const partition = (time * 7 + partitions) % partitions;
                for (let copy = 0; copy < copies; copy++) {
                    // Gaps are what transaction markers leave.
                    const offset = (next.get(partition) ?? 0n) + BigInt(random(1));
                    next.set(partition, offset + 1n);
                    records.push({ partition, offset, identity: `id-${time}`, time });
                }
            }
            return records;
        };
        const old = write(oldPartitions);
        const fresh = write(freshPartitions);
        const ends = endsOf(old, oldPartitions);
        const committed = new Map([...ends].map(([p, end]) => [p, BigInt(random(Number(end)))]));
        return { old, fresh, committed, freshPartitions };
    });

const byIdentity: Rule = ({ old, fresh, committed, freshPartitions }) => {
    const read = new ReadIdentities();
    old.forEach((record) => read.take(record, committed));
    const aligner = new Aligner(read, endsOf(fresh, freshPartitions));
    fresh.forEach((record) => aligner.take(record));
    return aligner.alignment().from;
};

/** Rules that look right and skip; each must be caught by the same property. */
const naive: Record<string, Rule> = {
    "the same offset": ({ committed, fresh, freshPartitions }) =>
        new Map(
            [...endsOf(fresh, freshPartitions)].map(([p, end]) => {
                const same = committed.get(p) ?? 0n;
                return [p, same < end ? same : end];
            }),
        ),
    "the time of the last record read": (given) => {
        const times = readOf(given).map(({ time }) => time);
        return firstAtOrAfter(given, times.length === 0 ? 0 : Math.max(...times));
    },
    "the earliest time still unread": (given) => {
        const times = unreadOf(given).map(({ time }) => time);
        return firstAtOrAfter(given, times.length === 0 ? Infinity : Math.min(...times));
    },
    "the end": ({ fresh, freshPartitions }) => endsOf(fresh, freshPartitions),
};

describe("alignment by identity", () => {
    it("skips nothing that the group has not read", () => {
        fc.assert(
            fc.property(cases, (given) => {
                assert.deepEqual(skipped(given, byIdentity(given)), []);
            }),
            { numRuns: 3_000 },
        );
    });

    for (const [name, rule] of Object.entries(naive)) {
        it(`would notice that "${name}" skips`, () => {
            const result = fc.check(
                fc.property(cases, (given) => skipped(given, rule(given)).length === 0),
                { numRuns: 3_000 },
            );
            assert.equal(result.failed, true);
        });
    }

    it("repeats nothing where both topics agree and the group stands between two records", () => {
        const records = Array.from({ length: 10 }, (_, i) => ({
            partition: 0,
            offset: BigInt(i),
            identity: `id-${i}`,
        }));
        const committed = new Map([[0, 4n]]);
        const read = new ReadIdentities();
        records.forEach((record) => read.take(record, committed));
        const aligner = new Aligner(read, new Map([[0, 10n]]));
        records.forEach((record) => aligner.take(record));
        assert.deepEqual(aligner.alignment(), { from: new Map([[0, 4n]]), repeats: 0 });
    });

    it("counts what is repeated behind the first unread record", () => {
        const read = new ReadIdentities();
        const committed = new Map([[0, 2n]]);
        ["a", "b", "c"].forEach((identity, i) =>
            read.take({ partition: 0, offset: BigInt(i), identity }, committed),
        );
        const aligner = new Aligner(read, new Map([[0, 3n]]));
        ["c", "a", "b"].forEach((identity, i) =>
            aligner.take({ partition: 0, offset: BigInt(i), identity }),
        );
        assert.deepEqual(aligner.alignment(), { from: new Map([[0, 0n]]), repeats: 2 });
    });

    it("takes a record whose identity cannot be told as unread", () => {
        const read = new ReadIdentities();
        read.take({ partition: 0, offset: 0n, identity: "a" }, new Map([[0, 1n]]));
        const aligner = new Aligner(
            read,
            new Map([
                [0, 2n],
                [1, 0n],
            ]),
        );
        aligner.take({ partition: 0, offset: 0n, identity: "a" });
        aligner.take({ partition: 0, offset: 1n, identity: null });
        assert.deepEqual(
            aligner.alignment().from,
            new Map([
                [0, 1n],
                [1, 0n],
            ]),
        );
    });
});

/** Identities that the group has not read and that stand before where it would go on. */
function skipped(given: Case, from: Offsets): string[] {
    const read = new Set(readOf(given).map(({ identity }) => identity));
    const delivered = new Set(
        given.fresh
            .filter(({ partition, offset }) => offset >= (from.get(partition) ?? 0n))
            .map(({ identity }) => identity),
    );
    return given.fresh
        .map(({ identity }) => identity)
        .filter((identity) => !read.has(identity) && !delivered.has(identity));
}

function readOf({ old, committed }: Case): Stamped[] {
    return old.filter(({ partition, offset }) => offset < (committed.get(partition) ?? 0n));
}

function unreadOf({ old, committed }: Case): Stamped[] {
    return old.filter(({ partition, offset }) => offset >= (committed.get(partition) ?? 0n));
}

function firstAtOrAfter({ fresh, freshPartitions }: Case, time: number): Offsets {
    return new Map(
        [...endsOf(fresh, freshPartitions)].map(([p, end]) => [
            p,
            fresh.find((record) => record.partition === p && record.time >= time)?.offset ?? end,
        ]),
    );
}

function endsOf(records: readonly Stamped[], partitions: number): Map<number, bigint> {
    const ends = new Map(Array.from({ length: partitions }, (_, p) => [p, 0n]));
    for (const { partition, offset } of records) {
        ends.set(partition, offset + 1n);
    }
    return ends;
}
