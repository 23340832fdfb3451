import type { Side } from "../../side.js";

/** A partition that can be read on, and how far its event time has come. */
export interface Runner {
    readonly side: Side;
    readonly partition: number;
    /** `null` where nothing was read of it yet. */
    readonly eventTime: number | null;
}

/**
 * Which partitions to read on next: the half that is furthest behind in event time. So both topics are read at one pace,
 * and what waits for its counterpart stays small.
 */
export function furthestBehind(runners: readonly Runner[]): Record<Side, number[]> {
    const behind = (runner: Runner) => runner.eventTime ?? -Infinity;
    const chosen = [...runners]
        .sort((a, b) => (behind(a) < behind(b) ? -1 : behind(a) > behind(b) ? 1 : 0))
        .slice(0, Math.ceil(runners.length / 2));
    const of = (side: Side) =>
        chosen.filter((runner) => runner.side === side).map(({ partition }) => partition);
    return { incumbent: of("incumbent"), candidate: of("candidate") };
}
