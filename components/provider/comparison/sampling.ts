import { hash } from "node:crypto";
import type { CompareSettings } from "../../compare.js";
import { sampleLimit } from "../../sampleLimit.js";
import type { Observation } from "./observe.js";

/** The longest text of a window. */
export const longestWindow = 24;

/** Tells which identities are in the sample: see `sampleLimit`. */
export class Sampling {
    readonly #isAll: boolean;
    readonly #limit: string;
    readonly #identity: readonly string[];
    /** Whether a key that is bytes belongs to the identity. */
    readonly #hasBytes: boolean;
    #window = 0;
    #windowText = "0";

    constructor({ sample, identity, formats }: CompareSettings) {
        this.#isAll = sample === 1;
        this.#limit = sampleLimit(sample);
        this.#identity = identity;
        this.#hasBytes = formats.key === "bytes" && identity.includes("$key");
    }

    includes({ identity, fields }: Observation, window: number): boolean {
        if (this.#isAll) {
            return true;
        }
        const text = this.#hasBytes
            ? `[${this.#identity.map((path) => textOf(path, fields.get(path)!.text)).join(",")}]`
            : identity;
        return hash("md5", text + this.#textOf(window)) < this.#limit;
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

/** Bytes stand in hex, which SQL cannot make of them: a character for each can be had there too. */
function textOf(path: string, text: string): string {
    return path === "$key" ? `"${Buffer.from(text.slice(1, -1), "hex").toString("latin1")}"` : text;
}
