import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { AggregateRow, EvidenceRow } from "../../components/comparisonJob/evidenceRows.js";
import { AggregateSketch } from "../../components/provider/comparison/aggregate.js";
import { Aggregates } from "../../components/provider/comparison/aggregates.js";
import { parseDecimal, toNumber } from "../../components/provider/comparison/decimal.js";
import { decodeValue } from "../../components/provider/comparison/decode.js";
import { EvidenceRows } from "../../components/provider/comparison/flink/evidenceRows.js";
import { Quantity } from "../../components/provider/comparison/quantity.js";
import { sides, type Side } from "../../components/side.js";
import { noCoverage } from "../../components/provider/comparison/sealing.js";
import { settingsOf } from "./world.js";

const fields = ["delay", "amount"];
const groupBy = ["carrier", "gate"];
const settings = settingsOf({
    rules: { aggregates: { fields: { delay: {}, amount: {} }, groupBy } },
});

interface Cell {
    readonly side: Side;
    readonly window: number;
    readonly values: readonly (string | null)[];
    readonly group: readonly (string | null)[];
}

const number = fc.constantFrom(
    "1",
    "1.0",
    "1e0",
    "-2.5",
    "0",
    "-0.0",
    "0.00000000000000001",
    "12345678901234567.5",
);
const orNone = (text: fc.Arbitrary<string>): fc.Arbitrary<string | null> => fc.option(text);
const value = orNone(fc.oneof(number, fc.constantFrom("null", '"7"', "true")));
const cell: fc.Arbitrary<Cell> = fc.record({
    side: fc.constantFrom(...sides),
    window: fc.constantFrom(3_600_000, 7_200_000),
    values: fc.tuple(value, value),
    group: fc.tuple(
        orNone(fc.constantFrom('"A"', '"\\u0041"', "null", '"absent"')),
        orNone(fc.constantFrom("1", "1.0", "2")),
    ),
});

/** What the job writes of these records: a model of its SQL, which groups by what is written. */
function rowsOf(cells: readonly Cell[]): EvidenceRow[] {
    const places = new Map<string, Cell[]>();
    for (const one of cells) {
        one.values.forEach((_, field) => {
            const members = one.group.map((text, place) =>
                text === null ? "" : `,"${place}":${text}`,
            );
            const key = JSON.stringify([one.window, fields[field], `{"":0${members.join("")}}`]);
            places.set(key, [...(places.get(key) ?? []), one]);
        });
    }
    return [...places].flatMap(([key, of]): EvidenceRow[] => {
        const [window, field, record_group] = JSON.parse(key) as [number, string, string];
        const window_start = new Date(window).toISOString().slice(0, 19);
        const place = { window_start, field, record_group };
        const numbers = (side: Side) =>
            of.flatMap((one) => {
                const text = one.values[fields.indexOf(field)];
                const isOne = one.side === side && typeof text === "string" && /^[-0-9]/.test(text);
                return isOne ? [toDecimal(text)] : [];
            });
        const aggregate = (side: Side) => {
            const sorted = numbers(side).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
            if (sorted.length === 0) {
                return { [`${side}_distinct`]: 0 };
            }
            const parts = sorted.map(partsOf);
            const total = (part: 0 | 1) => parts.reduce((sum, of) => sum + of[part], 0n);
            return {
                [`${side}_whole`]: String(total(0)),
                [`${side}_fraction`]: textOf(total(1)),
                [`${side}_min`]: textOf(sorted[0]!),
                [`${side}_max`]: textOf(sorted.at(-1)!),
                [`${side}_distinct`]: new Set(sorted).size,
            };
        };
        const buckets = new Map<number, [number, number]>();
        sides.forEach((side, at) => {
            for (const one of numbers(side)) {
                const sketch = new AggregateSketch();
                sketch.add(Quantity.of(String(toNumber(parseDecimal(textOf(one))!)))!);
                const [[bucket] = [0]] = sketch.state().buckets;
                const counts = buckets.get(bucket) ?? [0, 0];
                counts[at]!++;
                buckets.set(bucket, counts);
            }
        });
        const row = {
            kind: "aggregate",
            ...place,
            incumbents: of.filter(({ side }) => side === "incumbent").length,
            candidates: of.filter(({ side }) => side === "candidate").length,
            inexact: 0,
            ...aggregate("incumbent"),
            ...aggregate("candidate"),
            ...(buckets.size > 0 && {
                bucket_counts: [...buckets]
                    .map(([of, counts]) => [of, ...counts].join(":"))
                    .join(","),
            }),
        } as unknown as AggregateRow;
        const hashes = sides.flatMap((side): EvidenceRow[] => {
            const distinct = [...new Set(numbers(side).map(textOf))];
            const list = distinct.map((text) =>
                createHash("md5").update(text).digest("hex").slice(0, 13),
            );
            return list.length === 0
                ? []
                : [{ kind: "distinct", ...place, side, hashes: list.join(",") }];
        });
        return [row, ...hashes];
    });
}

const unit = 10n ** 17n;

/** In units of the last place that a number of the job has. */
function toDecimal(text: string): bigint {
    const { digits, exponent } = parseDecimal(text)!;
    return digits * 10n ** BigInt(exponent + 17);
}

/** Its floor, and what is above that. */
function partsOf(number: bigint): [bigint, bigint] {
    const rest = ((number % unit) + unit) % unit;
    return [(number - rest) / unit, rest];
}

/** As SQL writes it, with all places. */
function textOf(number: bigint): string {
    const digits = String(number < 0n ? -number : number).padStart(18, "0");
    return `${number < 0n ? "-" : ""}${digits.slice(0, -17)}.${digits.slice(-17)}`;
}

function read(rows: readonly EvidenceRow[]): EvidenceRows {
    const all = new EvidenceRows(fields);
    rows.forEach((row) => all.add(Buffer.from(JSON.stringify(row))));
    return all;
}

describe("aggregates that a Flink job wrote", () => {
    it("are put together to what the embedded engine aggregates, however values are written", () => {
        fc.assert(
            fc.property(fc.array(cell, { maxLength: 40 }), (cells) => {
                const expected = new Aggregates(settings);
                for (const { side, window, values, group } of cells) {
                    const members = [...values, ...group].flatMap((text, place) =>
                        text === null
                            ? []
                            : [`"${["delay", "amount", ...groupBy][place]}":${text}`],
                    );
                    const decoded = decodeValue(Buffer.from(`{${members.join(",")}}`));
                    assert.ok(!("refused" in decoded));
                    const measured = expected.measure((path) => decoded.fields.get(path)?.text);
                    expected.add(side, window, measured!);
                }
                const all = expected.keptIn({ from: 0, to: Infinity }, []);
                const own = new Aggregates(settings);
                const known = [...read(rowsOf(cells)).windows.values()].flatMap(({ aggregates }) =>
                    aggregates.known(settings.rules.aggregates),
                );
                assert.deepEqual(
                    own.evidence(own.keptIn(noCoverage, known)),
                    expected.evidence(all),
                );
            }),
            { numRuns: 300 },
        );
    });

    it("are complete with all records of all fields, and all of their numbers", () => {
        const cells = (["incumbent", "candidate"] as const).map((side): Cell => ({
            side,
            window: 3_600_000,
            values: ["1", "2"],
            group: ['"A"', "1"],
        }));
        const rows = rowsOf(cells);
        const areAll = (of: readonly EvidenceRow[], records = 1) =>
            sides.map((side) =>
                read(of).windows.get(3_600_000)?.aggregates.areAll(side, records, fields),
            );
        assert.deepEqual(areAll(rows), [true, true]);
        assert.deepEqual(areAll(rows, 2), [false, false]);
        for (const row of rows) {
            assert.ok(areAll(rows.filter((other) => other !== row)).includes(false), row.kind);
        }
    });
});
