import type { CompareSettings } from "../../../compare.js";
import type { AggregateRow, DistinctRow } from "../../../comparisonJob/evidenceRows.js";
import { keptHashes } from "../../../sketch.js";
import type { AggregateState } from "../aggregate.js";
import type { KeptAggregate } from "../aggregates.js";
import { addDecimals, canonicalNumber, parseDecimal, writeDecimal } from "../decimal.js";
import { decodeValue } from "../decode.js";
import { sides, type Side } from "../../../side.js";

/** What the job has aggregated of one window. */
export class AggregateRows {
    readonly #rows: AggregateRow[] = [];
    readonly #hashes = new Map<string, readonly number[]>();

    add(row: AggregateRow | DistinctRow): void {
        if (row.kind === "aggregate") {
            this.#rows.push(row);
        } else {
            const hashes = row.hashes.split(",").map((hash) => parseInt(hash, 16));
            this.#hashes.set(keyOf(row, row.side), hashes);
        }
    }

    /** Whether all that was read is in the aggregates of all fields. */
    areAll(side: Side, records: number, fields: readonly string[]): boolean {
        const isAll = (field: string) =>
            this.#rows
                .filter((row) => row.field === field)
                .reduce((sum, row) => sum + row[`${side}s`], 0) === records;
        return (
            fields.every(isAll) &&
            this.#rows.every(
                (row) =>
                    this.#hashesOf(row, side).length ===
                    Math.min(keptHashes, row[`${side}_distinct`]),
            )
        );
    }

    /** Numbers of a field that the job could not sum up. */
    inexact(field: string): number {
        return this.#rows.reduce((sum, row) => sum + (row.field === field ? row.inexact : 0), 0);
    }

    /** As if an earlier look had kept them: by group, and over all groups. */
    known({ groupBy }: CompareSettings["rules"]["aggregates"]): KeptAggregate[] {
        return this.#rows.flatMap((row) => {
            const states = {
                incumbent: this.#stateOf(row, "incumbent"),
                candidate: this.#stateOf(row, "candidate"),
            };
            if (sides.every((side) => states[side].count === 0)) {
                return [];
            }
            const groups =
                groupBy.length === 0 ? [[]] : [[], valuesOf(row.record_group ?? "{}", groupBy)];
            return groups.map((group) => ({ field: row.field, group, ...states }));
        });
    }

    #stateOf(row: AggregateRow, side: Side): AggregateState {
        const place = side === "incumbent" ? 1 : 2;
        const buckets = (row.bucket_counts?.split(",") ?? [])
            .map((bucket) => bucket.split(":").map(Number) as [number, number, number])
            .map((bucket) => [bucket[0], bucket[place]] as [number, number])
            .filter(([, n]) => n > 0);
        return {
            count: buckets.reduce((sum, [, n]) => sum + n, 0),
            sum: writeDecimal(
                addDecimals(
                    parseDecimal(row[`${side}_whole`] ?? "0")!,
                    parseDecimal(row[`${side}_fraction`] ?? "0")!,
                ),
            ),
            min: canonical(row[`${side}_min`]),
            max: canonical(row[`${side}_max`]),
            hashes: this.#hashesOf(row, side),
            buckets,
        };
    }

    #hashesOf(row: AggregateRow, side: Side): readonly number[] {
        return this.#hashes.get(keyOf(row, side)) ?? [];
    }
}

function keyOf(row: AggregateRow | DistinctRow, side: Side): string {
    return `${row.field} ${side} ${row.record_group ?? ""}`;
}

function canonical(text: string | undefined): string | null {
    return text === undefined ? null : canonicalNumber(text)!;
}

/** The canonical texts of a group's values, however they were written. */
function valuesOf(group: string, groupBy: readonly string[]): string[] {
    const decoded = decodeValue(Buffer.from(group));
    if ("refused" in decoded) {
        throw new Error(`a group that cannot be read, since ${decoded.refused}`);
    }
    return groupBy.map((_, place) => decoded.fields.get(String(place))?.text ?? "absent");
}
