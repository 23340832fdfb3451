import type { Offsets } from "../kafka/port.js";
import { later } from "./offsets.js";
import { parseOffsets, type ConsumerRoute } from "./routingRecord.js";

interface Standing {
    /** The next offset of every partition; `undefined` where the group has none at all. */
    readonly position: Offsets | undefined;
    readonly problems: readonly string[];
}

interface Ends {
    readonly earliest: Offsets;
    /** Asked for behind the commits: who reads on meanwhile must not seem to stand behind the end. */
    readonly until: Offsets;
}

/** Where a consumer's group stands on a topic, by its commits or by where the last move put it. */
export function groupPosition(
    consumer: string,
    route: ConsumerRoute,
    topic: string,
    commits: Offsets | undefined,
    { earliest, until }: Ends,
): Standing {
    // Commits expire; that the last move put the group here does not.
    const offsets = new Map([...parseOffsets(route.committed ?? {}), ...(commits ?? [])]);
    if (offsets.size === 0) {
        return { position: undefined, problems: [] };
    }
    return {
        position: new Map([...earliest].map(([p, low]) => [p, later(offsets.get(p), low)])),
        problems: beyondEnd(consumer, route.group, topic, offsets, until),
    };
}

/**
 * Kafka takes any number as a commit. One behind the end is no position: all that is still to come would count as read,
 * and the consumer itself would begin wherever its client resets to.
 */
function beyondEnd(
    consumer: string,
    group: string,
    topic: string,
    committed: Offsets,
    ends: Offsets,
): string[] {
    return [...committed]
        .filter(([partition, offset]) => offset > (ends.get(partition) ?? 0n))
        .map(
            ([partition, offset]) =>
                `${consumer} (group ${group}) has committed offset ${offset} of ${topic}, partition ${partition}, which ends at ` +
                `${ends.get(partition) ?? "nothing, there is no such partition"}: were its offsets set by hand, was the topic made anew, or does it ` +
                "read what is not committed yet? Set them to where it stands.",
        );
}
