/** How far one topic's event time reaches, in ms since the epoch; `null` where it has no records. */
export interface Span {
    /** Start of its first window. */
    readonly first: number | null;
    /** The largest event time. */
    readonly last: number | null;
}

export interface SealingSettings {
    readonly windowSeconds: number;
    readonly allowedLatenessSeconds: number;
    readonly warmUpSeconds: number;
}

/** The windows that count: those that start in `[from, to)`. */
export interface Coverage {
    readonly from: number;
    readonly to: number;
}

/** Nothing counts, and nothing is warm-up. */
export const noCoverage: Coverage = { from: -Infinity, to: -Infinity };

export function windowLength({ windowSeconds }: { readonly windowSeconds: number }): number {
    return Math.round(windowSeconds * 1000);
}

/** Start of the window of an event time; windows are aligned to the epoch, as Flink's are. */
export function windowStart(eventTime: number, length: number): number {
    return Math.floor(eventTime / length) * length;
}

/**
 * Which windows can be judged.
 *
 * *Watermark*: a topic has come as far as its largest event time, over all partitions (strays left out: `reach.ts`). Partitions do not have
 * watermarks of their own here, so one that is empty or has fallen silent blocks nothing, and the same records
 * in other partitions give the same windows. One partition behind the others is what the allowed lateness is
 * for: a window is sealed once both topics' watermarks are at its end plus the lateness. Where that is too
 * little, records of sealed windows still arrive while the look settles (`gather.ts`), and it says so.
 *
 * *Warm-up*: the first window seen of a topic may have begun before we, or its job, began to read, so what
 * counts begins `warmUpSeconds` after its end, at the next start of a window. The later one of the two topics
 * counts, whichever of them was read from further back.
 */
export function cover(incumbent: Span, candidate: Span, settings: SealingSettings): Coverage {
    if (
        incumbent.first === null ||
        incumbent.last === null ||
        candidate.first === null ||
        candidate.last === null
    ) {
        return noCoverage;
    }
    const length = windowLength(settings);
    const warmUp = Math.ceil((settings.warmUpSeconds * 1000) / length) * length;
    const from = windowStart(Math.max(incumbent.first, candidate.first), length) + length + warmUp;
    const watermark = Math.min(incumbent.last, candidate.last);
    const to = windowStart(watermark - settings.allowedLatenessSeconds * 1000, length);
    return { from, to: Math.max(from, to) };
}

export function counts(window: number, { from, to }: Coverage): boolean {
    return from <= window && window < to;
}
