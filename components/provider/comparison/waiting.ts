import type { Measured } from "./aggregates.js";
import type { UsedSchema } from "./decoders.js";
import type { Side } from "./engine.js";
import type { Shape } from "./shape.js";

/** What is known of a record once it was decoded, so that its counterpart need not be. */
export interface Known {
    readonly eventTime: number;
    readonly window: number;
    readonly identity: string;
    readonly shape: Shape;
    readonly measured: Measured | null;
    readonly schemas: readonly UsedSchema[];
    /** Hash of identity and window. */
    readonly identityHash: number;
}

/** Records of one topic that are all equal, waiting for as many on the other. */
export interface Waiter {
    readonly side: Side;
    readonly known: Known;
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

    /**
     * A record of this text has come. Where one of the other topic waits, they cancel each other out; where one of the
     * same topic does, it waits twice. `undefined` where none does.
     */
    meet(
        side: Side,
        text: string,
    ): { readonly known: Known; readonly isMatch: boolean } | undefined {
        const waiter = this.#waiters.get(text);
        if (waiter === undefined) {
            return undefined;
        }
        const isMatch = waiter.side !== side;
        waiter.count += isMatch ? -1 : 1;
        if (waiter.count === 0) {
            this.#remove(text);
        }
        return { known: waiter.known, isMatch };
    }

    wait(side: Side, text: string, known: Known): void {
        this.#waiters.set(text, { side, known, count: 1 });
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
