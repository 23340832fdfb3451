import { isAscii } from "node:buffer";
import { canonicalNumber } from "./decimal.js";

/**
 * The type of a value. A JSON number written without fraction and exponent is an integer, any other a number: a column
 * that turns from INT to DOUBLE shows, although 7 and 7.0 are equal as values.
 */
export type JsonType =
    "string" | "integer" | "number" | "boolean" | "null" | "object" | "array" | "bytes";

/** One value inside a record: its type, and the one text that every equal value has. */
export interface Leaf {
    readonly type: JsonType;
    readonly text: string;
}

/**
 * A record's fields by path: `a.b` for nested ones, with a backslash before a dot or a backslash that belongs
 * to a name. Arrays, and objects without members, are one value.
 */
export type Fields = ReadonlyMap<string, Leaf>;

/** Why something cannot be used, as the rest of a sentence: "it is not valid JSON". No payload is in it. */
export interface Refused {
    readonly refused: string;
}

/** Nested deeper than this, a record is refused. */
export const deepestNesting = 1_000;

/**
 * Takes a JSON object apart, exactly: numbers as they are written, names such as `__proto__` as plain data. What two
 * decoders could read in two ways (invalid UTF-8, a key twice) is refused, not guessed.
 *
 * `JSON.parse` with a reviver that keeps the numbers' sources does the same in five times the time, and does not tell of
 * keys that it drops.
 */
export function decodeValue(value: Uint8Array): { fields: Fields } | Refused {
    const text = textOf(value);
    return text === undefined
        ? { refused: "it is not valid UTF-8" }
        : new JsonObject(text).decode();
}

/** The text of bytes in UTF-8; `undefined` where they are none. */
export function textOf(value: Uint8Array): string | undefined {
    if (isAscii(value)) {
        return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1");
    }
    try {
        return utf8.decode(value);
    } catch {
        return undefined;
    }
}

/** A name as it stands in a path. One that is called as the record's key is must not be taken for it. */
export function escapeName(name: string): string {
    if (name === "$key") {
        return "\\$key";
    }
    return name.includes(".") || name.includes("\\") ? name.replace(/[.\\]/g, "\\$&") : name;
}

/** A BOM is data here: dropping it would make two different records equal. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What ends decoding, as the rest of a sentence. */
class Unusable extends Error {}

/** RFC 8259, one pass, in recursive descent as deep as `deepestNesting`. */
class JsonObject {
    readonly #fields = new Map<string, Leaf>();
    /** Paths of objects with members, to find a key that is there twice; most records have none. */
    #objects: Set<string> | undefined;
    #at = 0;

    constructor(private readonly text: string) {}

    decode(): { fields: Fields } | Refused {
        try {
            this.#skipSpace();
            if (this.text.charCodeAt(this.#at) !== openBrace) {
                return { refused: this.#describeOther() };
            }
            this.#members("", 1);
            this.#skipSpace();
            if (this.#at < this.text.length) {
                this.#invalid();
            }
            return { fields: this.#fields };
        } catch (error) {
            if (error instanceof Unusable) {
                return { refused: error.message };
            }
            throw error;
        }
    }

    /** The members of an object, from its brace on, as fields. Returns whether it has any. */
    #members(prefix: string, depth: number): boolean {
        this.#enter(depth);
        if (this.#ends(closeBrace)) {
            return false;
        }
        for (;;) {
            const name = escapeName(this.#name());
            const path = prefix === "" ? name : prefix + name;
            if (this.#fields.has(path) || this.#objects?.has(path) === true) {
                throw new Unusable(twice);
            }
            if (this.text.charCodeAt(this.#at) !== openBrace) {
                this.#fields.set(path, this.#value(depth));
            } else if (this.#members(`${path}.`, depth + 1)) {
                (this.#objects ??= new Set()).add(path);
            } else {
                this.#fields.set(path, emptyObject);
            }
            if (this.#ends(closeBrace)) {
                return true;
            }
            this.#expect(comma);
        }
    }

    /** One value that stands here, as a leaf. */
    #value(depth: number): Leaf {
        switch (this.text.charCodeAt(this.#at)) {
            case quote:
                return { type: "string", text: this.#string() };
            case openBrace:
                return { type: "object", text: this.#object(depth + 1) };
            case openBracket:
                return { type: "array", text: this.#array(depth + 1) };
            case 0x74:
                return this.#literal("true", trueLeaf);
            case 0x66:
                return this.#literal("false", falseLeaf);
            case 0x6e:
                return this.#literal("null", nullLeaf);
            default:
                return this.#number();
        }
    }

    /** An object inside an array: its members sorted by name. */
    #object(depth: number): string {
        this.#enter(depth);
        const members: [string, string][] = [];
        while (!this.#ends(closeBrace)) {
            if (members.length > 0) {
                this.#expect(comma);
            }
            const name = this.#name();
            members.push([JSON.stringify(name), this.#value(depth).text]);
        }
        members.sort(([a], [b]) => (a < b ? -1 : 1));
        if (members.some(([name], index) => name === members[index + 1]?.[0])) {
            throw new Unusable(twice);
        }
        return `{${members.map(([name, text]) => `${name}:${text}`).join(",")}}`;
    }

    #array(depth: number): string {
        this.#enter(depth);
        const items: string[] = [];
        while (!this.#ends(closeBracket)) {
            if (items.length > 0) {
                this.#expect(comma);
            }
            items.push(this.#value(depth).text);
        }
        return `[${items.join(",")}]`;
    }

    /** A member's name and the colon behind it. */
    #name(): string {
        if (this.text.charCodeAt(this.#at) !== quote) {
            this.#invalid();
        }
        const string = this.#string();
        this.#skipSpace();
        if (this.text.charCodeAt(this.#at) !== colon) {
            this.#invalid();
        }
        this.#at++;
        this.#skipSpace();
        return string.includes("\\") ? (JSON.parse(string) as string) : string.slice(1, -1);
    }

    /** A string in quotes, with no more escapes than it needs. */
    #string(): string {
        const start = this.#at;
        let escaped = false;
        for (let i = start + 1; i < this.text.length; i++) {
            const code = this.text.charCodeAt(i);
            if (code === quote) {
                this.#at = i + 1;
                const source = this.text.slice(start, this.#at);
                return escaped ? this.#unescape(source, start) : source;
            }
            if (code === backslash) {
                escaped = true;
                i++;
            } else if (code < 0x20) {
                this.#invalid(i);
            }
        }
        return this.#invalid(this.text.length);
    }

    #unescape(source: string, start: number): string {
        try {
            return JSON.stringify(JSON.parse(source));
        } catch {
            return this.#invalid(start);
        }
    }

    #number(): Leaf {
        const start = this.#at;
        let i = start;
        if (this.text.charCodeAt(i) === minus) {
            i++;
        }
        const whole = i;
        i = this.#digits(i);
        if (this.text.charCodeAt(whole) === zero && i > whole + 1) {
            this.#invalid(whole + 1);
        }
        const behindWhole = i;
        if (this.text.charCodeAt(i) === point) {
            i = this.#digits(i + 1);
        }
        // Lower case by a bit: an E is an e.
        if ((this.text.charCodeAt(i) | 0x20) === 0x65) {
            const sign = this.text.charCodeAt(i + 1);
            i = this.#digits(sign === minus || sign === plus ? i + 2 : i + 1);
        }
        this.#at = i;
        const source = this.text.slice(start, i);
        const isInteger = i === behindWhole;
        if (isInteger && i - start <= longestSafe && this.text.charCodeAt(whole) !== zero) {
            return { type: "integer", text: source };
        }
        const text = canonicalNumber(source);
        if (text === undefined) {
            throw new Unusable("it has a number with an exponent of more than nine digits");
        }
        return { type: isInteger ? "integer" : "number", text };
    }

    /** Where a run of at least one digit ends. */
    #digits(from: number): number {
        let i = from;
        for (;;) {
            const code = this.text.charCodeAt(i);
            if (!(code >= zero && code <= nine)) {
                break;
            }
            i++;
        }
        return i === from ? this.#invalid(i) : i;
    }

    #literal(source: string, leaf: Leaf): Leaf {
        if (!this.text.startsWith(source, this.#at)) {
            this.#invalid();
        }
        this.#at += source.length;
        return leaf;
    }

    /** Goes behind a brace or bracket that opens. */
    #enter(depth: number): void {
        if (depth > deepestNesting) {
            throw new Unusable(`it is nested more than ${deepestNesting} levels deep`);
        }
        this.#at++;
    }

    /** Whether it ends here, behind any space; then goes behind the end. */
    #ends(close: number): boolean {
        this.#skipSpace();
        const ends = this.text.charCodeAt(this.#at) === close;
        if (ends) {
            this.#at++;
        }
        return ends;
    }

    #expect(code: number): void {
        if (this.text.charCodeAt(this.#at) !== code) {
            this.#invalid();
        }
        this.#at++;
        this.#skipSpace();
    }

    #skipSpace(): void {
        for (;;) {
            const code = this.text.charCodeAt(this.#at);
            if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
                return;
            }
            this.#at++;
        }
    }

    #invalid(at = this.#at): never {
        throw new Unusable(`it is not valid JSON (at character ${at})`);
    }

    /** What stands there in place of an object. */
    #describeOther(): string {
        if (this.text.trim() === "") {
            return "it is empty";
        }
        const { type } = this.#value(0);
        this.#skipSpace();
        return this.#at < this.text.length
            ? this.#invalid()
            : `it is a JSON ${type}, not an object`;
    }
}

const twice = "it has the same key twice in one object";
const emptyObject: Leaf = { type: "object", text: "{}" };
const trueLeaf: Leaf = { type: "boolean", text: "true" };
const falseLeaf: Leaf = { type: "boolean", text: "false" };
const nullLeaf: Leaf = { type: "null", text: "null" };

const [quote, colon, comma, backslash, minus, plus, point] = [
    0x22, 0x3a, 0x2c, 0x5c, 0x2d, 0x2b, 0x2e,
];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [zero, nine] = [0x30, 0x39];
/** An integer of so many characters is canonical as it stands, unless it begins with a zero. */
const longestSafe = 30;
