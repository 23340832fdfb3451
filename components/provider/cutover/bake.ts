import { rollbackTargets } from "../../roles.js";
import type { RoutingRecord } from "./routingRecord.js";

/**
 * The version that a new authority is still held against: the one that authority was taken from, for so many seconds
 * after the move. `null` once it is over, where it was not promoted, and where the standby does not run any more.
 */
export function bakesAgainst(
    live: RoutingRecord | undefined,
    version: string,
    bakeSeconds: number,
    now: Date,
): { version: string; topic: string } | null {
    const tenure = live?.history.at(-1);
    if (live === undefined || tenure?.version !== version || live.moving !== undefined) {
        return null;
    }
    const wasPromoted = tenure.by === "promotion" || tenure.by === "override";
    const isOver = !(now.getTime() - Date.parse(tenure.since) < bakeSeconds * 1000);
    const standby = rollbackTargets(live.history).at(-1);
    const before = live.history.findLast((past) => past.version === standby);
    return !wasPromoted || isOver || before === undefined || live.retired?.includes(before.version)
        ? null
        : { version: before.version, topic: before.topic };
}
