import type { Fields, JsonType, Leaf } from "./decode.js";
import { canonicalNumber } from "./decimal.js";
import type { Shape } from "./shape.js";

/** What a glance at a record tells. */
export interface Glanced {
    readonly shape: Shape;
    /** The fields that were asked for, in their order; `undefined` where one is not there. */
    readonly leaves: readonly (Leaf | undefined)[];
}

/** Ways to write a record that are remembered; a topic has one for each combination of fields that may be absent. */
const mostForms = 16;

/**
 * Reads off a flat JSON object what is asked for, and the types of the rest, without taking it apart: records of a topic
 * are written alike, the same names in the same order. What looks in any way unusual (an escape, a nested value, a space,
 * an exponent, a character beyond ASCII) is left to the decoder, so that a glance never says anything else than it.
 */
export class Glance {
    /** The one that fitted last stands first. */
    readonly #forms: Form[] = [];

    constructor(
        private readonly wanted: readonly string[],
        /** The shape of the fields of a value, with those of its key behind them. */
        private readonly shapeOf: (fields: readonly Field[], hasKey: boolean) => Shape,
    ) {}

    /** What the object says that stands in `[start, end)`; `undefined` where that takes a decoder. */
    at(text: string, start: number, end: number, hasKey: boolean): Glanced | undefined {
        for (let i = 0; i < this.#forms.length; i++) {
            const form = this.#forms[i]!;
            const glanced = form.read(text, start, end, hasKey);
            if (glanced !== undefined) {
                if (i > 0) {
                    this.#forms.splice(i, 1);
                    this.#forms.unshift(form);
                }
                return glanced;
            }
        }
        return undefined;
    }

    /** Remembers how a record was written that the decoder took apart. */
    learn(fields: Fields): void {
        const names = [...fields.keys()];
        // A dot or a backslash in a path is nesting, or an escape.
        const isFlat = names.length > 0 && names.every((name) => plainName.test(name));
        if (
            isFlat &&
            this.#forms.length < mostForms &&
            !this.#forms.some((form) => form.has(names))
        ) {
            this.#forms.unshift(new Form(names, this.wanted, this.shapeOf));
        }
    }
}

/** ASCII that JSON writes as it is, and no dot. */
const plainName = /^[ !#--/-[\]-~]+$/;

export type Field = readonly [path: string, type: JsonType];

/** One way to write a record: these names, in this order. */
class Form {
    readonly #tokens: readonly string[];
    /** For every name, its place among the wanted ones; -1 where it is none. */
    readonly #places: readonly number[];
    /** The types of the record that was read last, or begun with, and its shape. */
    readonly #types: JsonType[] = [];
    #hadKey = false;
    #shape: Shape | undefined;

    constructor(
        private readonly names: readonly string[],
        private readonly wanted: readonly string[],
        private readonly shapeOf: (fields: readonly Field[], hasKey: boolean) => Shape,
    ) {
        this.#tokens = names.map((name, index) => `${index === 0 ? "{" : ","}"${name}":`);
        this.#places = names.map((name) => wanted.indexOf(name));
    }

    has(names: readonly string[]): boolean {
        return (
            names.length === this.names.length && names.every((name, i) => name === this.names[i])
        );
    }

    read(text: string, start: number, end: number, hasKey: boolean): Glanced | undefined {
        const leaves = new Array<Leaf | undefined>(this.wanted.length);
        let isLikeLast = this.#hadKey === hasKey;
        let at = start;
        for (let i = 0; i < this.#tokens.length; i++) {
            const token = this.#tokens[i]!;
            if (!text.startsWith(token, at)) {
                this.#shape = undefined;
                return undefined;
            }
            at += token.length;
            const valueEnd = endOfValue(text, at);
            if (valueEnd < 0) {
                this.#shape = undefined;
                return undefined;
            }
            const type = typeAt(text, at, valueEnd);
            if (this.#types[i] !== type) {
                this.#types[i] = type;
                isLikeLast = false;
            }
            const place = this.#places[i]!;
            if (place >= 0) {
                leaves[place] = leafOf(type, text.slice(at, valueEnd));
            }
            at = valueEnd;
        }
        if (text.charCodeAt(at) !== closeBrace || at + 1 !== end) {
            this.#shape = undefined;
            return undefined;
        }
        if (!isLikeLast || this.#shape === undefined) {
            this.#shape = this.shapeOf(
                this.names.map((name, i) => [name, this.#types[i]!] as const),
                hasKey,
            );
            this.#hadKey = hasKey;
        }
        return { shape: this.#shape, leaves };
    }
}

/** Where a plain value ends that begins here; -1 where it is not plain. */
function endOfValue(text: string, start: number): number {
    const first = text.charCodeAt(start);
    if (first === quote) {
        for (let i = start + 1; i < text.length; i++) {
            const code = text.charCodeAt(i);
            if (code === quote) {
                return i + 1;
            }
            if (code < 0x20 || code > 0x7e || code === backslash) {
                return -1;
            }
        }
        return -1;
    }
    if (first === minus || (first >= zero && first <= nine)) {
        return endOfNumber(text, start);
    }
    for (const literal of literals) {
        if (text.startsWith(literal, start)) {
            return start + literal.length;
        }
    }
    return -1;
}

/** A number without an exponent; whatever begins with a zero is one with a fraction. */
function endOfNumber(text: string, start: number): number {
    const whole = text.charCodeAt(start) === minus ? start + 1 : start;
    let i = endOfDigits(text, whole);
    if (i === whole) {
        return -1;
    }
    const isFraction = text.charCodeAt(i) === point;
    if (text.charCodeAt(whole) === zero && (i > whole + 1 || (whole > start && !isFraction))) {
        return -1;
    }
    if (isFraction) {
        const fraction = i + 1;
        i = endOfDigits(text, fraction);
        if (i === fraction) {
            return -1;
        }
    }
    // An exponent is left to the decoder.
    return (text.charCodeAt(i) | 0x20) === 0x65 ? -1 : i;
}

function endOfDigits(text: string, start: number): number {
    let i = start;
    for (;;) {
        const code = text.charCodeAt(i);
        if (!(code >= zero && code <= nine)) {
            return i;
        }
        i++;
    }
}

function typeAt(text: string, start: number, end: number): JsonType {
    switch (text.charCodeAt(start)) {
        case quote:
            return "string";
        case 0x74:
        case 0x66:
            return "boolean";
        case 0x6e:
            return "null";
        default: {
            const point = text.indexOf(".", start);
            return point >= 0 && point < end ? "number" : "integer";
        }
    }
}

function leafOf(type: JsonType, source: string): Leaf {
    return {
        type,
        text: type === "number" || type === "integer" ? canonicalNumber(source)! : source,
    };
}

const literals = ["null", "true", "false"];
const [quote, backslash, minus, point, closeBrace] = [0x22, 0x5c, 0x2d, 0x2e, 0x7d];
const [zero, nine] = [0x30, 0x39];
