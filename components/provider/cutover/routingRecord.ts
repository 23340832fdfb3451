import { z } from "zod";

/**
 * The routing record: which version holds authority, and for every consumer where it reads on. It is the value
 * of the record with the component's name as key, on partition 0 of the routing topic; the newest one counts.
 * Offsets are decimal strings by partition number, so that any language reads them exactly.
 */

const offsets = z.record(z.string().regex(/^\d+$/), z.string().regex(/^\d+$/));

const handOver = z.object({
    version: z.string(),
    topic: z.string(),
    topicId: z.string(),
    /** A follower finishes the topic handed over up to these offsets (exclusive), of every partition ... */
    until: offsets,
    /** ... and then takes the authority's topic from these on. */
    from: offsets,
    /** Records that a follower may see again after this move, at most. */
    repeatsAtMost: z.number().int().nonnegative(),
});

/** What one consumer reads and how it came there, where that is not what the record says of all of them. */
const ownMove = z.object({
    /** Of the move that led this consumer here, and of the one before; 0 where there was none. */
    epoch: z.number().int().positive(),
    previousEpoch: z.number().int().nonnegative(),
    version: z.string(),
    topic: z.string(),
    topicId: z.string(),
    /** Whether it read this version before. */
    goesBack: z.boolean(),
    handOver: handOver.nullable(),
});

const consumerRoute = z.object({
    /** The consumer group with which it reads its topic. */
    group: z.string(),
    /** Offsets of its topic that were committed for the group when it was moved here; `null` before the first move. */
    committed: offsets.nullable(),
    /** The group on the topic handed over, whose members finish it; `null` before the first move. */
    previousGroup: z.string().nullable(),
    /** Where that group stood when it was moved: the next offset of every partition; `null` where it had never committed. */
    previousCommitted: offsets.nullable(),
    /** Records that the group may see again after this move, at most. */
    repeatsAtMost: z.number().int().nonnegative(),
    /**
     * Counts instead of the record's own `topic`, `topicId` and `handOver`. Absent where the consumer moved together
     * with all others.
     */
    own: ownMove.optional(),
});

const override = z.object({
    reason: z.string(),
    approvedBy: z.string(),
    /** ISO time at which it was used. */
    at: z.string().optional(),
});

const tenure = z.object({
    epoch: z.number().int().positive(),
    version: z.string(),
    topic: z.string(),
    topicId: z.string(),
    /** ISO times; `until` is `null` for the one that holds authority now. */
    since: z.string(),
    until: z.string().nullable(),
    by: z.enum(["initial", "promotion", "override", "rollback"]),
    /** Fingerprint of the verdict that a promotion rested on. */
    verdict: z.string().nullable(),
    override: override.nullable(),
    /** The consumers that it held authority over, where the others never came: the move was taken back half-way. */
    consumers: z.array(z.string()).optional(),
});

/** A move of which some consumers have been moved, and some are still to come. */
const moving = tenure
    .pick({
        epoch: true,
        version: true,
        topic: true,
        topicId: true,
        since: true,
        by: true,
        verdict: true,
        override: true,
    })
    .extend({ consumers: z.array(z.string()) });

const routingRecord = z.object({
    /** 2 where `own` or `moving` must be understood, else 1: who knows 1 only stays where it is meanwhile. */
    recordVersion: z.union([z.literal(1), z.literal(2)]),
    name: z.string(),
    /** Who writes this record: organization/project/stack. */
    owner: z.string(),
    /** Rises by one with every move; a reader never acts on a lower one than it has seen. */
    epoch: z.number().int().positive(),
    authority: z.string(),
    topic: z.string(),
    topicId: z.string(),
    writtenAt: z.string(),
    consumers: z.record(z.string(), consumerRoute),
    /** The move that led here; `null` before the first one. */
    handOver: handOver.nullable(),
    /** Every version that ever held authority, oldest first. */
    history: z.array(tenure),
    /** The move that is half done; absent where there is none. */
    moving: moving.optional(),
    /** Versions whose job was stopped for good; authority never goes back to them. Absent where there are none. */
    retired: z.array(z.string()).optional(),
});

export type RoutingRecord = z.infer<typeof routingRecord>;
export type ConsumerRoute = z.infer<typeof consumerRoute>;
export type HandOver = z.infer<typeof handOver>;
export type Tenure = z.infer<typeof tenure>;
export type OwnMove = z.infer<typeof ownMove>;
export type Moving = z.infer<typeof moving>;

/** Reads a routing record; fails with a sentence that says what in it is not as documented. */
export function parseRoutingRecord(text: string): RoutingRecord {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch (cause) {
        throw new Error(
            "The routing record is not JSON; was something else written to the routing topic?",
            {
                cause,
            },
        );
    }
    const result = routingRecord.safeParse(json);
    if (!result.success) {
        throw new Error(
            `The routing record is not as documented: ${z.prettifyError(result.error)}`,
        );
    }
    return result.data;
}

/** Offsets as the record keeps them. */
export function recordOffsets(byPartition: ReadonlyMap<number, bigint>): Record<string, string> {
    return Object.fromEntries(
        [...byPartition]
            .sort(([a], [b]) => a - b)
            .map(([partition, offset]) => [String(partition), String(offset)]),
    );
}

/** The reverse of {@link recordOffsets}. */
export function parseOffsets(byPartition: Readonly<Record<string, string>>): Map<number, bigint> {
    return new Map(
        Object.entries(byPartition).map(([partition, offset]) => [
            Number(partition),
            BigInt(offset),
        ]),
    );
}
