import type { StoredBytes } from "../kafka/storedBytes.js";
import type { Measured } from "./aggregates.js";
import type { UsedSchema } from "./decoders.js";
import type { Side } from "./side.js";
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
const bytesBeside = 300;
/** Bytes that are held as they were fetched, with records among them that do not wait any more. */
const mostLoose = 8 * 1024 * 1024;

/**
 * Equal records cancel each other out here as they stream by: what differs, or has no counterpart yet, waits. Both topics
 * are read at the same pace, so that little does. A hash table of bytes: a `Map` would need a text of every record.
 */
export class Waiting {
    #heads = new Array<Entry | undefined>(1024).fill(undefined);
    #size = 0;
    /** In the order in which they were fetched: first those whose bytes were copied, then those that are as they came. */
    readonly #packed = new Set<Segment>();
    readonly #loose = new Set<Segment>();
    #newest: Segment | undefined;
    #packedBytes = 0;
    #looseBytes = 0;

    constructor(private readonly mostLooseBytes = mostLoose) {}

    /** Roughly what is held. */
    get bytes(): number {
        return this.#packedBytes + this.#looseBytes + this.#size * bytesBeside;
    }

    /**
     * A record of these bytes has come, with this timestamp where it matters. Where one of the other topic waits, they
     * cancel each other out; where one of the same topic does, it waits twice. `undefined` where none does.
     */
    meet(side: Side, content: StoredBytes, timestamp: number): Waiter | undefined {
        const hash = mix(content.hash, timestamp);
        for (
            let entry = this.#heads[hash & (this.#heads.length - 1)];
            entry !== undefined;
            entry = entry.next
        ) {
            if (entry.hash === hash && entry.timestamp === timestamp && entry.equals(content)) {
                entry.count += entry.side === side ? 1 : -1;
                if (entry.count === 0) {
                    this.#remove(entry);
                }
                return entry;
            }
        }
        return undefined;
    }

    wait(side: Side, content: StoredBytes, timestamp: number, known: Known): void {
        const segment = this.#segmentOf(content.bytes);
        const entry = new Entry(
            side,
            known,
            mix(content.hash, timestamp),
            timestamp,
            segment,
            content,
        );
        segment.entries.push(entry);
        segment.waiting++;
        this.#insert(entry);
        this.#size++;
        // With few of them in one place most records that wait for nothing are known by an empty one.
        if (2 * this.#size > this.#heads.length) {
            this.#grow();
        }
    }

    /** Lets go of fetched bytes of which little waits, once there are many. To be called between two fetches. */
    pack(): void {
        for (const segment of this.#loose) {
            if (this.#looseBytes <= this.mostLooseBytes) {
                return;
            }
            this.#looseBytes -= segment.bytes.length;
            this.#loose.delete(segment);
            segment.pack();
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
                for (const entry of segment.entries) {
                    if (entry.count > 0) {
                        yield entry;
                        this.#unlink(entry);
                        this.#size--;
                    }
                }
                this.#release(segment);
            }
        }
    }

    #segmentOf(bytes: Buffer): Segment {
        if (this.#newest?.bytes !== bytes) {
            this.#newest = new Segment(bytes);
            this.#loose.add(this.#newest);
            this.#looseBytes += bytes.length;
        }
        return this.#newest;
    }

    #remove(entry: Entry): void {
        this.#unlink(entry);
        this.#size--;
        if (--entry.segment.waiting === 0) {
            this.#release(entry.segment);
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

    #insert(entry: Entry): void {
        const slot = entry.hash & (this.#heads.length - 1);
        entry.next = this.#heads[slot];
        this.#heads[slot] = entry;
    }

    #unlink(entry: Entry): void {
        const slot = entry.hash & (this.#heads.length - 1);
        let before = this.#heads[slot]!;
        if (before === entry) {
            this.#heads[slot] = entry.next;
            return;
        }
        while (before.next !== entry) {
            before = before.next!;
        }
        before.next = entry.next;
    }

    #grow(): void {
        const heads = this.#heads;
        this.#heads = new Array<Entry | undefined>(heads.length * 2).fill(undefined);
        for (const head of heads) {
            for (let entry = head; entry !== undefined;) {
                const { next } = entry;
                this.#insert(entry);
                entry = next;
            }
        }
    }
}

/** Bytes that were fetched together, and the records among them that wait. */
class Segment {
    entries: Entry[] = [];
    waiting = 0;

    constructor(public bytes: Buffer) {}

    /** Copies what still waits, so that the rest can go. */
    pack(): void {
        this.entries = this.entries.filter(({ count }) => count > 0);
        const length = this.entries.reduce((sum, entry) => sum + entry.length, 0);
        const bytes = Buffer.allocUnsafe(length);
        let at = 0;
        for (const entry of this.entries) {
            this.bytes.copy(bytes, at, entry.start, entry.start + entry.length);
            entry.start = at;
            at += entry.length;
        }
        this.bytes = bytes;
    }
}

class Entry implements Waiter {
    count = 1;
    next: Entry | undefined = undefined;
    start: number;
    readonly length: number;

    constructor(
        readonly side: Side,
        readonly known: Known,
        readonly hash: number,
        readonly timestamp: number,
        readonly segment: Segment,
        { start, end }: StoredBytes,
    ) {
        this.start = start;
        this.length = end - start;
    }

    get content(): Slice {
        return { bytes: this.segment.bytes, start: this.start, end: this.start + this.length };
    }

    equals({ bytes, start, end }: StoredBytes): boolean {
        return (
            end - start === this.length &&
            this.segment.bytes.compare(bytes, start, end, this.start, this.start + this.length) ===
                0
        );
    }
}

function mix(hash: number, timestamp: number): number {
    return timestamp === 0 ? hash : Math.imul(hash ^ timestamp, 0x9e3779b1);
}
