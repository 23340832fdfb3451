import * as fs from "node:fs";

/** One record as the dashboard's journal keeps it: which one, from where, when. */
export interface JournalEntry {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
    /** See {@link identityOf}; `null` where the record has none. */
    readonly identity: string | null;
    readonly version: string;
    readonly epoch: number;
    /** ISO time of the delivery. */
    readonly at: string;
}

/** What the journal proves about a set of records that should have been delivered. */
export interface Audit {
    /** Identities that should have been delivered. */
    readonly expected: number;
    /** Lines of the journal. */
    readonly delivered: number;
    /** Identities that should have been delivered and never were. */
    readonly skipped: readonly string[];
    /** Deliveries of an identity beyond its first one ... */
    readonly repeated: number;
    /** ... of which the very same record (topic, partition, offset) came again: after a crash, not through a move. */
    readonly redelivered: number;
    /** Identities that were delivered more than once. */
    readonly repeatedIdentities: readonly string[];
    /** Identities that were delivered and are not among the expected, such as those of later records. */
    readonly others: number;
    /** Records without an identity. */
    readonly unidentified: number;
}

/** The values of the identity's fields as a JSON array; `null` where the record is not JSON or lacks one of them. */
export function identityOf(value: Buffer | null, fields: readonly string[]): string | null {
    if (value === null) {
        return null;
    }
    let row: unknown;
    try {
        row = JSON.parse(value.toString());
    } catch {
        return null;
    }
    if (typeof row !== "object" || row === null) {
        return null;
    }
    const found = new Map(Object.entries(row));
    const values = fields.map((field) => found.get(field) as unknown);
    return values.some((part) => part === undefined || part === null)
        ? null
        : JSON.stringify(values);
}

/** Compares what was delivered with what should have been. */
export function audit(entries: Iterable<JournalEntry>, truth: Iterable<string>): Audit {
    const expected = new Set(truth);
    const times = new Map<string, number>();
    const positions = new Set<string>();
    let delivered = 0;
    let redelivered = 0;
    let unidentified = 0;
    for (const { topic, partition, offset, identity } of entries) {
        delivered += 1;
        const position = `${topic} ${partition} ${offset}`;
        if (positions.has(position)) {
            redelivered += 1;
        }
        positions.add(position);
        if (identity === null) {
            unidentified += 1;
        } else {
            times.set(identity, (times.get(identity) ?? 0) + 1);
        }
    }
    const repeatedIdentities = [...times].filter(([, n]) => n > 1).map(([identity]) => identity);
    return {
        expected: expected.size,
        delivered,
        skipped: [...expected].filter((identity) => !times.has(identity)),
        repeated: repeatedIdentities.reduce((sum, id) => sum + (times.get(id) ?? 1) - 1, 0),
        redelivered,
        repeatedIdentities,
        others: [...times.keys()].filter((identity) => !expected.has(identity)).length,
        unidentified,
    };
}

/** Reads a journal. A line that a kill cut short was not committed either, so it is left out: the record came again. */
export function readJournal(file: string): JournalEntry[] {
    return fs
        .readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{") && line.endsWith("}"))
        .map((line) => JSON.parse(line) as JournalEntry);
}
