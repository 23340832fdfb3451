import type { KafkaPort, Offsets } from "../kafka/port.js";
import { readPositions, type PositionDecoder } from "./readPositions.js";

/** How far alignment reads, and what it may take for granted where records' identities do not say. */
export interface AlignmentSettings {
    /** Records of a partition. */
    readonly lookBackRecords: number;
    /** `null` where none was declared. */
    readonly disorderMilliseconds: number | null;
}

export const unbounded: AlignmentSettings = {
    lookBackRecords: Number.MAX_SAFE_INTEGER,
    disorderMilliseconds: null,
};

/**
 * Where reading of the old topic begins: no further behind a position than asked. What is not looked at counts as not
 * read, so that readers go on earlier for it, never later.
 */
export function notBehind(began: Offsets, position: Offsets, records: number): Offsets {
    return new Map(
        [...began].map(([partition, offset]) => {
            const least = (position.get(partition) ?? 0n) - BigInt(records);
            return [partition, offset < least ? least : offset];
        }),
    );
}

interface Probe {
    readonly kafka: KafkaPort;
    readonly topic: string;
    readonly decoder: PositionDecoder;
    /** A record older than this proves that all records before it were read; `null` where none would. */
    readonly before: number | null;
    readonly signal: AbortSignal;
    readonly problems: string[];
}

const probeRecords = 50n;

/**
 * Where reading of the new topic begins. Here nothing may be passed over unseen, since it may be unread: a range that is
 * too long is cut only where the declared disorder proves that all of what is left out was read, else it is refused.
 */
export async function within(
    records: number,
    from: Offsets,
    end: Offsets,
    probe: Probe,
): Promise<Offsets> {
    const starts = new Map(from);
    for (const [partition, start] of from) {
        const stop = end.get(partition) ?? start;
        if (stop - start <= BigInt(records)) {
            continue;
        }
        const proven = await provenStart(partition, start, stop, BigInt(records), probe);
        if (proven === undefined) {
            probe.problems.push(
                `Aligning would read ${stop - start} records of ${probe.topic}, partition ${partition}, and ` +
                    `alignment.lookBackRecords is ${records}. Raise it (and compare.timeoutSeconds, which limits the time), ` +
                    "or declare how far records may be out of order (`alignment.disorderSeconds`).",
            );
        } else {
            starts.set(partition, proven);
        }
    }
    return starts;
}

/** Looks back from the end in growing steps, but no further than it may, for a record that is old enough. */
async function provenStart(
    partition: number,
    start: bigint,
    stop: bigint,
    records: bigint,
    { before, ...probe }: Probe,
): Promise<bigint | undefined> {
    if (before === null) {
        return undefined;
    }
    for (let back = probeRecords; ; back *= 2n) {
        const reach = back < records ? back : records;
        const from = stop - reach > start ? stop - reach : start;
        const to = from + probeRecords < stop ? from + probeRecords : stop;
        let found: bigint | undefined;
        const range = { from: new Map([[partition, from]]), to: new Map([[partition, to]]) };
        await readPositions({ ...probe, ...range }, ({ offset }, { eventTime }) => {
            if (found === undefined && eventTime !== null && eventTime < before) {
                found = offset;
            }
        });
        if (found !== undefined || reach === records) {
            return found;
        }
    }
}
