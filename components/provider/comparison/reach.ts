import { windowLength, type SealingSettings, type Span } from "./sealing.js";

/** What is known of the windows of a topic, by start. */
export type Windows = ReadonlyMap<number, { readonly records: number; readonly last: number }>;

/** How far a topic reaches, and how many records stand far away from all others. */
export interface Reach extends Span {
    readonly strays: number;
}

/** Of all records, at most this share may be strays at either end, and at most so many. */
const mostStrays = { share: 0.01, records: 100 };

/**
 * How far a topic reaches. A few records of long ago, or of a time to come, far away from all others, do not make its
 * first or its last window: what was written when they were current was not read. Where the other topic has records in
 * between, it is not they that are strays, but the others that are missing.
 */
export function reachOf(own: Windows, other: Windows, settings: SealingSettings): Reach {
    const starts = [...own.keys()].sort((a, b) => a - b);
    const records = starts.map((start) => own.get(start)!.records);
    const all = records.reduce((sum, n) => sum + n, 0);
    const most = Math.min(all * mostStrays.share, mostStrays.records);
    const isFar = (a: number, b: number) =>
        b - a > 2 * windowLength(settings) + settings.allowedLatenessSeconds * 1000 &&
        ![...other.keys()].some((start) => a < start && start < b);

    let [first, last] = [0, starts.length - 1];
    for (
        let i = 1, before = records[0] ?? 0;
        before <= most && i <= last;
        before += records[i++]!
    ) {
        first = isFar(starts[i - 1]!, starts[i]!) ? i : first;
    }
    for (
        let i = last - 1, behind = records[last] ?? 0;
        behind <= most && i >= first;
        behind += records[i--]!
    ) {
        last = isFar(starts[i]!, starts[i + 1]!) ? i : last;
    }
    const within = records.slice(first, last + 1).reduce((sum, n) => sum + n, 0);
    return {
        first: starts[first] ?? null,
        last: starts.length === 0 ? null : own.get(starts[last]!)!.last,
        strays: all - within,
    };
}
