import type { KafkaPort, Offsets } from "../kafka/port.js";
import { later } from "./offsets.js";
import { parseOffsets, type ConsumerRoute } from "./routingRecord.js";

interface Standing {
    /** The next offset of every partition; `undefined` where the group has none at all. */
    readonly position: Offsets | undefined;
    readonly problems: readonly string[];
}

/** Where a consumer's group stands on a topic, by its commits or by where the last move put it. */
export async function groupPosition(
    kafka: KafkaPort,
    consumer: string,
    route: ConsumerRoute,
    topic: string,
    earliest: Offsets,
    until: Offsets,
): Promise<Standing> {
    // Commits expire; that the last move put the group here does not.
    const offsets = new Map([
        ...parseOffsets(route.committed ?? {}),
        ...(await kafka.committedOffsets(route.group, topic)),
    ]);
    if (offsets.size === 0) {
        return { position: undefined, problems: [] };
    }
    return {
        position: new Map([...earliest].map(([p, low]) => [p, later(offsets.get(p), low)])),
        problems: await beyondEnd(kafka, consumer, route.group, topic, offsets, until),
    };
}

/**
 * Kafka takes any number as a commit. One behind the end is no position: all that is still to come would count as read,
 * and the consumer itself would begin wherever its client resets to.
 */
async function beyondEnd(
    kafka: KafkaPort,
    consumer: string,
    group: string,
    topic: string,
    committed: Offsets,
    until: Offsets,
): Promise<string[]> {
    const isBeyond = (ends: Offsets) =>
        [...committed].filter(([p, offset]) => offset > (ends.get(p) ?? 0n));
    if (isBeyond(until).length === 0) {
        return [];
    }
    // It may have read on since the ends were asked for.
    const ends = await kafka.lastStableOffsets(topic);
    return isBeyond(ends).map(
        ([partition, offset]) =>
            `${consumer} (group ${group}) has committed offset ${offset} of ${topic}, partition ${partition}, which ends at ` +
            `${ends.get(partition) ?? "nothing, there is no such partition"}: were its offsets set by hand, was the topic made anew, or does it ` +
            "read what is not committed yet? Set them to where it stands.",
    );
}
