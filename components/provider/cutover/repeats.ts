import type { KafkaPort, Offsets } from "../kafka/port.js";
import { readPositions, type PositionDecoder } from "./readPositions.js";
import { parseOffsets, type RoutingRecord } from "./routingRecord.js";
import { viewOf } from "./view.js";

/** What a consumer was given since its last move, as the two topics and its groups' commits show it. */
export interface RepeatCount {
    /** Records of the new topic that were delivered to it. */
    readonly delivered: number;
    /** Those of them that it had been given from the old topic. */
    readonly again: number;
    /** What the move had announced. */
    readonly atMost: number;
    /** Whether all that it read of the old topic was looked at; else there may be more of them. */
    readonly isWhole: boolean;
}

interface Counting {
    readonly kafka: KafkaPort;
    readonly live: RoutingRecord;
    readonly decoder: PositionDecoder;
    /** Records of a partition that are looked at on either topic, at most. */
    readonly lookBackRecords: number;
    readonly signal: AbortSignal;
}

/**
 * Counts what a move has repeated. A follower finished the old topic up to the hand-over and passed over what lies before
 * `from`; a group reads from where it was put, and may have read on on the old topic until it was restarted. Which of the
 * two it is, its commits tell. `undefined` where there was no move, or it has not begun on the new topic.
 */
export async function countRepeats(
    { kafka, live, decoder, lookBackRecords, signal }: Counting,
    consumer: string,
): Promise<RepeatCount | undefined> {
    const route = live.consumers[consumer];
    const { handOver, topic } = viewOf(live, consumer);
    if (!route?.committed || route.previousGroup === null || handOver === null) {
        return undefined;
    }
    const until = parseOffsets(handOver.until);
    const left = new Map([
        ...parseOffsets(route.previousCommitted ?? {}),
        ...(await kafka.committedOffsets(route.previousGroup, handOver.topic)),
    ]);
    const put = parseOffsets(route.committed);
    const reached = await kafka.committedOffsets(route.group, topic);
    if (![...reached].some(([p, offset]) => offset > (put.get(p) ?? 0n))) {
        return undefined;
    }
    const follows = [...until].every(([p, offset]) => (left.get(p) ?? 0n) === offset);
    const from = follows ? parseOffsets(handOver.from) : put;
    const [oldEarliest, newEarliest] = await Promise.all([
        kafka.earliestOffsets(handOver.topic),
        kafka.earliestOffsets(topic),
    ]);

    const given = new Map<string, number>();
    const oldFrom = lookBack(oldEarliest, left, lookBackRecords);
    await readPositions(
        { kafka, topic: handOver.topic, from: oldFrom, to: upTo(left, oldFrom), decoder, signal },
        (_record, { identity }) => {
            if (identity !== null) {
                given.set(identity, (given.get(identity) ?? 0) + 1);
            }
        },
    );
    let delivered = 0;
    let again = 0;
    const newFrom = new Map([...reached].map(([p]) => [p, max(from.get(p), newEarliest.get(p))]));
    const newTo = new Map(
        [...newFrom].map(([p, start]) => {
            const end = max(reached.get(p), start);
            const most = start + BigInt(lookBackRecords);
            return [p, end < most ? end : most];
        }),
    );
    await readPositions(
        { kafka, topic, from: newFrom, to: newTo, decoder, signal },
        (_record, { identity }) => {
            delivered += 1;
            const left = identity === null ? 0 : (given.get(identity) ?? 0);
            if (identity !== null && left > 0) {
                again += 1;
                given.set(identity, left - 1);
            }
        },
    );
    return {
        delivered,
        again,
        atMost: follows ? handOver.repeatsAtMost : route.repeatsAtMost,
        isWhole:
            [...oldFrom].every(([, offset]) => offset === 0n) &&
            [...newTo].every(([p, end]) => end >= max(reached.get(p), end)),
    };
}

/** As a person reads it. */
export function describeRepeats(
    consumer: string,
    { authority, history }: RoutingRecord,
    { delivered, again, atMost, isWhole }: RepeatCount,
): string {
    const times = `${again} of them again${isWhole ? "" : " as far as was looked at"}`;
    return (
        `consumer ${consumer}: since authority moved to ${authority} (${history.at(-1)?.since}) it has read ` +
        `${delivered} records, ${times}; at most ${atMost} were announced`
    );
}

function lookBack(earliest: Offsets, position: Offsets, records: number): Offsets {
    return new Map(
        [...position].map(([p, offset]) => [p, max(earliest.get(p), offset - BigInt(records))]),
    );
}

function upTo(end: Offsets, from: Offsets): Offsets {
    return new Map([...from].map(([p, start]) => [p, max(end.get(p), start)]));
}

function max(one: bigint | undefined, other: bigint | undefined): bigint {
    const [a, b] = [one ?? 0n, other ?? 0n];
    return a > b ? a : b;
}
