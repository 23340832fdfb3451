import type { RoutingRecord } from "./routingRecord.js";
import { viewOf } from "./view.js";

/** Consumers that are moved together. */
export interface Wave {
    readonly consumers: readonly string[];
    /** What they read now. */
    readonly source: { readonly version: string; readonly topic: string };
    /** Whether nobody is left to be moved behind them; authority itself goes with the last ones. */
    readonly isLast: boolean;
}

/**
 * Who is moved next, by the order that the program gives; a consumer without one counts as 0. Whoever an earlier run has
 * moved is not moved again. `isWhole` asks for all that are left at once, as a preview does.
 */
export function nextWave(
    live: RoutingRecord,
    target: string,
    orders: Readonly<Record<string, number>>,
    isWhole = false,
): Wave {
    const { moving } = live;
    const isReturn = target === live.authority && moving !== undefined;
    const known = isReturn
        ? // Also those that the program no longer lists must not be left behind.
          Object.keys(live.consumers)
        : Object.keys(orders);
    const left = known.filter((name) =>
        isReturn
            ? viewOf(live, name).version === moving.version
            : viewOf(live, name).version !== target,
    );
    const orderOf = (name: string) => orders[name] ?? 0;
    const first = Math.min(...left.map(orderOf));
    const consumers = isWhole ? left : left.filter((name) => orderOf(name) === first);
    return {
        consumers,
        source: isReturn ? moving : { version: live.authority, topic: live.topic },
        isLast: consumers.length === left.length,
    };
}

/** Where everybody is while a move is half done, and the two ways on. */
export function describeMoving(record: RoutingRecord): string {
    const { moving, authority } = record;
    if (moving === undefined) {
        return `all consumers read ${record.topic}`;
    }
    const readers = (version: string) =>
        Object.keys(record.consumers)
            .filter((name) => viewOf(record, name).version === version)
            .join(", ") || "nobody";
    return (
        `the move from ${authority} to ${moving.version} is half done: ${readers(moving.version)} on ${moving.version} ` +
        `(${moving.topic}), ${readers(authority)} still on ${authority} (${record.topic})`
    );
}
