import type { KeptAggregate } from "./aggregates.js";
import type { Side } from "../../side.js";
import type { FieldEvidence, WindowEvidence } from "./evidence.js";

/**
 * What is known of windows that earlier looks verified, as plain JSON: they are not read again. Offsets are decimal texts
 * by partition.
 */
export interface Kept {
    /** What the windows were compared by: see `fingerprint`. Of anything else they say nothing. */
    readonly fingerprint: string;
    /** First millisecond behind them. */
    readonly through: number;
    /** Oldest first; the older ones of many stand together as one. */
    readonly windows: readonly WindowEvidence[];
    readonly fields: readonly FieldEvidence[];
    readonly aggregates: readonly KeptAggregate[];
    readonly incumbent: KeptTopic;
    readonly candidate: KeptTopic;
}

/** What is known of one topic. */
export interface KeptTopic {
    readonly records: number;
    readonly strayRecords: number;
    readonly largestDisorder: number;
    readonly watermark: number;
    /** Where the first record of a window behind the verified ones may stand. */
    readonly from: Readonly<Record<string, string>>;
    /** Up to where it was read: a record of a verified window from here on came after it was verified. */
    readonly to: Readonly<Record<string, string>>;
}

/** So many windows stand by themselves; it is what a person looks at. */
const mostWindows = 100;
/** In the state of a stack, more than this is read again rather than kept. */
const mostBytes = 256 * 1024;

/** What is kept, unless it is too much for a stack's state. */
export function limitKept(kept: Kept): Kept | null {
    const short = { ...kept, windows: joinOlder(kept.windows) };
    return JSON.stringify(short).length <= mostBytes ? short : null;
}

/** The same windows, of which at most so many stand by themselves. */
function joinOlder(windows: readonly WindowEvidence[]): WindowEvidence[] {
    const older = windows.slice(0, Math.max(0, windows.length - mostWindows));
    const [first] = older;
    if (first === undefined) {
        return [...windows];
    }
    return [older.slice(1).reduce(join, first), ...windows.slice(older.length)];
}

function join(a: WindowEvidence, b: WindowEvidence): WindowEvidence {
    return {
        start: a.start,
        end: b.end,
        windows: a.windows + b.windows,
        incumbentRecords: a.incumbentRecords + b.incumbentRecords,
        candidateRecords: a.candidateRecords + b.candidateRecords,
        incumbentSampled: a.incumbentSampled + b.incumbentSampled,
        candidateSampled: a.candidateSampled + b.candidateSampled,
        identities:
            a.identities === null && b.identities === null
                ? null
                : (a.identities ?? 0) + (b.identities ?? 0),
        matched: a.matched + b.matched,
        changed: a.changed + b.changed,
        missing: a.missing + b.missing,
        extra: a.extra + b.extra,
        incumbentDuplicates: a.incumbentDuplicates + b.incumbentDuplicates,
        candidateDuplicates: a.candidateDuplicates + b.candidateDuplicates,
        incumbentLate: a.incumbentLate + b.incumbentLate,
        candidateLate: a.candidateLate + b.candidateLate,
    };
}

/** Compared records of each topic, and pairs of them, that a list of fields is about. */
interface Totals extends Readonly<Record<Side, number>> {
    readonly pairs: number;
}

interface Both {
    readonly a: Totals;
    readonly b: Totals;
}

export function totalsOfWindows(windows: readonly WindowEvidence[]): Totals {
    const sum = (of: (window: WindowEvidence) => number) =>
        windows.reduce((total, window) => total + of(window), 0);
    return {
        incumbent: sum((window) => window.incumbentSampled),
        candidate: sum((window) => window.candidateSampled),
        pairs: sum((window) => window.matched + window.changed),
    };
}

/** The fields of both, each tallied together. */
export function joinFields(
    a: readonly FieldEvidence[],
    b: readonly FieldEvidence[],
    totals: Both,
): FieldEvidence[] {
    const byName = (fields: readonly FieldEvidence[]) =>
        new Map(fields.map((field) => [field.field, field]));
    const [first, second] = [byName(a), byName(b)];
    const names = [...new Set([...first.keys(), ...second.keys()])].sort();
    return names.map((name) => {
        const [x, y] = [first.get(name), second.get(name)];
        const some = (x ?? y)!;
        const largest = [x, y].flatMap((field) => field?.largestDifference ?? []);
        return {
            field: name,
            incumbent: joinTallies(x?.incumbent, y?.incumbent, totals, "incumbent"),
            candidate: joinTallies(x?.candidate, y?.candidate, totals, "candidate"),
            compared:
                some.ignored === null
                    ? (x?.compared ?? totals.a.pairs) + (y?.compared ?? totals.b.pairs)
                    : 0,
            different: (x?.different ?? 0) + (y?.different ?? 0),
            largestDifference: largest.length === 0 ? null : Math.max(...largest),
            ignored: some.ignored,
        };
    });
}

type FieldTally = FieldEvidence["incumbent"];

/** A field that one of them does not know is absent in all of its records. */
function joinTallies(
    a: FieldTally | undefined,
    b: FieldTally | undefined,
    totals: Both,
    side: Side,
): FieldTally {
    const types = new Map<string, number>();
    for (const tally of [a, b]) {
        for (const [type, n] of Object.entries(tally?.types ?? {})) {
            types.set(type, (types.get(type) ?? 0) + n);
        }
    }
    return {
        present: (a?.present ?? 0) + (b?.present ?? 0),
        nulls: (a?.nulls ?? 0) + (b?.nulls ?? 0),
        absent: (a?.absent ?? totals.a[side]) + (b?.absent ?? totals.b[side]),
        types: Object.fromEntries([...types].sort(([x], [y]) => (x < y ? -1 : 1))),
    };
}
