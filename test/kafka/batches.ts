import { gzipSync, zstdCompressSync } from "node:zlib";
import { crc32c, lz4Compress, snappyCompress } from "@platformatic/wasm-utils";
import { codecs, type Codec } from "../../components/provider/kafka/decompress.js";

export interface WrittenRecord {
    readonly offsetDelta: number;
    readonly timestamp: number;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers?: Readonly<Record<string, string>>;
}

export interface WrittenBatch {
    readonly baseOffset: number;
    readonly records: readonly WrittenRecord[];
    /** Defaults to the offset of the last record. */
    readonly lastOffset?: number;
    readonly codec?: Codec;
    /** What all records are stamped with on a topic with LogAppendTime. */
    readonly appendTime?: number;
    readonly producerId?: number;
    readonly transactional?: boolean;
    readonly control?: boolean;
    /** Added to those that follow from the rest. */
    readonly attributes?: number;
    /** Instead of the packed records. */
    readonly packed?: Buffer;
}

/** A batch as a broker stores it, written from the protocol's description. */
export function batchOf(batch: WrittenBatch): Buffer {
    const { records, baseOffset, codec = "none", producerId = -1 } = batch;
    const baseTimestamp = records[0]?.timestamp ?? 0;
    const maxTimestamp = Math.max(...records.map(({ timestamp }) => timestamp), baseTimestamp);
    const last = batch.lastOffset ?? baseOffset + (records.at(-1)?.offsetDelta ?? 0);
    const attributes =
        (batch.attributes ?? 0) |
        codecs.indexOf(codec) |
        (batch.appendTime === undefined ? 0 : 0x08) |
        (batch.transactional ? 0x10 : 0) |
        (batch.control ? 0x20 : 0);
    const body = Buffer.concat(records.map((record) => recordOf(record, baseTimestamp)));
    const checked = Buffer.concat([
        int(2, attributes),
        int(4, last - baseOffset),
        int(8, baseTimestamp),
        int(8, batch.appendTime ?? maxTimestamp),
        int(8, producerId),
        // The producer's epoch and sequence.
        int(2, 0),
        int(4, 0),
        int(4, records.length),
        batch.packed ?? pack(codec, body),
    ]);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32c(checked));
    // The leader's epoch, then the format.
    const rest = Buffer.concat([int(4, 7), int(1, 2), crc, checked]);
    return Buffer.concat([int(8, baseOffset), int(4, rest.length), rest]);
}

/** The marker that ends a transaction. */
export function markerOf(baseOffset: number, producerId: number, end: "abort" | "commit"): Buffer {
    const key = Buffer.from([0, 0, 0, end === "abort" ? 0 : 1]);
    const value = Buffer.alloc(6);
    const records = [{ offsetDelta: 0, timestamp: 0, key, value }];
    return batchOf({ baseOffset, records, producerId, transactional: true, control: true });
}

export function pack(codec: Codec, body: Buffer): Buffer {
    switch (codec) {
        case "none":
            return body;
        case "gzip":
            return gzipSync(body);
        case "snappy":
            return snappyCompress(body);
        case "lz4":
            return lz4Compress(body);
        case "zstd":
            return zstdCompressSync(body);
    }
}

function recordOf(record: WrittenRecord, baseTimestamp: number): Buffer {
    const headers = Object.entries(record.headers ?? {});
    const content = Buffer.concat([
        int(1, 0),
        varint(BigInt(record.timestamp) - BigInt(baseTimestamp)),
        varint(record.offsetDelta),
        sized(record.key),
        sized(record.value),
        varint(headers.length),
        ...headers.flatMap(([name, value]) => [
            sized(Buffer.from(name)),
            sized(Buffer.from(value)),
        ]),
    ]);
    return Buffer.concat([varint(content.length), content]);
}

function sized(bytes: Buffer | null): Buffer {
    return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

function varint(value: number | bigint): Buffer {
    let bits = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
    const bytes: number[] = [];
    for (; bits >= 0x80n; bits >>= 7n) {
        bytes.push(Number(bits & 0x7fn) | 0x80);
    }
    return Buffer.from([...bytes, Number(bits)]);
}

function int(bytes: 1 | 2 | 4 | 8, value: number): Buffer {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64BE(BigInt(value));
    return buffer.subarray(8 - bytes);
}
