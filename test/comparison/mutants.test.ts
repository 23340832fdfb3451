import assert from "node:assert/strict";
import type { CompareArgs } from "../../components/compare.js";
import { hourOf, output, perHour, topicWith, type Row, type Written } from "./output.js";
import { look } from "./world.js";

type Kind =
    | "counts"
    | "schema"
    | "nulls"
    | "keys"
    | "aggregates"
    | "lateness"
    | "ordering"
    | "duplicates"
    | "precision"
    | "encoding";

/** A defect that a changed job could have. */
interface Mutant {
    readonly kind: Kind;
    readonly name: string;
    /** What the candidate writes in place of what the incumbent wrote. */
    readonly change: (records: Written[]) => Written[];
    /** What both write, where it is not the usual output. */
    readonly before?: (records: Written[]) => Written[];
    /** Rule and field of what must be red; there may be more. */
    readonly red: readonly string[];
    /** Where nothing wrong was seen, but too little to pass. Defaults to `"fail"`. */
    readonly outcome?: "inconclusive";
    readonly args?: Partial<CompareArgs>;
}

/** A record in the middle of a window in the middle: one of thousands. */
const middle = 14 * perHour + 63;

const rowOf = ({ value }: Written): Row => value as Row;

/** One record becomes these. */
const one =
    (change: (record: Written) => readonly Written[], index = middle) =>
    (records: Written[]): Written[] =>
        records.flatMap((record, i) => (i === index ? change(record) : [record]));

/** The rows of these records are changed. */
const where =
    (isMeant: (row: Row, index: number) => boolean, change: (row: Row) => Row | string | Buffer) =>
    (records: Written[]): Written[] =>
        records.map((record, index) =>
            isMeant(rowOf(record), index) ? { ...record, value: change(rowOf(record)) } : record,
        );

const oneRow = (change: (row: Row) => Row | string | Buffer, index = middle) =>
    where((_, i) => i === index, change);

const all = () => true;
const inHour = (n: number) => (row: Row) => row.window_start === hourOf(n);

/** As `where`, of the first such record from the middle on only. */
const first =
    (isMeant: (row: Row) => boolean, change: (row: Row) => Row | string | Buffer) =>
    (records: Written[]): Written[] => {
        const index = records.findIndex((record, i) => i >= middle && isMeant(rowOf(record)));
        assert.ok(index >= 0, "no such record");
        return oneRow(change, index)(records);
    };

const text = (row: Row) => JSON.stringify(row).replace(/"=([^"]*)"/g, "$1");
const numberOf = (row: Row, field: string) => Number(String(row[field]).replace("=", ""));
const without = (row: Row, field: string) =>
    Object.fromEntries(Object.entries(row).filter(([name]) => name !== field)) as Row;

const shifted = (row: Row, hours: number, format = (time: string) => time): Row => ({
    ...row,
    window_start: format(
        new Date(Date.parse(`${row.window_start.replace(" ", "T")}Z`) + hours * 3_600_000)
            .toISOString()
            .replace("T", " ")
            .slice(0, 19),
    ),
});

/** Where every record may differ: what is left is to find in the aggregates. */
const byAggregates = (field: string, groupBy: string[] = [], tolerance = 0) => ({
    rules: {
        values: { maxDifferentShare: 1 },
        aggregates: { fields: { [field]: { maxRelativeDifference: tolerance } }, groupBy },
    },
});

/** Topics of which only the last record of every flight counts. */
const upserts: Partial<CompareArgs> = { mode: "upsert" };

/** Every record has an earlier state, ten seconds before. */
const withDrafts = (records: Written[]): Written[] =>
    records.flatMap((record) => [
        { ...record, value: { ...rowOf(record), flights: 0 }, timestamp: record.timestamp - 9_000 },
        record,
    ]);

const swapped = (records: Written[], index: number): Written[] => {
    const [a, b] = [records[index]!, records[index + 1]!];
    return [...records.slice(0, index), b, a, ...records.slice(index + 2)];
};

/** The draft of a record stands at twice its place. */
const draft = 2 * middle;

const strings: Partial<CompareArgs> = {
    identity: ["$key"],
    eventTime: undefined,
    formats: { key: "string", value: "string" },
};
const bytes: Partial<CompareArgs> = { ...strings, formats: { key: "bytes", value: "bytes" } };
const asLine = where(all, (row) => `${row.origin};${row.carrier};${String(row["flights"])}`);
const line = (change: (text: string) => string | Buffer) =>
    one((record) => [{ ...record, value: change(record.value as string) }]);

const keyed = (key: (record: Written) => Written["key"]) =>
    one((record) => [{ ...record, key: key(record) }]);

const jsonKeys: Partial<CompareArgs> = { formats: { key: "json", value: "json" } };
const asJsonKey = (records: Written[]): Written[] =>
    records.map((record) => {
        const { origin, carrier } = rowOf(record);
        return { ...record, key: JSON.stringify({ origin, carrier }) };
    });

const mutants: readonly Mutant[] = [
    // Counts.
    {
        kind: "counts",
        name: "one record in thousands is lost",
        change: one(() => []),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "one carrier is lost in one window",
        change: (records) =>
            records.filter((r) => !(inHour(9)(rowOf(r)) && rowOf(r).carrier === "B6")),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "one window is never written",
        change: (records) => records.filter((record) => !inHour(9)(rowOf(record))),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "a filter leaves out its limit (> in place of >=)",
        change: (records) => records.filter((record) => rowOf(record)["flights"] !== 117),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "an inner join takes the place of a left one",
        change: (records) => records.filter((record) => rowOf(record)["remark"] !== null),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "one record is there that nobody asked for",
        change: one((r) => [r, { ...r, value: { ...rowOf(r), origin: "XXX" } }]),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "a record moves to the window behind; the sum stays",
        change: oneRow((row) => shifted(row, 1)),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "counts",
        name: "one task dies, and its part of one window with it",
        change: (records) =>
            records.filter((record, i) => !(inHour(20)(rowOf(record)) && i % 5 === 0)),
        red: ["counts", "keyCoverage"],
    },
    // Schema.
    {
        kind: "schema",
        name: "a field is renamed",
        change: where(all, (row) => ({ ...without(row, "late"), is_late: row["late"] })),
        red: ["schema late", "schema is_late"],
    },
    {
        kind: "schema",
        name: "a field is new",
        change: where(all, (row) => ({ ...row, debug: 1 })),
        red: ["schema debug"],
    },
    {
        kind: "schema",
        name: "a field is new in one record of thousands",
        change: oneRow((row) => ({ ...row, debug: 1 })),
        red: ["schema debug"],
    },
    {
        kind: "schema",
        name: "an integer becomes a text",
        change: where(all, (row) => ({ ...row, flights: String(row["flights"]) })),
        red: ["schema flights", "values flights"],
    },
    {
        kind: "schema",
        name: "an integer becomes a double of the same value",
        change: where(all, (row) => ({ ...row, flights: `=${String(row["flights"])}.0` })),
        red: ["schema flights"],
    },
    {
        kind: "schema",
        name: "one integer in thousands is a double of the same value",
        change: oneRow((row) => ({ ...row, flights: `=${String(row["flights"])}.0` })),
        red: ["schema flights"],
    },
    {
        kind: "schema",
        name: "an integer becomes a double of the same value, where another field is ignored",
        change: where(all, (row) => ({ ...row, flights: `=${String(row["flights"])}.0` })),
        args: { fields: { worst: { ignore: "not deterministic" } } },
        red: ["schema flights"],
    },
    {
        kind: "aggregates",
        name: "an ignored field is lost in the sums",
        change: where(all, (row) => ({ ...row, flights: 0 })),
        args: {
            fields: { flights: { ignore: "not deterministic, but for its sum" } },
            rules: { aggregates: { fields: { flights: {} } } },
        },
        red: ["aggregates flights"],
    },
    {
        kind: "schema",
        name: "a nested object is flattened",
        change: where(all, (row) => {
            const gate = row["gate"] as { code: string };
            return { ...row, gate: undefined, "gate.code": gate.code };
        }),
        red: ["schema gate.code", "schema gate\\.code"],
    },
    {
        kind: "schema",
        name: "a list of one becomes its item",
        change: oneRow((row) => ({ ...row, stops: 3 })),
        red: ["schema stops", "values stops"],
    },
    {
        kind: "schema",
        name: "a boolean becomes 0 or 1",
        change: where(all, (row) => ({ ...row, late: row["late"] === true ? 1 : 0 })),
        red: ["schema late", "values late"],
    },
    {
        kind: "schema",
        name: "a nested name changes its case",
        change: where(all, (row) => {
            const { code, ...gate } = row["gate"] as { code: string };
            return { ...row, gate: { ...gate, Code: code } };
        }),
        red: ["schema gate.code", "schema gate.Code"],
    },
    // Nulls.
    {
        kind: "nulls",
        name: "one null where there never was one",
        change: oneRow((row) => ({ ...row, mean_delay: null })),
        red: ["schema mean_delay", "values mean_delay", "nullRates mean_delay"],
    },
    {
        kind: "nulls",
        name: "one null more in a rare field",
        change: first(
            (row) => row["remark"] === "diverted",
            (row) => ({ ...row, remark: null }),
        ),
        red: ["values remark", "nullRates remark"],
    },
    {
        kind: "nulls",
        name: "a null is left out in one record",
        change: first(
            (row) => row["remark"] === null,
            (row) => without(row, "remark"),
        ),
        red: ["values remark", "nullRates remark"],
    },
    {
        kind: "nulls",
        name: "what is not there is written as null",
        change: where(
            (row) => !("remark" in row),
            (row) => ({ ...row, remark: null }),
        ),
        red: ["schema remark", "values remark", "nullRates remark"],
    },
    {
        kind: "nulls",
        name: "null becomes an empty text",
        change: where(
            (row) => row["remark"] === null,
            (row) => ({ ...row, remark: "" }),
        ),
        red: ["schema remark", "values remark", "nullRates remark"],
    },
    {
        kind: "nulls",
        name: "null becomes 0 (COALESCE)",
        change: where(
            (row) => row["worst"] === null,
            (row) => ({ ...row, worst: 0 }),
        ),
        red: ["schema worst", "values worst", "nullRates worst"],
    },
    {
        kind: "nulls",
        name: 'null becomes the text "null"',
        change: where(
            (row) => row["remark"] === null,
            (row) => ({ ...row, remark: "null" }),
        ),
        red: ["schema remark", "values remark", "nullRates remark"],
    },
    {
        kind: "nulls",
        name: "a nested value is null in one record",
        change: oneRow((row) => ({ ...row, gate: { ...(row["gate"] as object), code: null } })),
        red: ["schema gate.code", "values gate.code", "nullRates gate.code"],
    },
    {
        kind: "nulls",
        name: "two records swap a null: it is as frequent as before",
        change: (records) => {
            const worst = (isNull: boolean) =>
                records.findIndex((r, i) => i > middle && (rowOf(r)["worst"] === null) === isNull);
            const [a, b] = [worst(true), worst(false)];
            const changed = oneRow((row) => ({ ...row, worst: 7 }), a)(records);
            return oneRow((row) => ({ ...row, worst: null }), b)(changed);
        },
        red: ["values worst"],
    },
    // Keys.
    {
        kind: "keys",
        name: "two keys are swapped in one window",
        change: where(
            (row) => inHour(11)(row) && row.carrier === "AA" && /A0[12]/.test(row.origin),
            (row) => ({ ...row, origin: row.origin === "A01" ? "A02" : "A01" }),
        ),
        red: ["values flights"],
    },
    {
        kind: "keys",
        name: "a key is in lower case",
        change: oneRow((row) => ({ ...row, origin: row.origin.toLowerCase() })),
        red: ["keyCoverage"],
    },
    {
        kind: "keys",
        name: "a key has a space behind it",
        change: oneRow((row) => ({ ...row, origin: `${row.origin} ` })),
        red: ["keyCoverage"],
    },
    {
        kind: "keys",
        name: "a key loses its leading zero",
        change: where(inHour(12), (row) => ({ ...row, origin: row.origin.replace("A0", "A") })),
        red: ["keyCoverage"],
    },
    {
        kind: "keys",
        name: "one record's key has another byte",
        change: keyed(({ key }) => `${String(key)}\0`),
        red: ["values $key"],
    },
    {
        kind: "keys",
        name: "one record has no key",
        change: keyed(() => null),
        red: ["schema $key", "values $key"],
    },
    {
        kind: "keys",
        name: "no record has a key",
        change: (records) => records.map((record) => ({ ...record, key: null })),
        red: ["schema $key"],
    },
    {
        kind: "keys",
        name: "one key is empty in place of absent",
        before: (records) => records.map((record) => ({ ...record, key: null })),
        change: keyed(() => ""),
        red: ["schema $key"],
    },
    {
        kind: "keys",
        name: "a key is written with quotes, as JSON",
        change: (records) =>
            records.map((record) => ({ ...record, key: JSON.stringify(record.key) })),
        red: ["values $key"],
    },
    {
        kind: "keys",
        name: "a field of one JSON key names another carrier",
        before: asJsonKey,
        change: keyed(({ key }) => String(key).replace(/"carrier":"../, '"carrier":"ZZ')),
        args: jsonKeys,
        red: ["values $key.carrier"],
    },
    // Aggregates.
    {
        kind: "aggregates",
        name: "one group is counted twice in one window",
        change: oneRow((row) => ({ ...row, flights: 2 * Number(row["flights"]) })),
        red: ["values flights"],
    },
    {
        kind: "aggregates",
        name: "one group is counted twice, where values may differ",
        change: where(
            (row) => row.origin === "A17",
            (row) => ({ ...row, flights: 2 * Number(row["flights"]) }),
        ),
        args: byAggregates("flights"),
        red: ["aggregates flights"],
    },
    {
        kind: "aggregates",
        name: "two groups swap what they count: the sum is as before",
        change: (records) => {
            const of = (origin: string, like: Row) =>
                rowOf(
                    records.find(
                        (r) =>
                            rowOf(r).origin === origin &&
                            rowOf(r).carrier === like.carrier &&
                            rowOf(r).window_start === like.window_start,
                    )!,
                )["flights"];
            return where(
                (row) => /A0[12]/.test(row.origin),
                (row) => ({ ...row, flights: of(row.origin === "A01" ? "A02" : "A01", row) }),
            )(records);
        },
        args: byAggregates("flights", ["origin"]),
        red: ["aggregates flights"],
    },
    {
        kind: "aggregates",
        name: "a maximum is cut off",
        change: where(
            (row) => Number(row["flights"]) === 300,
            (row) => ({ ...row, flights: 299 }),
        ),
        args: byAggregates("flights", [], 0.001),
        red: ["aggregates flights"],
    },
    {
        kind: "aggregates",
        name: "a minimum is one off",
        change: first(
            (row) => row["flights"] === 1,
            (row) => ({ ...row, flights: 0 }),
        ),
        args: byAggregates("flights", [], 0.001),
        red: ["aggregates flights"],
    },
    {
        kind: "aggregates",
        name: "the mean of a mean: all is five per cent too high",
        change: where(all, (row) => ({ ...row, mean_delay: Number(row["mean_delay"]) * 1.05 })),
        args: byAggregates("mean_delay", [], 0.01),
        red: ["aggregates mean_delay"],
    },
    {
        kind: "aggregates",
        name: "the upper tail is longer; what is in the middle is not",
        change: where(
            (row) => Number(row["mean_delay"]) > 80,
            (row) => ({ ...row, mean_delay: Number(row["mean_delay"]) + 9 }),
        ),
        args: byAggregates("mean_delay", [], 0.05),
        red: ["aggregates mean_delay"],
    },
    {
        kind: "aggregates",
        name: "values are rounded to tens: far fewer distinct ones",
        change: where(all, (row) => ({
            ...row,
            flights: Math.round(Number(row["flights"]) / 10) * 10,
        })),
        args: byAggregates("flights", [], 0.3),
        red: ["aggregates flights"],
    },
    {
        kind: "aggregates",
        name: "a sum has lost one cent in thousands records",
        change: oneRow((row) => ({ ...row, revenue: `=${numberOf(row, "revenue") - 0.01}` })),
        args: byAggregates("revenue"),
        red: ["aggregates revenue"],
    },
    // Lateness and watermarks.
    {
        kind: "lateness",
        name: "what came late is dropped",
        before: (records) => [
            ...records.filter((_, i) => i % 397 !== 0 || i > 3_300),
            ...records.filter((_, i) => i % 397 === 0 && i <= 3_300),
        ],
        change: (records) => records.slice(0, -9),
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "lateness",
        name: "one record in a hundred comes three hours late",
        change: (records) =>
            records
                .map((record, i) => ({ record, at: i + (i % 100 === 0 ? 3 * perHour : 0) }))
                .sort((a, b) => a.at - b.at)
                .map(({ record }) => record),
        red: ["lateness"],
    },
    {
        kind: "lateness",
        name: "one record in thousands comes three hours late: chance, or not",
        change: (records) => [
            ...records.slice(0, middle),
            ...records.slice(middle + 1, middle + 3 * perHour),
            records[middle]!,
            ...records.slice(middle + 3 * perHour),
        ],
        outcome: "inconclusive",
        red: ["lateness"],
    },
    {
        kind: "lateness",
        name: "all windows are an hour off: another time zone",
        change: where(all, (row) => shifted(row, 1)),
        red: ["values flights"],
    },
    {
        kind: "lateness",
        name: "one carrier's windows are an hour off",
        change: where(
            (row) => row.carrier === "UA" && !inHour(27)(row),
            (row) => shifted(row, 1),
        ),
        red: ["values flights"],
    },
    {
        kind: "lateness",
        name: "windows have the offset of a half-hour zone",
        change: where(all, (row) => shifted(row, 0.5)),
        red: ["keyCoverage"],
    },
    {
        kind: "lateness",
        name: "a window's first record belongs to the one before",
        change: oneRow((row) => shifted(row, -1), 14 * perHour),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "lateness",
        name: "the candidate was right, and has stalled",
        change: (records) => records.filter((_, i) => i < 20 * perHour),
        outcome: "inconclusive",
        red: ["watermarks"],
    },
    {
        kind: "lateness",
        name: "one partition of the candidate has stalled",
        change: (records) =>
            records.filter((record, i) => i < 20 * perHour || rowOf(record).carrier !== "WN"),
        red: ["counts", "keyCoverage"],
    },
    {
        kind: "lateness",
        name: "windows are written before they are over, and then again",
        change: (records) => [
            ...records.slice(0, middle),
            ...where(all, (row) => ({ ...row, flights: 1 }))(records.slice(middle, middle + 50)),
            ...records.slice(middle),
        ],
        red: ["keyCoverage", "counts"],
    },
    // Ordering.
    {
        kind: "ordering",
        name: "two updates of one key change places",
        before: withDrafts,
        change: (records) => swapped(records, draft),
        args: upserts,
        red: ["values flights"],
    },
    {
        kind: "ordering",
        name: "two updates of one key change places, their timestamps do not",
        before: withDrafts,
        change: (records) => {
            const [a, b] = [records[draft]!, records[draft + 1]!];
            return records.map((record, i) =>
                i === draft
                    ? { ...record, value: b.value }
                    : i === draft + 1
                      ? { ...record, value: a.value }
                      : record,
            );
        },
        args: upserts,
        red: ["values flights"],
    },
    {
        kind: "ordering",
        name: "a stale update is written again behind the last one",
        before: withDrafts,
        change: one((record) => [record, { ...record, value: { ...rowOf(record), flights: 0 } }]),
        args: upserts,
        red: ["values flights"],
    },
    {
        kind: "ordering",
        name: "a key's older update comes last, on another partition",
        before: withDrafts,
        change: (records) =>
            records.map((record, i) =>
                i === draft
                    ? { ...record, partition: 1, timestamp: record.timestamp + 20_000 }
                    : record,
            ),
        args: upserts,
        red: ["values flights"],
    },
    {
        kind: "ordering",
        name: "a record is deleted before it is written, not behind",
        before: (records) => {
            const keys = asJsonKey(records).map((record, i) => ({
                ...record,
                key: JSON.stringify({ ...JSON.parse(String(record.key)), at: hourOf(hourAt(i)) }),
            }));
            const deleted = keys[middle]!;
            return [...keys, { ...deleted, value: null, timestamp: deleted.timestamp + 1 }];
        },
        change: (records) => {
            const tombstone = records.at(-1)!;
            return [...records.slice(0, middle), tombstone, ...records.slice(middle, -1)];
        },
        args: {
            ...upserts,
            ...jsonKeys,
            identity: ["$key.origin", "$key.carrier", "$key.at"],
            eventTime: "$key.at",
        },
        red: ["keyCoverage"],
    },
    {
        kind: "ordering",
        name: "a partition is written backwards",
        change: (records) => records.toReversed(),
        red: ["lateness"],
    },
    {
        kind: "ordering",
        name: "one task's records come hours behind all others in their partition",
        change: (records) => {
            const slow = (record: Written) => rowOf(record).origin === "A07";
            return records
                .map((record, i) => ({ record, at: i + (slow(record) ? 5 * perHour : 0) }))
                .sort((a, b) => a.at - b.at)
                .map(({ record }) => record);
        },
        red: ["lateness"],
    },
    {
        kind: "ordering",
        name: "a collected list is in another order in one record",
        change: first(
            ({ stops }) => (stops as number[])[0] !== (stops as number[])[2],
            (row) => ({ ...row, stops: (row["stops"] as number[]).toReversed() }),
        ),
        red: ["values stops"],
    },
    {
        kind: "ordering",
        name: "a tie is broken the other way round: two ranks are swapped",
        before: where(all, (row) => ({ ...row, rank: Number(row.origin.slice(1)) })),
        change: where(
            (row) => inHour(15)(row) && row.carrier === "AA" && /A1[45]/.test(row.origin),
            (row) => ({ ...row, rank: row.origin === "A14" ? 15 : 14 }),
        ),
        red: ["values rank"],
    },
    // Duplicates.
    {
        kind: "duplicates",
        name: "one record in thousands is there twice",
        change: one((record) => [record, record]),
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "one record is there twice, far apart in another partition",
        change: (records) => [
            ...records.slice(0, middle + 300),
            { ...records[middle]!, partition: 2 },
            ...records.slice(middle + 300),
        ],
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "a transaction is committed twice",
        change: (records) => [
            ...records.slice(0, middle + 100),
            ...records.slice(middle, middle + 100),
            ...records.slice(middle + 100),
        ],
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "one is there twice, another not at all: the count is as before",
        change: (records) => one(() => [records[middle + 1]!])(records),
        red: ["keyCoverage"],
    },
    {
        kind: "duplicates",
        name: "what the incumbent writes twice is there once",
        before: one((record) => [record, record]),
        change: one(() => []),
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "what both write twice is there three times",
        before: one((record) => [record, record]),
        change: one((record) => [record, record]),
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "one is there a second time with another value",
        change: one((r) => [r, { ...r, value: { ...rowOf(r), flights: 1_000 } }]),
        red: ["keyCoverage", "counts"],
    },
    {
        kind: "duplicates",
        name: "both have a duplicate, of different records",
        before: (records) => records,
        change: (records) => {
            const twice = one((record) => [record, record], middle + 2)(records);
            return twice.filter((_, i) => i !== middle);
        },
        red: ["keyCoverage"],
    },
    // Precision.
    {
        kind: "precision",
        name: "an integer beyond 2^53 went through a double",
        change: first(
            (row) => Number(String(row["total"]).slice(-1)) % 2 === 1,
            (row) => ({ ...row, total: `=${BigInt(numberOf(row, "total"))}` }),
        ),
        red: ["values total"],
    },
    {
        kind: "precision",
        name: "a decimal went through a double",
        change: where(all, (row) => ({ ...row, rate: numberOf(row, "rate") })),
        red: ["values rate"],
    },
    {
        kind: "precision",
        name: "the 18th place of one decimal is another",
        change: oneRow((row) => ({
            ...row,
            rate: String(row["rate"]).replace(/.$/, (digit) => String((Number(digit) + 1) % 10)),
        })),
        red: ["values rate"],
    },
    {
        kind: "precision",
        name: "a double became a float",
        change: where(all, (row) => ({
            ...row,
            mean_delay: Math.fround(Number(row["mean_delay"])),
        })),
        red: ["values mean_delay"],
    },
    {
        kind: "precision",
        name: "a sum in another order: the last bit of one double",
        change: first(
            (row) => Number(row["mean_delay"]) > 1,
            (row) => ({ ...row, mean_delay: Number(row["mean_delay"]) * (1 + Number.EPSILON) }),
        ),
        red: ["values mean_delay"],
    },
    {
        kind: "precision",
        name: "a number is cut where it was rounded",
        change: oneRow((row) => ({ ...row, mean_delay: Math.trunc(Number(row["mean_delay"])) })),
        red: ["values mean_delay"],
    },
    {
        kind: "precision",
        name: "a long wraps round to a negative number",
        change: oneRow((row) => ({
            ...row,
            total: `=${BigInt.asIntN(54, BigInt(String(row["total"]).slice(1)))}`,
        })),
        red: ["values total"],
    },
    {
        kind: "precision",
        name: "what a double cannot hold became the largest double",
        before: oneRow((row) => ({ ...row, revenue: "=1.5e400" })),
        change: oneRow((row) => ({ ...row, revenue: `=${Number.MAX_VALUE}` })),
        red: ["values revenue"],
    },
    {
        kind: "precision",
        name: "all are within a tolerance, and one is just beyond",
        change: (records) =>
            oneRow((row) => ({ ...row, mean_delay: `=${Number(row["mean_delay"]) + 0.0101}` }))(
                where(
                    (_, i) => i !== middle,
                    (row) => ({ ...row, mean_delay: Number(row["mean_delay"]) + 0.009 }),
                )(records),
            ),
        args: { fields: { mean_delay: { absoluteTolerance: 0.01 } } },
        red: ["values mean_delay"],
    },
    {
        kind: "precision",
        name: "a timestamp loses its milliseconds",
        change: where(all, (row) => ({ ...row, seen_at: String(row["seen_at"]).slice(0, 19) })),
        red: ["values seen_at"],
    },
    // Encoding.
    {
        kind: "encoding",
        name: "one text is in NFD",
        change: first(
            (row) => row["city"] === "Malmö",
            (row) => ({ ...row, city: "Malmö".normalize("NFD") }),
        ),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "one text has a space behind it",
        change: oneRow((row) => ({ ...row, city: `${String(row["city"])} ` })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "one text has a space of no width in it",
        change: oneRow((row) => ({ ...row, city: `${String(row["city"])}\u200b` })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "one record is in Latin-1",
        change: first(
            (row) => row["city"] === "Malmö",
            (row) => Buffer.from(text(row), "latin1"),
        ),
        red: ["decoding"],
    },
    {
        kind: "encoding",
        name: "UTF-8 was read as Latin-1 and written again",
        change: oneRow((row) => ({
            ...row,
            city: Buffer.from(String(row["city"])).toString("latin1"),
        })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "letters became the sign for what cannot be read",
        change: where(inHour(8), (row) => ({
            ...row,
            city: String(row["city"]).replace(/[^ -~]/g, "\ufffd"),
        })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "a name is there twice in one object",
        change: oneRow((row) => text(row).replace("{", '{"flights":1,')),
        red: ["decoding"],
    },
    {
        kind: "encoding",
        name: "a byte order mark stands in front of one record",
        change: oneRow((row) => `\ufeff${text(row)}`),
        red: ["decoding"],
    },
    {
        kind: "encoding",
        name: "one record is cut off",
        change: oneRow((row) => text(row).slice(0, -1)),
        red: ["decoding"],
    },
    {
        kind: "encoding",
        name: "one record is JSON in a text of JSON",
        change: oneRow((row) => JSON.stringify(text(row))),
        red: ["decoding"],
    },
    {
        kind: "encoding",
        name: "an ampersand is written for HTML",
        before: oneRow((row) => ({ ...row, city: "A&B" })),
        change: oneRow((row) => ({ ...row, city: "A&amp;B" })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "a line break is escaped twice",
        before: oneRow((row) => ({ ...row, city: "A\nB" })),
        change: oneRow((row) => ({ ...row, city: "A\\nB" })),
        red: ["values city"],
    },
    {
        kind: "encoding",
        name: "one line of text has another letter case",
        before: asLine,
        change: line((text) => text.toLowerCase()),
        args: strings,
        red: ["values $value"],
    },
    {
        kind: "encoding",
        name: "one bit of bytes is another",
        before: asLine,
        change: line((text) => {
            const changed = Buffer.from(text);
            changed[3]! ^= 1;
            return changed;
        }),
        args: bytes,
        red: ["values $value"],
    },
];

function hourAt(index: number): number {
    return Math.floor(index / perHour);
}

describe("a seeded defect of the candidate's output is not passed", function () {
    this.timeout(20_000);
    const usual = output();

    for (const mutant of mutants) {
        const { kind, name, change, before = (r: Written[]) => r, red, outcome = "fail" } = mutant;
        it(`${kind}: ${name}`, async () => {
            const wrote = before(usual);
            const { verdict } = await look({
                incumbent: topicWith(wrote, 4),
                candidate: topicWith(change(wrote), 3),
                args: { identity: ["origin", "carrier", "window_start"], ...mutant.args },
            });
            const found = verdict.findings.filter((finding) => finding.outcome === outcome);
            const seen = found.map(({ rule, field }) =>
                field === null ? rule : `${rule} ${field}`,
            );
            const sentences = verdict.findings
                .filter((finding) => finding.outcome !== "pass")
                .map(({ sentence }) => sentence);
            assert.equal(verdict.outcome, outcome, [...sentences, ...verdict.gaps].join("\n"));
            assert.deepEqual(
                red.filter((expected) => !seen.includes(expected)),
                [],
                `${seen.join(", ")}: ${sentences.join("\n")}`,
            );
        });
    }

    it("has six or more of each kind", () => {
        const kinds = Map.groupBy(mutants, ({ kind }) => kind);
        assert.equal(kinds.size, 10);
        kinds.forEach((of, kind) => assert.ok(of.length >= 6, kind));
    });
});
