import { isUtf8 } from "node:buffer";
import { deepestNesting } from "../decode.js";

/** Why a record cannot be read, as the rest of a sentence, without its payload: "it ends too early". */
export class Unreadable extends Error {
    override readonly name = "Unreadable";
}

/**
 * Where a binary record is read. Nothing is read behind its end, and what would unfold into more than its bytes
 * can hold is refused, so that hostile bytes cost neither memory nor time. Everything fails with {@link Unreadable}.
 */
export class Cursor {
    #at: number;
    #depth = 0;
    #values = 0;
    readonly #mostValues: number;

    constructor(
        readonly bytes: Buffer,
        start: number,
        readonly end = bytes.length,
    ) {
        this.#at = start;
        this.#mostValues = 1_000_000 + 64 * bytes.length;
    }

    get at(): number {
        return this.#at;
    }

    get left(): number {
        return this.end - this.#at;
    }

    /** Counts a value that is about to be read: some take no bytes, and corrupt counts may be of any size. */
    count(values = 1): void {
        this.#values += values;
        if (this.#values > this.#mostValues) {
            throw new Unreadable("it unfolds into more values than its bytes can hold");
        }
    }

    /** Call it in front of what is inside another value, and {@link leave} behind it. */
    enter(): void {
        if (++this.#depth > deepestNesting) {
            throw new Unreadable(`it is nested more than ${deepestNesting} levels deep`);
        }
    }

    leave(): void {
        this.#depth--;
    }

    byte(): number {
        return this.bytes[this.#take(1)]!;
    }

    float(): number {
        return this.bytes.readFloatLE(this.#take(4));
    }

    double(): number {
        return this.bytes.readDoubleLE(this.#take(8));
    }

    fixed32(): number {
        return this.bytes.readUInt32LE(this.#take(4));
    }

    fixed64(): bigint {
        return this.bytes.readBigUInt64LE(this.#take(8));
    }

    /** An unsigned integer of at most 64 bits, seven bits a byte; a `bigint` only where a number is not exact. */
    varint(): number | bigint {
        const { bytes, end } = this;
        let at = this.#at;
        let value = 0;
        let scale = 1;
        // Seven bytes hold 49 bits, which a number adds up exactly.
        for (let i = 0; i < 7; i++) {
            if (at >= end) {
                throw new Unreadable(endsEarly);
            }
            const byte = bytes[at++]!;
            value += (byte & 0x7f) * scale;
            if (byte < 0x80) {
                this.#at = at;
                return value;
            }
            scale *= 128;
        }
        this.#at = at;
        return this.#longVarint(value);
    }

    #longVarint(low: number): number | bigint {
        let high = 0;
        for (let i = 0; i < 3; i++) {
            const byte = this.byte();
            if (i === 2 && byte > 1) {
                throw new Unreadable("it has an integer of more than 64 bits");
            }
            high += (byte & 0x7f) * 128 ** i;
            if (byte < 0x80) {
                return high < 16 ? low + high * 2 ** 49 : BigInt(low) + (BigInt(high) << 49n);
            }
        }
        throw new Unreadable("it has an integer of more than 64 bits");
    }

    /** A varint that says how many bytes follow, none of them behind the end. */
    length(): number {
        return this.checkLength(this.varint());
    }

    /** The same for a length that was read in another way. */
    checkLength(length: number | bigint): number {
        if (length < 0) {
            throw new Unreadable("it has a negative length");
        }
        if (length > this.left) {
            throw new Unreadable(endsEarly);
        }
        return Number(length);
    }

    /** Goes past so many bytes, and returns where they begin. */
    skip(length: number): number {
        return this.#take(length);
    }

    hex(length: number): string {
        const start = this.#take(length);
        return this.bytes.toString("hex", start, this.#at);
    }

    string(length: number): string {
        const start = this.#take(length);
        const text = this.bytes.toString("utf8", start, this.#at);
        // Node puts this sign where bytes are no UTF-8, which would make different strings equal.
        if (text.includes("\ufffd") && !isUtf8(this.bytes.subarray(start, this.#at))) {
            throw new Unreadable("it has a string that is not valid UTF-8");
        }
        return text;
    }

    #take(length: number): number {
        const start = this.#at;
        if (length > this.end - start) {
            throw new Unreadable(endsEarly);
        }
        this.#at = start + length;
        return start;
    }
}

const endsEarly = "it ends too early for its schema";

/** What a zigzag-encoded varint means: 0, -1, 1, -2, 2… */
export function zigzag(value: number | bigint): number | bigint {
    if (typeof value === "number") {
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    return (value & 1n) === 0n ? value >> 1n : -((value + 1n) >> 1n);
}
