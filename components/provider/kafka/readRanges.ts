import type { LogRange, Offsets, ReadOptions, TopicLog } from "./port.js";

/** The part of `[from, to)` of every partition that is not empty; without a `from` it begins at 0. */
export function rangesOf(from: Offsets, to: Offsets): Map<number, LogRange> {
    const ranges = new Map<number, LogRange>();
    for (const [partition, end] of to) {
        const start = from.get(partition) ?? 0n;
        if (start < end) {
            ranges.set(partition, { from: start, to: end });
        }
    }
    return ranges;
}

/** Reads these ranges to their ends, and hands the records over fetch by fetch. */
export async function readRanges(
    log: TopicLog,
    ranges: ReadonlyMap<number, LogRange>,
    { signal, onRecords }: ReadOptions,
): Promise<void> {
    const open = new Map(ranges);
    while (open.size > 0) {
        for (const { partition, records, next } of await log.fetch(open, signal)) {
            if (records.length > 0) {
                signal.throwIfAborted();
                await onRecords([...records]);
            }
            const { to } = open.get(partition)!;
            if (next < to) {
                open.set(partition, { from: next, to });
            } else {
                open.delete(partition);
            }
        }
    }
}
