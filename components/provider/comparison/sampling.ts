import { hash } from "node:crypto";
import type { CompareSettings } from "../../compare.js";
import { sampleLimit } from "../../sampleLimit.js";

/** The longest text of a window. */
export const longestWindow = 24;

/** Tells which identities are in the sample: see `sampleLimit`. */
export class Sampling {
    readonly #isAll: boolean;
    readonly #limit: string;
    #window = 0;
    #windowText = "0";

    constructor({ sample }: CompareSettings) {
        this.#isAll = sample === 1;
        this.#limit = sampleLimit(sample);
    }

    includes(identity: string, window: number): boolean {
        return this.#isAll || hash("md5", identity + this.#textOf(window)) < this.#limit;
    }

    /** The same of an identity that stands in front of `end`; there has to be room behind it. */
    includesBytes(bytes: Uint8Array, end: number, window: number): boolean {
        if (this.#isAll) {
            return true;
        }
        const text = this.#textOf(window);
        for (let i = 0; i < text.length; i++) {
            bytes[end + i] = text.charCodeAt(i);
        }
        return hash("md5", bytes.subarray(0, end + text.length)) < this.#limit;
    }

    /** Most records are in the window of the one before. */
    #textOf(window: number): string {
        if (this.#window !== window) {
            this.#window = window;
            this.#windowText = String(window);
        }
        return this.#windowText;
    }
}
