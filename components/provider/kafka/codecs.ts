import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import {
    lz4Compress,
    lz4Decompress,
    snappyCompress,
    snappyDecompress,
} from "@platformatic/wasm-utils";
import { CompressionCodecs, CompressionTypes } from "kafkajs";

/** The framing that Java's snappy library puts around its blocks: magic, two versions, then sized chunks. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const xerialHeaderBytes = 16;

/** Registers the codecs that kafkajs lacks; its own is gzip. */
export function registerCodecs(): void {
    const zstd = { compress: promisify(zstdCompress), decompress: promisify(zstdDecompress) };
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
        compress: (encoder: { buffer: Buffer }) => zstd.compress(encoder.buffer),
        decompress: (buffer: Buffer) => zstd.decompress(buffer),
    });
    CompressionCodecs[CompressionTypes.LZ4] = () => ({
        compress: (encoder: { buffer: Buffer }) => Promise.resolve(lz4Compress(encoder.buffer)),
        decompress: (buffer: Buffer) => Promise.resolve(lz4Decompress(buffer)),
    });
    CompressionCodecs[CompressionTypes.Snappy] = () => ({
        compress: (encoder: { buffer: Buffer }) => Promise.resolve(snappyCompress(encoder.buffer)),
        decompress: (buffer: Buffer) => Promise.resolve(decompressSnappy(buffer)),
    });
}

function decompressSnappy(buffer: Buffer): Buffer {
    if (!buffer.subarray(0, xerialMagic.length).equals(xerialMagic)) {
        return snappyDecompress(buffer);
    }
    const blocks: Buffer[] = [];
    let at = xerialHeaderBytes;
    while (at < buffer.length) {
        const size = buffer.readInt32BE(at);
        blocks.push(snappyDecompress(buffer.subarray(at + 4, at + 4 + size)));
        at += 4 + size;
    }
    return Buffer.concat(blocks);
}
