import { hashBytes, viewOf } from "./hashBytes.js";
import type { LogRecord } from "./port.js";

/** Where a record's key and value stand in a log, each with its length in front (a zigzag varint, -1 for null). */
export interface StoredBytes {
    readonly bytes: Buffer;
    readonly start: number;
    readonly end: number;
    /** By `hashBytes`. */
    readonly hash: number;
}

/** Key and value of a record as they stand in a log: what tells equal records apart from others at the least cost. */
export function storedBytesOf(record: LogRecord): StoredBytes {
    return (
        record.stored ?? storedWhole(Buffer.concat([...part(record.key), ...part(record.value)]))
    );
}

/** Bytes of which all are what is stored. */
export function storedWhole(bytes: Buffer): StoredBytes {
    return { bytes, start: 0, end: bytes.length, hash: hashBytes(viewOf(bytes), 0, bytes.length) };
}

/** The key and the value that stand there. */
export function keyAndValue(
    bytes: Buffer,
    start: number,
): { readonly key: Buffer | null; readonly value: Buffer | null } {
    const key = span(bytes, start);
    return { key: cut(bytes, key), value: cut(bytes, span(bytes, key.end)) };
}

/** A key or a value: where its bytes are; `length` is -1 for null. */
export interface Span {
    readonly start: number;
    readonly end: number;
    readonly length: number;
}

/** The part whose length stands at `at`. */
export function span(bytes: Uint8Array, at: number): Span {
    let zigzag = 0;
    let factor = 1;
    for (let i = at; ; i++) {
        const byte = bytes[i]!;
        zigzag += (byte & 0x7f) * factor;
        factor *= 128;
        if (byte < 0x80) {
            const length = zigzag % 2 === 0 ? zigzag / 2 : -1;
            return { start: i + 1, end: i + 1 + Math.max(0, length), length };
        }
    }
}

function cut(bytes: Buffer, { start, end, length }: Span): Buffer | null {
    return length < 0 ? null : bytes.subarray(start, end);
}

function part(bytes: Buffer | null): Buffer[] {
    return bytes === null ? [varint(1)] : [varint(2 * bytes.length), bytes];
}

function varint(zigzag: number): Buffer {
    const bytes: number[] = [];
    let rest = zigzag;
    while (rest >= 0x80) {
        bytes.push((rest % 0x80) | 0x80);
        rest = Math.floor(rest / 0x80);
    }
    return Buffer.from([...bytes, rest]);
}
