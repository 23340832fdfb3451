import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { lz4Decompress, snappyDecompress } from "@platformatic/wasm-utils";

/** Kafka's codecs, at the place that is their number in the attributes of a batch. */
export const codecs = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
export type Codec = (typeof codecs)[number];

/** More than this is not unpacked: a few bytes can stand for gigabytes, and the process would die without a word. */
const maxUnpackedBytes = 512 * 1024 * 1024;
const chunkSize = 256 * 1024;

/** The framing that Java's snappy library puts around its blocks: magic, two versions, then sized chunks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

const lz4FrameMagic = 0x184d2204;
/** What a block may unpack to, by its code in the frame's descriptor. */
const lz4BlockBytes = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
/** No LZ4 block grows more than that. */
const lz4Growth = 255;

/** Unpacks at once; fails where the result would be larger than `maxBytes`, before it is made. */
export function decompress(codec: Codec, packed: Buffer, maxBytes = maxUnpackedBytes): Buffer {
    switch (codec) {
        case "none":
            return packed;
        case "gzip":
            return limited(maxBytes, () =>
                gunzipSync(packed, { chunkSize, maxOutputLength: maxBytes }),
            );
        case "zstd":
            return limited(maxBytes, () =>
                zstdDecompressSync(packed, { chunkSize, maxOutputLength: maxBytes }),
            );
        case "snappy":
            return decompressSnappy(packed, maxBytes);
        case "lz4":
            refuseAbove(maxBytes, lz4UpperBound(packed));
            return lz4Decompress(packed);
    }
}

function decompressSnappy(packed: Buffer, maxBytes: number): Buffer {
    if (!packed.subarray(0, xerialMagic.length).equals(xerialMagic)) {
        refuseAbove(maxBytes, snappyLength(packed));
        return snappyDecompress(packed);
    }
    const blocks: Buffer[] = [];
    let total = 0;
    let at = xerialHeaderBytes;
    while (at < packed.length) {
        const size = packed.readInt32BE(at);
        const block = packed.subarray(at + 4, at + 4 + size);
        total += snappyLength(block);
        refuseAbove(maxBytes, total);
        blocks.push(snappyDecompress(block));
        at += 4 + size;
    }
    return Buffer.concat(blocks);
}

/** A snappy block begins with its unpacked length. */
function snappyLength(block: Buffer): number {
    let length = 0;
    for (let i = 0; i < 5 && i < block.length; i += 1) {
        length += (block[i]! & 0x7f) * 2 ** (7 * i);
        if (block[i]! < 0x80) {
            break;
        }
    }
    return length;
}

/** What a frame can unpack to at most. Few frames say it; but each block says how much it holds packed. */
function lz4UpperBound(frame: Buffer): number {
    if (frame.length < 7 || frame.readUInt32LE(0) !== lz4FrameMagic) {
        throw new Error("it is no LZ4 frame");
    }
    const flags = frame[4]!;
    const blockBytes = lz4BlockBytes[(frame[5]! >> 4) & 7]!;
    const blockChecksumBytes = flags & 0x10 ? 4 : 0;
    let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    let bound = 0;
    while (at + 4 <= frame.length) {
        const header = frame.readUInt32LE(at);
        const size = header & 0x7fffffff;
        if (size === 0) {
            break;
        }
        const stored = header >= 0x80000000;
        bound += stored ? size : Math.min(blockBytes, size * lz4Growth);
        at += 4 + size + blockChecksumBytes;
    }
    return bound;
}

function refuseAbove(maxBytes: number, bytes: number): void {
    if (bytes > maxBytes) {
        throw new Error(`it would unpack to more than ${maxBytes} bytes`);
    }
}

function limited(maxBytes: number, unpack: () => Buffer): Buffer {
    try {
        return unpack();
    } catch (error) {
        if (
            error instanceof RangeError &&
            "code" in error &&
            error.code === "ERR_BUFFER_TOO_LARGE"
        ) {
            refuseAbove(maxBytes, Infinity);
        }
        throw error;
    }
}
