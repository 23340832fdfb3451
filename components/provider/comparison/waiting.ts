import type { StoredBytes } from "../kafka/storedBytes.js";
import type { UsedSchema } from "./decoders.js";
import { type Measured, MeasuredColumn } from "./measured.js";
import type { Side } from "../../side.js";
import type { Shape } from "./shape.js";

/** What is known of a record once it was decoded, so that its counterpart need not be. */
export interface Known {
    readonly eventTime: number;
    readonly window: number;
    readonly shape: Shape;
    readonly measured: Measured | null;
    readonly schemas: readonly UsedSchema[];
    /** Hash of identity and window. */
    readonly identityHash: number;
    /** Whether it is compared, and not only counted. */
    readonly sampled: boolean;
}

/** Where bytes stand. */
type Slice = Omit<StoredBytes, "hash">;

/** Records of one topic that are all equal, waiting for as many on the other. */
export interface Waiter {
    readonly side: Side;
    readonly known: Known;
    /** How many of them wait. */
    readonly count: number;
    readonly content: Slice;
}

/** What a waiter takes beside its bytes, as measured with ten million of them. */
const bytesBeside = 200;
/** Bytes that are held as they were fetched, with records among them that do not wait any more. */
const mostLoose = 8 * 1024 * 1024;
const none = -1;

/**
 * Equal records cancel each other out here as they stream by: what differs, or has no counterpart yet, waits. Both topics
 * are read at the same pace, so that little does. A hash table of bytes: a `Map` would need a text of every record.
 *
 * Waiters stand in columns in the order in which they came, and those that are gone are dropped when there is no more
 * room: an object for each would keep the garbage collector busier than all else.
 */
export class Waiting {
    /** Where the newest waiter of each slot of the table stands. */
    #heads = new Int32Array(0);
    #columns: Columns;
    /** How many stand in the columns, and how many of them still wait. */
    #length = 0;
    #size = 0;
    /** In the order in which they were fetched: first those whose bytes were copied, then those that are as they came. */
    readonly #packed = new Set<Segment>();
    readonly #loose = new Set<Segment>();
    #newest: Segment | undefined;
    #packedBytes = 0;
    #looseBytes = 0;

    constructor(
        /** How many fields are aggregated. */
        private readonly fields: number,
        private readonly mostLooseBytes = mostLoose,
    ) {
        this.#columns = new Columns(0, fields);
        this.#makeRoom(512);
    }

    /** Roughly what is held. */
    get bytes(): number {
        return this.#packedBytes + this.#looseBytes + this.#size * bytesBeside;
    }

    /**
     * A record of these bytes has come, with this timestamp where it matters. Where one of the other topic waits, they
     * cancel each other out; where one of the same topic does, it waits twice. `undefined` where none does.
     */
    meet(side: Side, content: StoredBytes, timestamp: number): Waiter | undefined {
        const columns = this.#columns;
        const hash = mix(content.hash, timestamp);
        let at = this.#heads[hash & (this.#heads.length - 1)]!;
        while (!(at === none || columns.equals(at, hash, timestamp, content))) {
            at = columns.next[at]!;
        }
        if (at === none) {
            return undefined;
        }
        const waiter = columns.waiter(at);
        columns.count[at]! += waiter.side === side ? 1 : -1;
        if (columns.count[at] === 0) {
            this.#remove(at);
        }
        return waiter;
    }

    wait(side: Side, content: StoredBytes, timestamp: number, known: Known): void {
        if (this.#length === this.#columns.capacity) {
            this.#makeRoom(2 * this.#size);
        }
        const segment = this.#segmentOf(content.bytes);
        const at = this.#length++;
        this.#columns.set(
            at,
            segment,
            side,
            content,
            mix(content.hash, timestamp),
            timestamp,
            known,
        );
        segment.end = this.#length;
        segment.waiting++;
        this.#insert(at);
        this.#size++;
    }

    /** Lets go of fetched bytes of which little waits, once there are many. To be called between two fetches. */
    pack(): void {
        for (const segment of this.#loose) {
            if (this.#looseBytes <= this.mostLooseBytes) {
                return;
            }
            this.#looseBytes -= segment.bytes.length;
            this.#loose.delete(segment);
            this.#columns.pack(segment);
            this.#packedBytes += segment.bytes.length;
            this.#packed.add(segment);
        }
    }

    /** Takes those that have waited longest until so many bytes are left. */
    *drain(bytes: number): Generator<Waiter> {
        for (const segments of [this.#packed, this.#loose]) {
            for (const segment of segments) {
                if (this.bytes <= bytes) {
                    return;
                }
                for (let at = segment.first; at < segment.end; at++) {
                    if (this.#columns.count[at]! > 0) {
                        yield this.#columns.waiter(at);
                        this.#unlink(at);
                        this.#columns.count[at] = 0;
                        this.#size--;
                    }
                }
                this.#release(segment);
            }
        }
    }

    #segmentOf(bytes: Buffer): Segment {
        if (this.#newest?.bytes !== bytes) {
            this.#newest = { bytes, first: this.#length, end: this.#length, waiting: 0 };
            this.#loose.add(this.#newest);
            this.#looseBytes += bytes.length;
        }
        return this.#newest;
    }

    #remove(at: number): void {
        this.#unlink(at);
        this.#size--;
        const segment = this.#columns.segment[at]!;
        if (--segment.waiting === 0) {
            this.#release(segment);
        }
    }

    #release(segment: Segment): void {
        if (this.#loose.delete(segment)) {
            this.#looseBytes -= segment.bytes.length;
        } else if (this.#packed.delete(segment)) {
            this.#packedBytes -= segment.bytes.length;
        }
        if (segment === this.#newest) {
            this.#newest = undefined;
        }
    }

    #insert(at: number): void {
        const { hash, next } = this.#columns;
        const slot = hash[at]! & (this.#heads.length - 1);
        next[at] = this.#heads[slot]!;
        this.#heads[slot] = at;
    }

    #unlink(at: number): void {
        const { hash, next } = this.#columns;
        const slot = hash[at]! & (this.#heads.length - 1);
        let before = this.#heads[slot]!;
        if (before === at) {
            this.#heads[slot] = next[at]!;
            return;
        }
        while (next[before] !== at) {
            before = next[before]!;
        }
        next[before] = next[at]!;
    }

    /** Drops those that are gone, into columns of at least this capacity. */
    #makeRoom(capacity: number): void {
        const from = this.#columns;
        this.#columns = new Columns(Math.max(capacity, from.capacity), this.fields);
        let length = 0;
        let newest: Segment | undefined;
        for (let at = 0; at < this.#length; at++) {
            if (from.count[at]! > 0) {
                const segment = from.segment[at]!;
                if (segment !== newest) {
                    segment.first = length;
                    newest = segment;
                }
                this.#columns.copy(from, at, length++);
                segment.end = length;
            }
        }
        this.#length = length;
        // With few of them in one place most records that wait for nothing are known by an empty one.
        let slots = 1;
        while (slots < 2 * this.#columns.capacity) {
            slots *= 2;
        }
        this.#heads = new Int32Array(slots).fill(none);
        for (let at = 0; at < length; at++) {
            this.#insert(at);
        }
    }
}

/** Bytes that were fetched together, and where those waiters stand that are among them. */
interface Segment {
    bytes: Buffer;
    first: number;
    end: number;
    waiting: number;
}

/** What is known of waiters, side by side. */
class Columns {
    /** Where the next one stands in the same slot of the table. */
    readonly next: Int32Array;
    readonly hash: Int32Array;
    /** How many of it wait; none of one that is gone. */
    readonly count: Int32Array;
    readonly segment: Segment[] = [];
    readonly #isIncumbent: Uint8Array;
    readonly #isSampled: Uint8Array;
    readonly #start: Uint32Array;
    readonly #length: Uint32Array;
    readonly #timestamp: Float64Array;
    readonly #eventTime: Float64Array;
    readonly #window: Float64Array;
    readonly #identityHash: Float64Array;
    readonly #shape: Shape[] = [];
    readonly #measured: MeasuredColumn;
    readonly #schemas: (readonly UsedSchema[])[] = [];

    constructor(
        readonly capacity: number,
        fields: number,
    ) {
        this.next = new Int32Array(capacity);
        this.hash = new Int32Array(capacity);
        this.count = new Int32Array(capacity);
        this.#isIncumbent = new Uint8Array(capacity);
        this.#isSampled = new Uint8Array(capacity);
        this.#start = new Uint32Array(capacity);
        this.#length = new Uint32Array(capacity);
        this.#timestamp = new Float64Array(capacity);
        this.#eventTime = new Float64Array(capacity);
        this.#window = new Float64Array(capacity);
        this.#identityHash = new Float64Array(capacity);
        this.#measured = new MeasuredColumn(capacity, fields);
    }

    set(
        at: number,
        segment: Segment,
        side: Side,
        { start, end }: StoredBytes,
        hash: number,
        timestamp: number,
        known: Known,
    ): void {
        this.hash[at] = hash;
        this.count[at] = 1;
        this.segment[at] = segment;
        this.#isIncumbent[at] = side === "incumbent" ? 1 : 0;
        this.#isSampled[at] = known.sampled ? 1 : 0;
        this.#start[at] = start;
        this.#length[at] = end - start;
        this.#timestamp[at] = timestamp;
        this.#eventTime[at] = known.eventTime;
        this.#window[at] = known.window;
        this.#identityHash[at] = known.identityHash;
        this.#shape[at] = known.shape;
        this.#measured.set(at, known.measured);
        this.#schemas[at] = known.schemas;
    }

    copy(from: Columns, at: number, to: number): void {
        this.hash[to] = from.hash[at]!;
        this.count[to] = from.count[at]!;
        this.segment[to] = from.segment[at]!;
        this.#isIncumbent[to] = from.#isIncumbent[at]!;
        this.#isSampled[to] = from.#isSampled[at]!;
        this.#start[to] = from.#start[at]!;
        this.#length[to] = from.#length[at]!;
        this.#timestamp[to] = from.#timestamp[at]!;
        this.#eventTime[to] = from.#eventTime[at]!;
        this.#window[to] = from.#window[at]!;
        this.#identityHash[to] = from.#identityHash[at]!;
        this.#shape[to] = from.#shape[at]!;
        this.#measured.copy(from.#measured, at, to);
        this.#schemas[to] = from.#schemas[at]!;
    }

    equals(
        at: number,
        hash: number,
        timestamp: number,
        { bytes, start, end }: StoredBytes,
    ): boolean {
        const own = this.#start[at]!;
        return (
            this.hash[at] === hash &&
            this.#timestamp[at] === timestamp &&
            this.#length[at] === end - start &&
            this.segment[at]!.bytes.compare(bytes, start, end, own, own + end - start) === 0
        );
    }

    waiter(at: number): Waiter {
        const start = this.#start[at]!;
        const { bytes } = this.segment[at]!;
        return {
            side: this.#isIncumbent[at] === 1 ? "incumbent" : "candidate",
            count: this.count[at]!,
            content: { bytes, start, end: start + this.#length[at]! },
            known: {
                eventTime: this.#eventTime[at]!,
                window: this.#window[at]!,
                shape: this.#shape[at]!,
                measured: this.#measured.get(at, bytes, start),
                schemas: this.#schemas[at]!,
                identityHash: this.#identityHash[at]!,
                sampled: this.#isSampled[at] === 1,
            },
        };
    }

    /** Copies what still waits of a segment, so that the rest can go. */
    pack(segment: Segment): void {
        const { bytes, first, end } = segment;
        let length = 0;
        for (let at = first; at < end; at++) {
            length += this.count[at]! > 0 ? this.#length[at]! : 0;
        }
        segment.bytes = Buffer.allocUnsafe(length);
        let start = 0;
        for (let at = first; at < end; at++) {
            if (this.count[at]! > 0) {
                const from = this.#start[at]!;
                bytes.copy(segment.bytes, start, from, from + this.#length[at]!);
                this.#start[at] = start;
                start += this.#length[at]!;
            }
        }
    }
}

function mix(hash: number, timestamp: number): number {
    return timestamp === 0 ? hash : Math.imul(hash ^ timestamp, 0x9e3779b1);
}
