import type { LogRecord } from "../kafka/port.js";
import type { Measured } from "./aggregates.js";
import type { Side } from "./engine.js";
import type { Shape } from "./shape.js";

/** What is known of a record once it was decoded, so that its counterpart need not be. */
export interface Known {
    readonly eventTime: number;
    readonly window: number;
    readonly identity: string;
    readonly shape: Shape;
    readonly measured: Measured | null;
    /** Hash of identity and window. */
    readonly identityHash: number;
}

/** Records of one topic that are all equal, waiting for as many on the other. */
export interface Waiter extends Known {
    readonly side: Side;
    /** Timestamp and offset of the first of them. */
    readonly timestamp: number;
    readonly offset: bigint;
    /** How many of them wait. */
    count: number;
}

/** What a waiter takes beside the text itself, as measured with ten million of them. */
const bytesBeside = 200;

/**
 * Equal records cancel each other out here as they stream by: what differs, or has no counterpart yet, waits. Both topics
 * are read at the same pace, so that little does.
 */
export class Waiting {
    readonly #waiters = new Map<string, Waiter>();
    #bytes = 0;

    /** Roughly what is held. */
    get bytes(): number {
        return this.#bytes;
    }

    get size(): number {
        return this.#waiters.size;
    }

    /** Takes a counterpart from the other topic away, if one waits. */
    match(side: Side, text: string): Waiter | undefined {
        const waiter = this.#waiters.get(text);
        if (waiter === undefined || waiter.side === side) {
            return undefined;
        }
        if (--waiter.count === 0) {
            this.#remove(text);
        }
        return waiter;
    }

    /** An equal record of the same topic that waits already; it then waits twice. */
    repeat(side: Side, text: string): Waiter | undefined {
        const waiter = this.#waiters.get(text);
        if (waiter?.side !== side) {
            return undefined;
        }
        waiter.count++;
        return waiter;
    }

    wait(side: Side, text: string, known: Known, { timestamp, offset }: LogRecord): void {
        this.#waiters.set(text, { ...known, side, timestamp, offset, count: 1 });
        this.#bytes += text.length + bytesBeside;
    }

    /** Takes those that have waited longest until so many bytes are left. */
    *drain(bytes: number): Generator<readonly [text: string, waiter: Waiter]> {
        for (const [text, waiter] of this.#waiters) {
            if (this.#bytes <= bytes) {
                return;
            }
            this.#remove(text);
            yield [text, waiter];
        }
    }

    #remove(text: string): void {
        this.#waiters.delete(text);
        this.#bytes -= text.length + bytesBeside;
    }
}
