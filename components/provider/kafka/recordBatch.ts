import { explain } from "../errors.js";
import { crc32c } from "./checksum.js";
import { ColumnBuilder, recordsOf } from "./columns.js";
import { codecs, decompress, type Codec } from "./decompress.js";

/** Whose records they are; errors name it. */
export interface Place {
    readonly topic: string;
    readonly partition: number;
}

/** The one format since Kafka 0.11, and since Kafka 4 the only one. */
const magic = 2;
const lengthEnd = 12;
const magicAt = 16;
const crcAt = 17;
const attributesAt = 21;
const headerBytes = 61;

const codecBits = 0x07;
const logAppendTimeBit = 0x08;
const transactionalBit = 0x10;
const controlBit = 0x20;

const abortMarker = 0;

/**
 * The whole batches of a fetched piece of log, in its order. The last may be cut off where the fetch was full, and
 * is left out. Fails at a batch that is not as it was written.
 */
export function* readBatches(log: Buffer, place: Place): Generator<RecordBatch, void> {
    let at = 0;
    while (at + headerBytes <= log.length) {
        const baseOffset = log.readBigInt64BE(at);
        if (log[at + magicAt] !== magic) {
            throw damaged(
                place,
                baseOffset,
                `its batch has format ${log[at + magicAt]}, and only format ${magic} can be read`,
            );
        }
        const end = at + lengthEnd + log.readInt32BE(at + 8);
        if (end < at + headerBytes) {
            throw damaged(place, baseOffset, "its batch is shorter than its own header");
        }
        if (end > log.length) {
            return;
        }
        yield new RecordBatch(log.subarray(at, end), place);
        at = end;
    }
}

/** Records that were written together. */
export class RecordBatch {
    readonly baseOffset: bigint;
    /** The last one that the batch was written with; compaction may have taken its record. */
    readonly lastOffset: bigint;
    readonly producerId: bigint;
    /** How many bytes its records took once they were unpacked; 0 before. */
    unpackedBytes = 0;
    readonly #attributes: number;

    constructor(
        private readonly bytes: Buffer,
        private readonly place: Place,
    ) {
        this.baseOffset = bytes.readBigInt64BE(0);
        if (crc32c(bytes.subarray(attributesAt)) !== bytes.readUInt32BE(crcAt)) {
            throw damaged(place, this.baseOffset, "the checksum of its batch is wrong");
        }
        this.#attributes = bytes.readInt16BE(attributesAt);
        this.lastOffset = this.baseOffset + BigInt(bytes.readInt32BE(23));
        this.producerId = bytes.readBigInt64BE(43);
    }

    get isTransactional(): boolean {
        return (this.#attributes & transactionalBit) !== 0;
    }

    /** Whether it holds a marker of Kafka's own and nothing that anybody wrote. */
    get isControl(): boolean {
        return (this.#attributes & controlBit) !== 0;
    }

    /** Whether it ends a transaction that was aborted. */
    get isAbortMarker(): boolean {
        if (!this.isControl) {
            return false;
        }
        const columns = new ColumnBuilder(this.place.partition, this.baseOffset);
        this.addRecords(columns, this.baseOffset, this.lastOffset + 1n);
        const marker = recordsOf(columns.build()).at(0);
        // A version, then the type, two bytes each.
        return marker?.key?.readInt16BE(2) === abortMarker;
    }

    /** Adds its records with offsets in `[from, to)`. */
    addRecords(columns: ColumnBuilder, from: bigint, to: bigint): void {
        const { bytes, start } = this.#unpacked();
        columns.addBytes(bytes);
        const baseTimestamp = this.#timestamp(27);
        const appendTime = (this.#attributes & logAppendTimeBit) !== 0 ? this.#timestamp(35) : null;
        // What differs within a batch fits a number.
        const first = Number(from - this.baseOffset);
        const behind = Number(to - this.baseOffset);
        const base = Number(this.baseOffset - columns.baseOffset);
        const cursor = new Cursor(bytes, start);
        const count = this.bytes.readInt32BE(57);
        for (let i = 0; i < count; i += 1) {
            const length = cursor.varint();
            const end = cursor.at + length;
            // Attributes, of which none is in use.
            cursor.at += 1;
            const timestampDelta = cursor.varlong();
            const offsetDelta = cursor.varint();
            const storedAt = cursor.at;
            const keyLength = cursor.varint();
            cursor.at += Math.max(keyLength, 0);
            const valueLength = cursor.varint();
            cursor.at += Math.max(valueLength, 0);
            if (end > bytes.length || cursor.at > end) {
                throw this.#damaged(
                    `record ${i + 1} of ${count} in its batch reaches over its end`,
                );
            }
            if (offsetDelta >= first && offsetDelta < behind) {
                const timestamp = appendTime ?? baseTimestamp + timestampDelta;
                columns.addRecord(base + offsetDelta, timestamp, storedAt, cursor.at);
            }
            cursor.at = end;
        }
    }

    #timestamp(at: number): number {
        return Number(this.bytes.readBigInt64BE(at));
    }

    #unpacked(): { bytes: Buffer; start: number } {
        const codec: Codec | undefined = codecs[this.#attributes & codecBits];
        if (codec === undefined) {
            throw this.#damaged(
                `its batch is packed with an unknown codec, ${this.#attributes & 7}`,
            );
        }
        if (codec === "none") {
            this.unpackedBytes = this.bytes.length;
            return { bytes: this.bytes, start: headerBytes };
        }
        try {
            const bytes = decompress(codec, this.bytes.subarray(headerBytes));
            this.unpackedBytes = bytes.length;
            return { bytes, start: 0 };
        } catch (cause) {
            throw this.#damaged(`its batch could not be unpacked with ${codec}: ${explain(cause)}`);
        }
    }

    #damaged(what: string): Error {
        return damaged(this.place, this.baseOffset, what);
    }
}

function damaged({ topic, partition }: Place, offset: bigint, what: string): Error {
    return new Error(`${topic}, partition ${partition}, offset ${offset}: ${what}.`);
}

/**
 * Reads Kafka's numbers of variable length: seven bits a byte, the lowest first, the sign in the lowest bit. Behind
 * the end of the bytes it reads zeros; who uses it checks where it came to.
 */
class Cursor {
    constructor(
        private readonly bytes: Buffer,
        public at: number,
    ) {}

    /** Of 32 bits. */
    varint(): number {
        const { bytes } = this;
        let bits = 0;
        let shift = 0;
        let byte: number;
        do {
            byte = bytes[this.at++]!;
            bits |= (byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80 && shift < 35);
        return (bits >>> 1) ^ -(bits & 1);
    }

    /** Of 64 bits; exact up to 2^53. */
    varlong(): number {
        const { bytes, at } = this;
        let bits = 0;
        let shift = 0;
        let byte: number;
        do {
            byte = bytes[this.at++]!;
            bits |= (byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80 && shift < 28);
        if (!(byte >= 0x80)) {
            return (bits >>> 1) ^ -(bits & 1);
        }
        this.at = at;
        let wide = 0n;
        for (let place = 0n; place < 70n; place += 7n) {
            byte = bytes[this.at++]!;
            wide |= BigInt(byte & 0x7f) << place;
            if (!(byte >= 0x80)) {
                break;
            }
        }
        wide = BigInt.asUintN(64, wide);
        return Number((wide >> 1n) ^ -(wide & 1n));
    }
}
