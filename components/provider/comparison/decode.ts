import { canonicalNumber } from "./decimal.js";

/**
 * The type of a JSON value. A number written without fraction and exponent is an integer, any other a number:
 * a column that turns from INT to DOUBLE shows, although 7 and 7.0 are equal as values.
 */
export type JsonType = "string" | "integer" | "number" | "boolean" | "null" | "object" | "array";

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
 * Takes a record's value apart, exactly: numbers as they are written, names such as `__proto__` as plain
 * data. What two decoders could read in two ways (invalid UTF-8, a key twice) is refused, not guessed.
 */
export function decodeValue(value: Uint8Array): { fields: Fields } | Refused {
    let text: string;
    try {
        text = utf8.decode(value);
    } catch {
        return { refused: "it is not valid UTF-8" };
    }
    const outline = outlineOf(text);
    if (outline.depth > deepestNesting) {
        return { refused: `it is nested more than ${deepestNesting} levels deep` };
    }
    let root: unknown;
    try {
        root = parseJson(text, keepNumbers);
    } catch (error) {
        return { refused: describeSyntaxError(text, error) };
    }
    if (typeOf(root) !== "object") {
        return { refused: `it is a JSON ${typeOf(root)}, not an object` };
    }
    const fields = new Map<string, Leaf>();
    const walk: Walk = { members: 0, refused: undefined };
    flatten(root as object, "", fields, walk);
    if (walk.refused !== undefined) {
        return { refused: walk.refused };
    }
    if (walk.members !== outline.members) {
        return { refused: "it has the same key twice in one object" };
    }
    return { fields };
}

/** A BOM is data here: dropping it would make two different records equal. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A number as the record writes it. */
class NumberSource {
    constructor(readonly source: string) {}
}

// `context.source` is in Node's engine since 21 and not yet in TypeScript's library.
const parseJson = JSON.parse as (
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

function keepNumbers(_key: string, value: unknown, context: { source?: string }): unknown {
    return typeof value === "number" ? new NumberSource(context.source ?? String(value)) : value;
}

interface Walk {
    /** Members of objects that were met. Fewer than the text has means that the parser dropped some. */
    members: number;
    refused: string | undefined;
}

function flatten(object: object, prefix: string, fields: Map<string, Leaf>, walk: Walk): void {
    for (const [name, value] of Object.entries(object) as [string, unknown][]) {
        walk.members++;
        const path = `${prefix}${escapeName(name)}`;
        const type = typeOf(value);
        if (type === "object" && Object.keys(value as object).length > 0) {
            flatten(value as object, `${path}.`, fields, walk);
        } else {
            fields.set(path, { type, text: canonicalText(value, walk) });
        }
    }
}

function escapeName(name: string): string {
    return /[.\\]/.test(name) ? name.replace(/[.\\]/g, "\\$&") : name;
}

/** The one text of a value: keys sorted, numbers in their one form, no spaces, no control characters. */
function canonicalText(value: unknown, walk: Walk): string {
    if (value instanceof NumberSource) {
        const text = canonicalNumber(value.source);
        if (text === undefined) {
            walk.refused = "it has a number with an exponent of more than nine digits";
        }
        return text ?? "";
    }
    if (Array.isArray(value)) {
        return `[${value.map((item) => canonicalText(item, walk)).join(",")}]`;
    }
    if (typeof value === "object" && value !== null) {
        const members = Object.entries(value as Record<string, unknown>);
        walk.members += members.length;
        members.sort(([a], [b]) => (a < b ? -1 : 1));
        return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalText(item, walk)}`).join(",")}}`;
    }
    return JSON.stringify(value);
}

function typeOf(value: unknown): JsonType {
    if (value instanceof NumberSource) {
        return /^-?\d+$/.test(value.source) ? "integer" : "number";
    }
    if (value === null) {
        return "null";
    }
    return Array.isArray(value) ? "array" : (typeof value as "string" | "boolean" | "object");
}

/** Depth and number of members of a JSON text, without recursion: what the parser does not tell. */
function outlineOf(text: string): { depth: number; members: number } {
    let depth = 0;
    let deepest = 0;
    let members = 0;
    for (let i = 0; i < text.length; i++) {
        switch (text.charCodeAt(i)) {
            case quote:
                i = endOfString(text, i);
                break;
            case colon:
                members++;
                break;
            case openBrace:
            case openBracket:
                deepest = Math.max(deepest, ++depth);
                break;
            case closeBrace:
            case closeBracket:
                depth--;
                break;
        }
    }
    return { depth: deepest, members };
}

const [quote, colon, backslash] = [0x22, 0x3a, 0x5c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

function endOfString(text: string, start: number): number {
    for (let i = start + 1; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code === backslash) {
            i++;
        } else if (code === quote) {
            return i;
        }
    }
    return text.length;
}

/** The parser's own message quotes the record, which must not get into logs. */
function describeSyntaxError(text: string, error: unknown): string {
    if (text.trim() === "") {
        return "it is empty";
    }
    const position =
        error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
    return `it is not valid JSON${position === undefined ? "" : ` (at character ${position})`}`;
}
