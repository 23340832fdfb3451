import { hashBytes, viewOf } from "./hashBytes.js";
import type { LogRecord, Records } from "./port.js";
import { keyAndValue, type StoredBytes } from "./storedBytes.js";

/** Records of one fetch of one partition, as columns: they can be handed from thread to thread at once. */
export interface Columns {
    readonly partition: number;
    /** Keys and values: see `StoredBytes`. */
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** What the offsets are counted from. */
    readonly baseOffset: bigint;
    readonly offsets: Float64Array<ArrayBuffer>;
    readonly timestamps: Float64Array<ArrayBuffer>;
    readonly starts: Uint32Array<ArrayBuffer>;
    readonly ends: Uint32Array<ArrayBuffer>;
    readonly hashes: Int32Array<ArrayBuffer>;
}

/** Puts columns together, batch by batch. */
export class ColumnBuilder {
    readonly #chunks: Uint8Array[] = [];
    #length = 0;
    #view = viewOf(new Uint8Array());
    /** Where the first byte of the last chunk will stand. */
    #chunkAt = 0;
    #count = 0;
    #offsets = new Float64Array(256);
    #timestamps = new Float64Array(256);
    #starts = new Uint32Array(256);
    #ends = new Uint32Array(256);
    #hashes = new Int32Array(256);

    constructor(
        private readonly partition: number,
        readonly baseOffset: bigint,
    ) {}

    /** The bytes in which the next records stand. */
    addBytes(bytes: Uint8Array): void {
        this.#chunks.push(bytes);
        this.#view = viewOf(bytes);
        this.#chunkAt = this.#length;
        this.#length += bytes.length;
    }

    /** A record whose key and value stand in `[start, end)` of the last bytes; `offset` from the base. */
    addRecord(offset: number, timestamp: number, start: number, end: number): void {
        const at = this.#count++;
        if (at === this.#offsets.length) {
            this.#offsets = grown(this.#offsets, new Float64Array(2 * at));
            this.#timestamps = grown(this.#timestamps, new Float64Array(2 * at));
            this.#starts = grown(this.#starts, new Uint32Array(2 * at));
            this.#ends = grown(this.#ends, new Uint32Array(2 * at));
            this.#hashes = grown(this.#hashes, new Int32Array(2 * at));
        }
        this.#offsets[at] = offset;
        this.#timestamps[at] = timestamp;
        this.#starts[at] = this.#chunkAt + start;
        this.#ends[at] = this.#chunkAt + end;
        this.#hashes[at] = hashBytes(this.#view, start, end);
    }

    build(): Columns {
        const bytes = new Uint8Array(this.#length);
        let at = 0;
        for (const chunk of this.#chunks) {
            bytes.set(chunk, at);
            at += chunk.length;
        }
        return {
            partition: this.partition,
            bytes,
            baseOffset: this.baseOffset,
            offsets: this.#offsets.slice(0, this.#count),
            timestamps: this.#timestamps.slice(0, this.#count),
            starts: this.#starts.slice(0, this.#count),
            ends: this.#ends.slice(0, this.#count),
            hashes: this.#hashes.slice(0, this.#count),
        };
    }
}

function grown<T extends Float64Array | Uint32Array | Int32Array>(from: T, to: T): T {
    to.set(from);
    return to;
}

/** The memory that holds columns: what another thread takes over with them. */
export function buffersOf(columns: Columns): ArrayBuffer[] {
    const { bytes, offsets, timestamps, starts, ends, hashes } = columns;
    return [bytes, offsets, timestamps, starts, ends, hashes].map(({ buffer }) => buffer);
}

/** The records. Any of them keeps all of the columns in memory. */
export function recordsOf(columns: Columns): Records {
    return new ColumnRecords(columns);
}

/** Records that are made when they are asked for: held together they would outlive the garbage of one collection. */
class ColumnRecords implements Records {
    readonly length: number;
    readonly #bytes: Buffer;

    constructor(private readonly columns: Columns) {
        const { buffer, byteOffset, byteLength } = columns.bytes;
        this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
        this.length = columns.offsets.length;
    }

    at(index: number): LogRecord | undefined {
        const at = index < 0 ? this.length + index : index;
        return at >= 0 && at < this.length
            ? new ColumnRecord(this.columns, this.#bytes, at)
            : undefined;
    }

    *[Symbol.iterator](): Generator<LogRecord> {
        for (let at = 0; at < this.length; at++) {
            yield new ColumnRecord(this.columns, this.#bytes, at);
        }
    }
}

/** A record that is cut out of its columns when it is looked at: most are only looked at in part. */
class ColumnRecord implements LogRecord, StoredBytes {
    constructor(
        private readonly columns: Columns,
        readonly bytes: Buffer,
        private readonly at: number,
    ) {}

    get partition(): number {
        return this.columns.partition;
    }

    get offset(): bigint {
        return this.columns.baseOffset + BigInt(this.columns.offsets[this.at]!);
    }

    get timestamp(): number {
        return this.columns.timestamps[this.at]!;
    }

    get start(): number {
        return this.columns.starts[this.at]!;
    }

    get end(): number {
        return this.columns.ends[this.at]!;
    }

    get hash(): number {
        return this.columns.hashes[this.at]!;
    }

    get stored(): StoredBytes {
        return this;
    }

    get key(): Buffer | null {
        return keyAndValue(this.bytes, this.start).key;
    }

    get value(): Buffer | null {
        return keyAndValue(this.bytes, this.start).value;
    }
}
