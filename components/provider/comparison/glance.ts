import { viewOf } from "../kafka/hashBytes.js";
import { lineBeginning } from "./content.js";
import type { Fields, JsonType, Leaf } from "./decode.js";
import type { Shape } from "./shape.js";

/** What a glance at a record tells, until the next one. */
export class Glanced {
    /** Where the fields that were asked for stand in their canonical form, in their order; -1 where one is not there. */
    readonly #starts: number[];
    readonly #ends: number[];
    readonly #types: JsonType[];
    #bytes: Buffer = Buffer.alloc(0);
    #view = viewOf(this.#bytes);
    #shape: Shape | undefined;
    #form: Form | undefined;

    constructor(wanted: number) {
        this.#starts = new Array<number>(wanted).fill(-1);
        this.#ends = new Array<number>(wanted).fill(-1);
        this.#types = new Array<JsonType>(wanted).fill("null");
    }

    get shape(): Shape {
        return this.#shape!;
    }

    has(field: number): boolean {
        return this.#starts[field]! >= 0;
    }

    /** The field's text, as the decoder gives it; `undefined` where it is not there. */
    text(field: number): string | undefined {
        return this.has(field)
            ? this.#bytes.toString("latin1", this.#starts[field], this.#ends[field])
            : undefined;
    }

    /** As `writeContent` gives it, with the text of the key if there is one; `undefined` where that takes a decoder. */
    content(key: string | undefined): string | undefined {
        return this.#form!.content(this.#bytes, key === undefined ? undefined : Buffer.from(key));
    }

    /** Where the canonical texts of fields begin and end, counted from `from`: see `MeasuredPlaces`. */
    places(fields: readonly number[], from: number): number[] {
        const places: number[] = [];
        for (const field of fields) {
            if (this.has(field)) {
                places.push(this.#starts[field]! - from, this.#ends[field]! - from);
            } else {
                places.push(-1, -1);
            }
        }
        return places;
    }

    leaf(field: number): Leaf | undefined {
        const text = this.text(field);
        return text === undefined ? undefined : { type: this.#types[field]!, text };
    }

    /** The field's value where that is a short whole number, not negative; else NaN. */
    whole(field: number): number {
        const [start, end] = [this.#starts[field]!, this.#ends[field]!];
        if (start < 0 || this.#types[field] !== "integer" || end - start > shortDigits) {
            return NaN;
        }
        let value = 0;
        for (let i = start; i < end; i++) {
            const digit = this.#bytes[i]! - zero;
            if (digit < 0) {
                return NaN;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    /** Copies the field's text to a place in other bytes, if it has room there; returns where it ends. */
    copy(field: number, to: Uint8Array, at: number): number {
        const start = this.#starts[field]!;
        const length = this.#ends[field]! - start;
        for (let i = 0; i < length; i++) {
            to[at + i] = this.#bytes[start + i]!;
        }
        return at + length;
    }

    /** The bytes that the record stands in. */
    get view(): DataView {
        return this.#view;
    }

    begin(bytes: Buffer): void {
        if (this.#bytes !== bytes) {
            this.#bytes = bytes;
            this.#view = viewOf(bytes);
        }
        this.#starts.fill(-1);
    }

    note(field: number, type: JsonType, start: number, end: number): void {
        this.#types[field] = type;
        this.#starts[field] = start;
        this.#ends[field] = end;
    }

    end(shape: Shape, form: Form): this {
        this.#shape = shape;
        this.#form = form;
        return this;
    }
}

/** Digits of a whole number that a double holds, whatever they are. */
const shortDigits = 15;

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
    readonly #glanced: Glanced;

    constructor(
        private readonly wanted: readonly string[],
        /** The shape of the fields of a value, with those of its key behind them. */
        private readonly shapeOf: (fields: readonly Field[], hasKey: boolean) => Shape,
    ) {
        this.#glanced = new Glanced(wanted.length);
    }

    /** What the object says that stands in `[start, end)`; `undefined` where that takes a decoder. */
    at(bytes: Buffer, start: number, end: number, hasKey: boolean): Glanced | undefined {
        for (let i = 0; i < this.#forms.length; i++) {
            const form = this.#forms[i]!;
            const glanced = form.read(bytes, start, end, hasKey, this.#glanced);
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
    readonly #tokens: readonly Token[];
    /** For every name, its place among the wanted ones; -1 where it is none. */
    readonly #places: readonly number[];
    /** The types of the record that was read last, and where its values stand. */
    readonly #types: JsonType[];
    readonly #starts: number[];
    readonly #ends: number[];
    /** What lines of content begin with, in their order, and whose value comes behind. */
    readonly #lines: readonly (readonly [beginning: Buffer, index: number])[];
    /** The shapes of some records: with fields that may be null they take turns. */
    readonly #seen: Seen[] = [];

    constructor(
        private readonly names: readonly string[],
        wanted: readonly string[],
        private readonly shapeOf: (fields: readonly Field[], hasKey: boolean) => Shape,
    ) {
        this.#tokens = names.map(
            (name, index) => new Token(`${index === 0 ? "{" : ","}"${name}":`),
        );
        this.#places = names.map((name) => wanted.indexOf(name));
        this.#types = names.map(() => "null");
        this.#starts = names.map(() => 0);
        this.#ends = names.map(() => 0);
        this.#lines = [...names, "$key"]
            .map((name, index) => [Buffer.from(lineBeginning(name)), index] as const)
            .sort(([a], [b]) => a.compare(b));
    }

    has(names: readonly string[]): boolean {
        return (
            names.length === this.names.length && names.every((name, i) => name === this.names[i])
        );
    }

    read(
        bytes: Buffer,
        start: number,
        end: number,
        hasKey: boolean,
        glanced: Glanced,
    ): Glanced | undefined {
        glanced.begin(bytes);
        let at = start;
        for (let i = 0; i < this.#tokens.length; i++) {
            const token = this.#tokens[i]!;
            if (!token.stands(glanced.view, at, end)) {
                return undefined;
            }
            at += token.length;
            const valueEnd = endOfValue(bytes, at, end);
            if (valueEnd < 0) {
                return undefined;
            }
            const type = typeAt(bytes, at, valueEnd);
            this.#types[i] = type;
            this.#starts[i] = at;
            this.#ends[i] = valueEnd;
            const place = this.#places[i]!;
            if (place >= 0) {
                const canonicalEnd = endOfCanonical(type, bytes, at, valueEnd);
                if (canonicalEnd < 0) {
                    return undefined;
                }
                glanced.note(place, type, at, canonicalEnd);
            }
            at = valueEnd;
        }
        if (bytes[at] !== closeBrace || at + 1 !== end) {
            return undefined;
        }
        return glanced.end(this.#shape(hasKey), this);
    }

    /** Of the record that was read last; `undefined` where that takes a decoder. */
    content(bytes: Buffer, key: Uint8Array | undefined): string | undefined {
        let at = 0;
        for (const [beginning, index] of this.#lines) {
            const isKey = index === this.names.length;
            if (isKey && key === undefined) {
                continue;
            }
            const start = isKey ? 0 : this.#starts[index]!;
            const end = isKey
                ? key!.length
                : endOfCanonical(this.#types[index]!, bytes, start, this.#ends[index]!);
            // A line break, if it is not the last one.
            if (end < 0 || at + beginning.length + (end - start) >= written.length) {
                return undefined;
            }
            at = copy(beginning, 0, beginning.length, at);
            at = copy(isKey ? key! : bytes, start, end, at);
            written[at++] = lineBreak;
        }
        return written.toString("latin1", 0, at - 1);
    }

    #shape(hasKey: boolean): Shape {
        const found = this.#seen.find(
            (seen) => seen.hasKey === hasKey && isSame(seen.types, this.#types),
        );
        if (found !== undefined) {
            return found.shape;
        }
        const types = [...this.#types];
        const fields = this.names.map((name, i): Field => [name, types[i]!]);
        const shape = this.shapeOf(fields, hasKey);
        this.#seen.unshift({ types, hasKey, shape });
        this.#seen.length = Math.min(this.#seen.length, mostSeen);
        return shape;
    }
}

/** Where a content is put together; a longer one is decoded. Text of one piece is less to collect than many joined ones. */
const written = Buffer.alloc(65_536);

function copy(from: Uint8Array, start: number, end: number, to: number): number {
    for (let i = start; i < end; i++) {
        written[to + i - start] = from[i]!;
    }
    return to + end - start;
}

interface Seen {
    readonly types: readonly JsonType[];
    readonly hasKey: boolean;
    readonly shape: Shape;
}

const mostSeen = 16;

function isSame(types: readonly JsonType[], others: readonly JsonType[]): boolean {
    for (let i = 0; i < types.length; i++) {
        if (types[i] !== others[i]) {
            return false;
        }
    }
    return true;
}

/** A text that stands in front of a value, compared four bytes at a time. */
class Token {
    readonly length: number;
    readonly #words: readonly number[];
    readonly #rest: readonly number[];

    constructor(text: string) {
        const bytes = Buffer.from(text);
        this.length = bytes.length;
        const words = Math.floor(bytes.length / 4);
        this.#words = Array.from({ length: words }, (_, word) => bytes.readInt32LE(4 * word));
        this.#rest = [...bytes.subarray(4 * words)];
    }

    /** Whether it stands there, before `limit`. */
    stands(view: DataView, start: number, limit: number): boolean {
        if (start + this.length > limit) {
            return false;
        }
        let at = start;
        for (let i = 0; i < this.#words.length; i++, at += 4) {
            if (view.getInt32(at, true) !== this.#words[i]) {
                return false;
            }
        }
        for (let i = 0; i < this.#rest.length; i++, at++) {
            if (view.getUint8(at) !== this.#rest[i]) {
                return false;
            }
        }
        return true;
    }
}

function startsWith(bytes: Buffer, at: number, token: Buffer): boolean {
    for (let i = 0; i < token.length; i++) {
        if (bytes[at + i] !== token[i]) {
            return false;
        }
    }
    return true;
}

/** Where a plain value ends that begins here, before `limit`; -1 where it is not plain. */
function endOfValue(bytes: Buffer, start: number, limit: number): number {
    const first = bytes[start]!;
    if (first === quote) {
        for (let i = start + 1; i < limit; i++) {
            const code = bytes[i]!;
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
        return endOfNumber(bytes, start);
    }
    for (const literal of literals) {
        if (startsWith(bytes, start, literal)) {
            return start + literal.length;
        }
    }
    return -1;
}

/** A number without an exponent; whatever begins with a zero is one with a fraction. */
function endOfNumber(bytes: Buffer, start: number): number {
    const whole = bytes[start] === minus ? start + 1 : start;
    let i = endOfDigits(bytes, whole);
    if (i === whole) {
        return -1;
    }
    const isFraction = bytes[i] === point;
    if (bytes[whole] === zero && (i > whole + 1 || (whole > start && !isFraction))) {
        return -1;
    }
    if (isFraction) {
        const fraction = i + 1;
        i = endOfDigits(bytes, fraction);
        if (i === fraction) {
            return -1;
        }
    }
    // An exponent is left to the decoder.
    return (bytes[i]! | 0x20) === 0x65 ? -1 : i;
}

function endOfDigits(bytes: Buffer, start: number): number {
    let i = start;
    for (;;) {
        const code = bytes[i]!;
        if (!(code >= zero && code <= nine)) {
            return i;
        }
        i++;
    }
}

function typeAt(bytes: Buffer, start: number, end: number): JsonType {
    switch (bytes[start]!) {
        case quote:
            return "string";
        case 0x74:
        case 0x66:
            return "boolean";
        case 0x6e:
            return "null";
        default:
            for (let i = start; i < end; i++) {
                if (bytes[i] === point) {
                    return "number";
                }
            }
            return "integer";
    }
}

/** Digits that are written out, without an exponent. */
const mostDigits = 30;

/**
 * Where the canonical form of a value ends: of a number with a fraction, that is the number without zeros at its end. -1
 * where it is another text.
 */
function endOfCanonical(type: JsonType, bytes: Buffer, start: number, end: number): number {
    if (type !== "number") {
        return type === "integer" && end - start > mostDigits ? -1 : end;
    }
    let i = end;
    while (bytes[i - 1] === zero) {
        i--;
    }
    const isWhole = bytes[i - 1] === point;
    if (
        end - start > mostDigits ||
        (isWhole && bytes[start] === minus && bytes[start + 1] === zero)
    ) {
        return -1;
    }
    return isWhole ? i - 1 : i;
}

const literals = ["null", "true", "false"].map((text) => Buffer.from(text));
const [quote, backslash, minus, point, closeBrace, lineBreak] = [
    0x22, 0x5c, 0x2d, 0x2e, 0x7d, 0x0a,
];
const [zero, nine] = [0x30, 0x39];
