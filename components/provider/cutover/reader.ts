import type { Offsets } from "../kafka/port.js";
import { ReadIdentities } from "./align.js";
import { Horizon } from "./horizon.js";
import { notBehind } from "./lookBack.js";
import { backOffsets, later } from "./offsets.js";

/** One position to align: a group's, or that of followers, who finish the old topic first. */
export interface Reader {
    readonly position: Offsets;
    /** What it read of the old topic from here on is taken into account; earlier ones are not asked for. */
    readonly began: Offsets;
    /** Whether what it read from there on is all that may come again on the new topic. */
    readonly isComplete: boolean;
    /** Records of the old topic that were left out of the look-back; any of them may still come on the new one. */
    readonly unseen: number;
    /** Records of the new topic before these were read when this version held authority before. */
    readonly readBefore: Offsets;
    readonly read: ReadIdentities;
    readonly horizon: Horizon;
    unread: number;
    uncovered: number;
    /** Timestamp of the first unread record of the old topic; `null` where there is none. */
    oldestUnread: number | null;
}

/** What all readers of one move have in common. */
export interface Ground {
    readonly oldEarliest: Offsets;
    readonly newEarliest: Offsets;
    readonly verified: { readonly incumbentFrom: Offsets } | null;
    readonly lookBackRecords: number;
    readonly disorderMilliseconds: number | null;
}

/** Offsets as the routing record keeps them. */
export type Recorded = Readonly<Record<string, string>>;

interface Origin {
    readonly position: Offsets;
    /** Where it came to the old topic from the new one; `null` where it came from elsewhere. */
    readonly since: Recorded | null;
    /** Whether it never came from anywhere. */
    readonly isFirst: boolean;
    readonly readBefore: Recorded | null | undefined;
}

export function newReader(
    { oldEarliest, newEarliest, verified, lookBackRecords, disorderMilliseconds }: Ground,
    { position, since, isFirst, readBefore }: Origin,
): Reader {
    const beginning = new Map([...oldEarliest].map(([p]) => [p, 0n]));
    const asked = verified?.incumbentFrom ?? backOffsets(since, beginning);
    const began = notBehind(asked, position, lookBackRecords);
    const isKnown = verified !== null || isFirst || since !== null;
    const isThere = [...oldEarliest].every(([p, low]) => (began.get(p) ?? low) >= low);
    const unseen = [...began].reduce((sum, [p, offset]) => {
        const asks = later(asked.get(p), oldEarliest.get(p) ?? 0n);
        return sum + (offset > asks ? Number(offset - asks) : 0);
    }, 0);
    return {
        position,
        began,
        isComplete: isKnown && isThere && unseen === 0,
        unseen,
        readBefore: backOffsets(readBefore, newEarliest),
        read: new ReadIdentities(),
        horizon: new Horizon(disorderMilliseconds),
        unread: 0,
        uncovered: 0,
        oldestUnread: null,
    };
}
