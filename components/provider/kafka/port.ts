import type { StoredBytes } from "./storedBytes.js";

/** One record of a topic, as the broker stored it. */
export interface LogRecord {
    readonly partition: number;
    readonly offset: bigint;
    /** The record's timestamp, in milliseconds since the epoch. */
    readonly timestamp: number;
    readonly key: Buffer | null;
    /** `null` is a tombstone. */
    readonly value: Buffer | null;
    /** Key and value as they stand in the log. Absent where there is no log. */
    readonly stored?: StoredBytes;
}

/** Offsets by partition. What an offset means (first, next, end) is said where one is returned. */
export type Offsets = ReadonlyMap<number, bigint>;

export interface TopicDescription {
    readonly name: string;
    /** The broker's id of this incarnation: another one after the topic was deleted and created again. */
    readonly id: string;
    readonly partitions: number;
    /** The settings that matter to a comparison, as Kafka spells them. */
    readonly cleanupPolicy: string;
    readonly timestampType: string;
    /** How long records are kept at least, in milliseconds and bytes of a partition; `-1` is for ever, absent is unknown. */
    readonly retentionMs?: number;
    readonly retentionBytes?: number;
}

/** Records of one fetch of one partition, in offset order. An array is one of them. */
export interface Records extends Iterable<LogRecord> {
    readonly length: number;
    /** As of an array: a negative index counts from the end. */
    at(index: number): LogRecord | undefined;
}

export interface ReadOptions {
    readonly signal: AbortSignal;
    /** Called with the records of one fetch, of one partition, in offset order. */
    readonly onRecords: (records: readonly LogRecord[]) => void | Promise<void>;
}

/** Writes that a later holder of the same transactional id makes impossible for all earlier ones. */
export interface FencedWriter {
    /** Writes the records in one transaction and returns when it is committed. */
    write(topic: string, records: readonly { key: string; value: string | null }[]): Promise<void>;
    close(): Promise<void>;
}

/** What is asked for of one partition: `[from, to)`. */
export interface LogRange {
    readonly from: bigint;
    readonly to: bigint;
}

/** What one fetch brought of one partition. */
export interface Fetched {
    readonly partition: number;
    /** All inside the asked range. */
    readonly records: Records;
    /** Where to go on from: behind everything this fetch covered, markers and aborted records included; at most `to`. */
    readonly next: bigint;
}

/** Reads one topic by exact offsets, without a consumer group; read_committed. */
export interface TopicLog {
    /**
     * One fetch of these partitions: from `from` (inclusive) up to `to` (exclusive) or less. A partition of which it
     * brought nothing is not in the answer. Waits half a second where there is nothing yet, and for a leader while there
     * is none. Fails with {@link EvidenceLostError} where `from` no longer exists, with {@link TopicReplacedError} where
     * the topic does not, and after a minute without any progress.
     */
    fetch(ranges: ReadonlyMap<number, LogRange>, signal: AbortSignal): Promise<readonly Fetched[]>;
    close(): Promise<void>;
}

/** A transaction that keeps the records behind its first one from being read. */
export interface OpenTransaction {
    readonly partition: number;
    /** Offset of its first record there. */
    readonly offset: bigint;
    readonly producerId: bigint;
    /** `null` where no coordinator knows it: it hangs. */
    readonly transactionalId: string | null;
    /** When it began, in ms since the epoch; `null` with an unknown id. */
    readonly since: number | null;
}

/** All that this package asks of Kafka. Every call ends within its own deadline. */
export interface KafkaPort {
    /** `undefined` where the topic does not exist. */
    describeTopic(topic: string): Promise<TopicDescription | undefined>;
    /** The first offset that can still be read, of every partition. */
    earliestOffsets(topic: string): Promise<Offsets>;
    /** The offset behind the last record that a read_committed reader may see, of every partition. */
    lastStableOffsets(topic: string): Promise<Offsets>;
    /**
     * Of every partition the first offset whose record has this timestamp (ms since the epoch) or a later one; where
     * there is none, what {@link lastStableOffsets} says.
     */
    offsetsAt(topic: string, timestamp: number): Promise<Offsets>;
    /** The transactions that are open on the topic as described, by partition. */
    openTransactions(topic: TopicDescription): Promise<readonly OpenTransaction[]>;
    /** Opens the topic as described: another incarnation of the same name is refused with {@link TopicReplacedError}. */
    openLog(topic: TopicDescription): Promise<TopicLog>;
    /**
     * Reads `[from, to)` of every partition named in `to`, read_committed, and returns when all of it was
     * handed over. Fails with {@link EvidenceLostError} where records at `from` no longer exist.
     */
    read(topic: string, from: Offsets, to: Offsets, options: ReadOptions): Promise<void>;
    /** The next offset that the group will read, of the partitions where it committed one. */
    committedOffsets(group: string, topic: string): Promise<Offsets>;
    /** Commits for a group without members; fails with {@link GroupNotEmptyError} while one is there. */
    commitOffsets(group: string, topic: string, offsets: Offsets): Promise<void>;
    /** Takes over the transactional id: a writer that held it before can write no more. */
    fence(transactionalId: string): Promise<FencedWriter>;
    close(): Promise<void>;
}

/** The broker refused to set a group's offsets, as it does while anybody is in the group. */
export class GroupNotEmptyError extends Error {
    override readonly name = "GroupNotEmptyError";
    constructor(group: string, topic: string, cause: unknown) {
        super(
            `Kafka refused to set the offsets of group ${group} on ${topic}. A group can be moved only while it has ` +
                `no members: stop whatever still reads as ${group}, then run \`pulumi up\` again.`,
            { cause },
        );
    }
}

/** Records that a range asked for are gone: retention, DeleteRecords, or a log that was cut off. */
export class EvidenceLostError extends Error {
    override readonly name = "EvidenceLostError";
    constructor(
        readonly topic: string,
        readonly partition: number,
        readonly asked: bigint,
        /** The first offset still there, or where it lies before `asked`, the end of the log. */
        readonly available: bigint,
    ) {
        super(
            `${topic}, partition ${partition}: offset ${asked} was asked for, but ` +
                (available < asked
                    ? `the log ends at ${available}. It was truncated, or ${asked} was never in it.`
                    : `the first one still there is ${available}. The records between were deleted (retention?) ` +
                      "before they could be read."),
        );
    }
}

/** The topic is no longer the one that was described. */
export class TopicReplacedError extends Error {
    override readonly name = "TopicReplacedError";
    constructor({ name, id }: TopicDescription) {
        super(
            `${name} is not the topic any more that it was (id ${id}): it was deleted, or deleted and created again. ` +
                "Offsets on the one mean nothing on the other.",
        );
    }
}
