import { createAPI, fetchV13, type Connection, type Reader } from "@platformatic/kafka";
import type { FetchedLog } from "./fetchedColumns.js";

/** What is asked of a broker about one partition. */
export interface FetchPartition {
    readonly partition: number;
    readonly leaderEpoch: number;
    readonly offset: bigint;
}

/** What it answers. */
export interface FetchAnswer {
    readonly errorCode: number;
    readonly partitions: readonly PartitionAnswer[];
}

export interface PartitionAnswer extends FetchedLog {
    readonly partition: number;
    readonly errorCode: number;
    /** The first offset that can be read; -1 where the broker gives none. */
    readonly logStart: bigint;
}

const readCommitted = 1;
const noSession = { id: 0, epoch: -1 };
const maxWaitMilliseconds = 500;
const maxBytes = 32 * 1024 * 1024;
/** Enough for a good rate; of more, what waits for its counterpart would not stay in the processor's cache. */
const partitionMaxBytes = 512 * 1024;

export const fetchKey = 1;
/** The first version that asks by a topic's id: a topic of the same name that is another one does not answer. */
export const fetchVersion = 13;

const fetchRaw = createAPI<Parameters<typeof fetchV13.createRequest>, FetchAnswer>(
    fetchKey,
    fetchVersion,
    fetchV13.createRequest,
    parseAnswer,
);

/** One fetch from the leader of these partitions. The limits bound the answer except for one batch larger than they. */
export function fetchLog(
    connection: Connection,
    topicId: string,
    partitions: readonly FetchPartition[],
): Promise<FetchAnswer> {
    const asked = partitions.map(({ partition, leaderEpoch, offset }) => ({
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: offset,
        lastFetchedEpoch: -1,
        partitionMaxBytes,
    }));
    return fetchRaw.async(
        connection,
        maxWaitMilliseconds,
        1,
        maxBytes,
        readCommitted,
        noSession.id,
        noSession.epoch,
        [{ topicId, partitions: asked }],
        [],
        "",
    );
}

/** The client's own parser makes an object of every record, and an exception of every error code. */
function parseAnswer(
    _correlationId: number,
    _apiKey: number,
    _apiVersion: number,
    reader: Reader,
): FetchAnswer {
    // How long the broker held the answer back.
    reader.readInt32();
    const errorCode = reader.readInt16();
    // The session.
    reader.readInt32();
    const topics = reader.readArray((topic) => {
        topic.readUUID();
        return topic.readArray(parsePartition, true, false);
    });
    reader.readTaggedFields();
    return { errorCode, partitions: topics.flat() };
}

function parsePartition(reader: Reader): PartitionAnswer {
    const partition = reader.readInt32();
    const errorCode = reader.readInt16();
    // The high watermark, and the last stable offset.
    reader.readInt64();
    reader.readInt64();
    const logStart = reader.readInt64();
    const aborted = reader.readNullableArray((entry) => ({
        producerId: entry.readInt64(),
        firstOffset: entry.readInt64(),
    }));
    // Another replica that would be nearer; none, as no rack is given.
    reader.readInt32();
    // A compact length is one more than it says, so that 0 can stand for none.
    const length = Math.max(reader.readUnsignedVarInt() - 1, 0);
    const log = reader.buffer.subarray(reader.position, reader.position + length).buffer;
    reader.skip(length);
    reader.readTaggedFields();
    return { partition, errorCode, logStart, aborted: aborted ?? [], log };
}
