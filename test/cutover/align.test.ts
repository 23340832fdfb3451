import assert from "node:assert/strict";
import fc from "fast-check";
import { Aligner, ReadIdentities, type Position } from "../../components/provider/cutover/align.js";
import type { Offsets } from "../../components/provider/kafka/port.js";

interface Stamped extends Position {
    readonly identity: string;
    /** Which value of the identity it is: later ones replace earlier ones, as on an upsert topic. */
    readonly value: number;
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

/** What the jobs do besides writing every identity once. */
interface Habits {
    /** Either job may be restarted, and writes its last records again, with transaction markers before them. */
    readonly restarts: boolean;
    /** Either job writes up to three values of an identity, in the order of the values, to one partition. */
    readonly updates: boolean;
    /** Either topic is compacted as far as any place of a partition; the third value of an identity may say what its first did. */
    readonly compacted?: boolean;
}

/**
 * Both jobs write the same identities, each in its own order (disorder up to `spread`), to its own number of partitions,
 * and each has come as far as it has. What is read and what is not is any prefix of every partition.
 */
const casesOf = ({ restarts, updates, compacted = false }: Habits): fc.Arbitrary<Case> =>
    fc
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
                const order = Array.from({ length: identities }, (_, time) => {
                    const at = time + random(spread);
                    return Array.from({ length: values[time]! }, (_, value) => ({
                        time,
                        value,
                        at: at + value * 2,
                    }));
                })
                    .flat()
                    .sort((a, b) => a.at - b.at);
                const next = new Map<number, bigint>();
                const records: Stamped[] = [];
                const reached = order.length - random(Math.min(order.length, 10));
                const put = (time: number, value: number) => {
                    const partition = (time * 7 + partitions) % partitions;
                    // Gaps are what transaction markers leave.
                    const offset = (next.get(partition) ?? 0n) + BigInt(random(1));
                    next.set(partition, offset + 1n);
                    const content = `${time % 2 === 0 ? value : value % 2}`;
                    const said = compacted ? { content } : {};
                    records.push({
                        partition,
                        offset,
                        identity: `id-${time}`,
                        time,
                        value,
                        ...said,
                    });
                };
                order.slice(0, reached).forEach(({ time, value }, i) => {
                    put(time, value);
                    if (restarts && random(15) === 0) {
                        const since = Math.max(0, i - random(4));
                        order.slice(since, i + 1).forEach((again) => put(again.time, again.value));
                    }
                });
                return compacted ? compact(records, (end) => BigInt(random(end))) : records;
            };
            const values = Array.from({ length: identities }, () => (updates ? 1 + random(2) : 1));
            const old = write(oldPartitions);
            const fresh = write(freshPartitions);
            const ends = endsOf(old, oldPartitions);
            const committed = new Map(
                [...ends].map(([p, end]) => [p, BigInt(random(Number(end)))]),
            );
            return { old, fresh, committed, freshPartitions };
        });

const cases = casesOf({ restarts: true, updates: false });
const updating = casesOf({ restarts: false, updates: true });
const compacting = casesOf({ restarts: false, updates: true, compacted: true });

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
            { numRuns: 8_000 },
        );
    });

    it("skips no newer value of an identity where jobs write several", () => {
        fc.assert(
            fc.property(updating, (given) => {
                assert.deepEqual(skippedValues(given, byIdentity(given)), []);
            }),
            { numRuns: 4_000 },
        );
    });

    it("skips no last value of an identity where topics are compacted", () => {
        fc.assert(
            fc.property(compacting, (given) => {
                assert.deepEqual(staleIdentities(given, byIdentity(given)), []);
            }),
            { numRuns: 4_000 },
        );
    });

    it("would notice that compacted topics are taken for whole ones", () => {
        const byCount: Rule = ({ old, fresh, ...rest }) => {
            const silent = (records: readonly Stamped[]): Stamped[] =>
                records.map((record) => ({ ...record, content: undefined }));
            return byIdentity({ ...rest, old: silent(old), fresh: silent(fresh) });
        };
        const result = fc.check(
            fc.property(compacting, (given) => staleIdentities(given, byCount(given)).length === 0),
            { numRuns: 4_000, endOnFailure: true },
        );
        assert.equal(result.failed, true);
    });

    it("would notice that an identity is taken as read with its first value", () => {
        const asOne: Rule = (given) => {
            const read = new Set(readOf(given).map(({ identity }) => identity));
            return new Map(
                [...endsOf(given.fresh, given.freshPartitions)].map(([p, end]) => {
                    const unread = given.fresh.find(
                        ({ partition, identity }) => partition === p && !read.has(identity),
                    );
                    return [p, unread?.offset ?? end];
                }),
            );
        };
        const result = fc.check(
            fc.property(updating, (given) => skippedValues(given, asOne(given)).length === 0),
            { numRuns: 4_000, endOnFailure: true },
        );
        assert.equal(result.failed, true);
    });

    it("and the cases are worth something: there are repeats, gaps, restarts, and records to skip", () => {
        const seen = { unread: 0, again: 0, ahead: 0, partitions: 0 };
        for (const given of fc.sample(cases, 500)) {
            const known = new Set(given.old.map(({ identity }) => identity));
            const copies = new Set<string>();
            seen.unread += unreadOf(given).length > 0 ? 1 : 0;
            seen.ahead += given.fresh.some(({ identity }) => !known.has(identity)) ? 1 : 0;
            seen.again += given.fresh.some(
                ({ identity }) => copies.size === copies.add(identity).size,
            )
                ? 1
                : 0;
            seen.partitions += given.committed.size === given.freshPartitions ? 0 : 1;
        }
        Object.entries(seen).forEach(([what, count]) =>
            assert.ok(count > 100, `${what}: ${count} of 500`),
        );
    });

    for (const [name, rule] of Object.entries(naive)) {
        it(`would notice that "${name}" skips`, () => {
            const result = fc.check(
                fc.property(cases, (given) => skipped(given, rule(given)).length === 0),
                { numRuns: 8_000, endOnFailure: true },
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

/** Identities whose newest value on the new topic was neither read on the old one nor will be delivered. */
function skippedValues(given: Case, from: Offsets): string[] {
    const newest = (records: readonly Stamped[]) => {
        const values = new Map<string, number>();
        records.forEach(({ identity, value }) =>
            values.set(identity, Math.max(values.get(identity) ?? -1, value)),
        );
        return values;
    };
    const held = newest([
        ...readOf(given),
        ...given.fresh.filter(({ partition, offset }) => offset >= (from.get(partition) ?? 0n)),
    ]);
    return [...newest(given.fresh)]
        .filter(([identity, value]) => (held.get(identity) ?? -1) < value)
        .map(([identity]) => identity);
}

/** Identities of which the group would be left with something else than what the new topic said last, or something newer. */
function staleIdentities({ old, fresh, committed }: Case, from: Offsets): string[] {
    const lastOf = (records: readonly Stamped[]) =>
        new Map(records.map((record) => [record.identity, record]));
    const delivered = fresh.filter(
        ({ partition, offset }) => offset >= (from.get(partition) ?? 0n),
    );
    const [read, given] = [lastOf(readOf({ old, committed })), lastOf(delivered)];
    return [...lastOf(fresh)]
        .filter(([identity, last]) => {
            const held = read.get(identity);
            const isHeld = held && (held.value >= last.value || held.content === last.content);
            return !given.has(identity) && !isHeld;
        })
        .map(([identity]) => identity);
}

/** Without what was said anew before a place of each partition. */
function compact(records: readonly Stamped[], upTo: (end: number) => bigint): Stamped[] {
    const cleaned = new Map<number, bigint>();
    for (const { partition } of records) {
        const ends = records.filter((other) => other.partition === partition).at(-1)!.offset;
        if (!cleaned.has(partition)) {
            cleaned.set(partition, upTo(Number(ends) + 1));
        }
    }
    return records.filter(
        ({ partition, offset, identity }) =>
            !records.some(
                (later) =>
                    later.partition === partition &&
                    later.identity === identity &&
                    later.offset > offset &&
                    later.offset < (cleaned.get(partition) ?? 0n),
            ),
    );
}

function readOf({ old, committed }: Pick<Case, "old" | "committed">): Stamped[] {
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
