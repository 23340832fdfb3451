import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { lz4Compress, snappyCompress } from "@platformatic/wasm-utils";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { decompress } from "./decompress.js";

/** Registers the codecs that kafkajs lacks; its own is gzip. */
export function registerCodecs(): void {
    const zstd = promisify(zstdCompress);
    CompressionCodecs[CompressionTypes.ZSTD] = () => ({
        compress: (encoder: { buffer: Buffer }) => zstd(encoder.buffer),
        decompress: (buffer: Buffer) => Promise.resolve(decompress("zstd", buffer)),
    });
    CompressionCodecs[CompressionTypes.LZ4] = () => ({
        compress: (encoder: { buffer: Buffer }) => Promise.resolve(lz4Compress(encoder.buffer)),
        decompress: (buffer: Buffer) => Promise.resolve(decompress("lz4", buffer)),
    });
    CompressionCodecs[CompressionTypes.Snappy] = () => ({
        compress: (encoder: { buffer: Buffer }) => Promise.resolve(snappyCompress(encoder.buffer)),
        decompress: (buffer: Buffer) => Promise.resolve(decompress("snappy", buffer)),
    });
}
