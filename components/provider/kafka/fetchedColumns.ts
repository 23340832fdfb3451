import { CommittedFilter, type AbortedTransaction } from "./committed.js";
import { ColumnBuilder, type Columns } from "./columns.js";
import type { LogRange } from "./port.js";
import { readBatches, type Place } from "./recordBatch.js";

/** What a broker answered about one partition. */
export interface FetchedLog {
    readonly aborted: readonly AbortedTransaction[];
    /** Batches, from the one that holds the offset asked for. */
    readonly log: Buffer;
}

/** What it holds for a reader. */
export interface FetchedColumns {
    readonly columns: Columns;
    /** As in `Fetched`. */
    readonly next: bigint;
}

/** How much may still be unpacked for one answer; what does not fit is fetched again. */
export interface Budget {
    bytes: number;
}

/** The records of `[from, to)` that a read_committed reader may see, and where the answer ends. */
export function fetchedColumns(
    { aborted, log }: FetchedLog,
    place: Place,
    { from, to }: LogRange,
    budget: Budget,
): FetchedColumns {
    const filter = new CommittedFilter(aborted);
    const columns = new ColumnBuilder(place.partition, from);
    let next = from;
    for (const batch of readBatches(log, place)) {
        if (batch.baseOffset >= to) {
            next = to;
            break;
        }
        if (budget.bytes <= 0) {
            break;
        }
        if (filter.admits(batch)) {
            batch.addRecords(columns, from, to);
            budget.bytes -= batch.unpackedBytes;
        }
        // Of the batch, not of its last record: behind it there may be what compaction took, and a marker is no record.
        if (batch.lastOffset >= next) {
            next = batch.lastOffset + 1n;
        }
    }
    return { columns: columns.build(), next: next < to ? next : to };
}
