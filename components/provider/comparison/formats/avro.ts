import { Type, types } from "avsc";
import { escapeName, type Leaf } from "../decode.js";
import { Cursor, Unreadable, zigzag } from "./cursor.js";
import { Paths } from "./paths.js";
import { place, placeRoot, type Part, type ReadFields, type Reader } from "./reader.js";
import {
    bytesText,
    decimalText,
    numberText,
    objectText,
    stringText,
    taggedBytesText,
} from "./texts.js";

/**
 * How records of an Avro schema are read; fails where the schema is none. `named` are the schemas that it refers to,
 * each one behind those that it refers to itself.
 *
 * The schema is avsc's matter, the bytes are ours: avsc reads on behind their end, makes an array of as many items as a
 * corrupt count says, and takes what is no UTF-8 for text.
 */
export function avroReader(schema: string, named: readonly string[], part: Part): ReadFields {
    const registry: Record<string, Type> = {};
    const options = { registry, logicalTypes, wrapUnions: "always" as const };
    const parse = (text: string) => Type.forSchema(withoutDefaults(parseSchema(text)), options);
    named.forEach(parse);
    const reader = new Compiler().compile(parse(schema));
    return (bytes, start) => {
        const cursor = new Cursor(bytes, start);
        const fields = placeRoot(reader, cursor, part);
        if (cursor.left > 0) {
            throw new Unreadable(`it goes on ${cursor.left} bytes behind what its schema says`);
        }
        return fields;
    };
}

type Schema = Parameters<typeof Type.forSchema>[0];

/** A schema may be the bare name of a type. */
function parseSchema(text: string): unknown {
    return /^\s*\w/.test(text) ? text.trim() : JSON.parse(text);
}

/**
 * Records are read with the schema that wrote them, which needs no defaults; and avsc refuses some that are right, the
 * smallest long for one.
 */
function withoutDefaults(schema: unknown): Schema {
    return JSON.parse(JSON.stringify(schema), (_, value: unknown) => {
        if (typeof value !== "object" || value === null || !("fields" in value)) {
            return value;
        }
        const { fields } = value;
        if (Array.isArray(fields)) {
            for (const field of fields as { default?: unknown; order?: unknown }[]) {
                delete field?.default;
            }
        }
        return value;
    }) as Schema;
}

/** A type with a meaning beside its form; avsc forgets those that it is not told of. */
class Meaning extends types.LogicalType {
    readonly scale: number;

    constructor(schema: { logicalType?: unknown; scale?: unknown }, options: unknown) {
        super(schema as Schema, options);
        this.scale = Number(schema.scale ?? 0);
        this.meaning = String(schema.logicalType);
        if (!Number.isInteger(this.scale) || this.scale < 0 || this.scale > largestScale) {
            throw new Error(`the scale ${String(schema.scale)} of a decimal is none`);
        }
    }

    readonly meaning: string;
}

const largestScale = 100_000;
/** Decimals of more bytes (some 2,400 digits) are refused: they would take long to write out. */
const longestDecimal = 1_000;

const logicalTypes = Object.fromEntries(
    [
        "decimal",
        "date",
        "timestamp-millis",
        "timestamp-micros",
        "timestamp-nanos",
        "local-timestamp-millis",
        "local-timestamp-micros",
        "local-timestamp-nanos",
    ].map((name) => [name, Meaning]),
) as unknown as Record<string, new (schema: Schema) => types.LogicalType>;

class Compiler {
    /** By type, since types may contain themselves. */
    readonly #known = new Map<Type, Reader>();

    compile(type: Type): Reader {
        const known = this.#known.get(type);
        if (known !== undefined) {
            return known;
        }
        if (type instanceof types.RecordType) {
            const record = new RecordReader();
            this.#known.set(type, record);
            record.define(
                type.fields.map(({ name, type: of }) => [name, this.compile(of)] as const),
            );
            return record;
        }
        const reader = this.#compileOther(type);
        this.#known.set(type, reader);
        return reader;
    }

    #compileOther(type: Type): Reader {
        if (type instanceof Meaning) {
            return meant(type) ?? this.compile(type.underlyingType);
        }
        if (type instanceof types.WrappedUnionType) {
            return this.#union(type.types);
        }
        if (type instanceof types.ArrayType) {
            return new ArrayReader(this.compile(type.itemsType));
        }
        if (type instanceof types.MapType) {
            return new MapReader(this.compile(type.valuesType as Type));
        }
        if (type instanceof types.EnumType) {
            return enumOf(type.symbols);
        }
        if (type instanceof types.FixedType) {
            const { size } = type;
            return bytesReader(() => size);
        }
        const scalar = scalars.get(type.typeName);
        if (scalar === undefined) {
            throw new Error(`its type ${type.typeName} is not one of Avro's`);
        }
        return scalar;
    }

    #union(of: readonly Type[]): Reader {
        const records = of.filter((type) => type instanceof types.RecordType);
        const branches = of.map((type) => {
            const reader = this.compile(type);
            // Two records with the same members are two values where they are of two types.
            return records.length > 1 && type instanceof types.RecordType
                ? new NamedReader(reader, type.name ?? "")
                : reader;
        });
        const hasStrings = branches.some(({ type }) => type === "string");
        return new UnionReader(
            branches.map((reader) =>
                hasStrings && reader.type === "bytes" ? untold(reader) : reader,
            ),
        );
    }
}

class RecordReader implements Reader {
    readonly type = "object";
    #readers: readonly Reader[] = [];
    #names: readonly string[] = [];
    #paths = new Paths([]);

    define(fields: readonly (readonly [string, Reader])[]): void {
        this.#names = fields.map(([name]) => name);
        this.#readers = fields.map(([, reader]) => reader);
        this.#paths = new Paths(this.#names);
    }

    members(cursor: Cursor, prefix: string, fields: Map<string, Leaf>): number {
        const paths = this.#paths.behind(prefix);
        const readers = this.#readers;
        for (let i = 0; i < readers.length; i++) {
            place(readers[i]!, cursor, paths[i]!, fields);
        }
        return readers.length;
    }

    text(cursor: Cursor): string {
        return objectText(this.texts(cursor));
    }

    texts(cursor: Cursor): [string, string][] {
        cursor.enter();
        const texts = this.#readers.map((reader, i): [string, string] => {
            cursor.count();
            return [this.#names[i]!, reader.text(cursor)];
        });
        cursor.leave();
        return texts;
    }
}

/** A record in a union with others: its type's name is a member of it. */
class NamedReader implements Reader {
    readonly type = "object";
    readonly #name: string;

    constructor(
        private readonly record: Reader,
        name: string,
    ) {
        this.#name = stringText(name);
    }

    members(cursor: Cursor, prefix: string, fields: Map<string, Leaf>): number {
        fields.set(`${prefix}$type`, { type: "string", text: this.#name });
        return 1 + this.record.members!(cursor, prefix, fields);
    }

    text(cursor: Cursor): string {
        return objectText([["$type", this.#name], ...(this.record as RecordReader).texts(cursor)]);
    }
}

class UnionReader implements Reader {
    readonly type = "null";

    constructor(private readonly branches: readonly Reader[]) {}

    choose(cursor: Cursor): Reader {
        const index = integer(cursor);
        const branch = this.branches[Number(index)];
        if (branch === undefined) {
            throw new Unreadable(
                `it has branch ${index} of a union of ${this.branches.length} types`,
            );
        }
        return branch;
    }

    text(cursor: Cursor): string {
        return this.choose(cursor).text(cursor);
    }
}

class ArrayReader implements Reader {
    readonly type = "array";

    constructor(private readonly items: Reader) {}

    text(cursor: Cursor): string {
        const texts: string[] = [];
        cursor.enter();
        eachItem(cursor, () => texts.push(this.items.text(cursor)));
        cursor.leave();
        return `[${texts.join(",")}]`;
    }
}

class MapReader implements Reader {
    readonly type = "object";

    constructor(private readonly values: Reader) {}

    members(cursor: Cursor, prefix: string, fields: Map<string, Leaf>): number {
        const keys = new Set<string>();
        eachItem(cursor, () => {
            place(this.values, cursor, prefix + escapeName(readKey(cursor, keys)), fields);
        });
        return keys.size;
    }

    text(cursor: Cursor): string {
        const keys = new Set<string>();
        const members: [string, string][] = [];
        cursor.enter();
        eachItem(cursor, () => {
            const key = readKey(cursor, keys);
            members.push([key, this.values.text(cursor)]);
        });
        cursor.leave();
        return objectText(members);
    }
}

/** A key of a map; one that was there before could be read in two ways. */
function readKey(cursor: Cursor, keys: Set<string>): string {
    const key = cursor.string(length(cursor));
    if (keys.has(key)) {
        throw new Unreadable("it has the same key twice in one map");
    }
    keys.add(key);
    return key;
}

/** Blocks of items, each with their number in front, until an empty one. */
function eachItem(cursor: Cursor, read: () => void): void {
    for (;;) {
        const count = Number(integer(cursor));
        if (count === 0) {
            return;
        }
        cursor.count(Math.abs(count));
        if (count < 0) {
            // A negative number has the block's length in bytes behind it, for those who want to skip it.
            const size = length(cursor);
            const end = cursor.at + size;
            for (let i = count; i < 0; i++) {
                read();
            }
            if (cursor.at !== end) {
                throw new Unreadable("it has a block of another length than it says");
            }
        } else {
            for (let i = 0; i < count; i++) {
                read();
            }
        }
    }
}

const integer = (cursor: Cursor) => zigzag(cursor.varint());
const length = (cursor: Cursor) => cursor.checkLength(integer(cursor));

function bytesReader(size: (cursor: Cursor) => number): Reader {
    return {
        type: "bytes",
        text: (cursor) => taggedBytesText(cursor.hex(size(cursor))),
        fieldText: (cursor) => bytesText(cursor.hex(size(cursor))),
    };
}

/** Bytes where the field's type does not tell them from strings. */
function untold(reader: Reader): Reader {
    return { type: reader.type, text: (cursor) => reader.text(cursor) };
}

function enumOf(symbols: readonly string[]): Reader {
    const texts = symbols.map(stringText);
    return {
        type: "string",
        text: (cursor) => {
            const index = integer(cursor);
            const text = texts[Number(index)];
            if (text === undefined) {
                throw new Unreadable(`it has symbol ${index} of an enum of ${texts.length}`);
            }
            return text;
        },
    };
}

const scalars = new Map<string, Reader>([
    ["null", { type: "null", text: () => "null" }],
    [
        "boolean",
        {
            type: "boolean",
            text: (cursor) => {
                const byte = cursor.byte();
                if (byte > 1) {
                    throw new Unreadable(`it has a boolean of ${byte}`);
                }
                return byte === 1 ? "true" : "false";
            },
        },
    ],
    [
        "int",
        {
            type: "integer",
            text: (cursor) => {
                const value = integer(cursor);
                if (value < -0x80000000 || value > 0x7fffffff) {
                    throw new Unreadable("it has an int of more than 32 bits");
                }
                return String(value);
            },
        },
    ],
    ["long", { type: "integer", text: (cursor) => String(integer(cursor)) }],
    ["float", { type: "number", text: (cursor) => numberText(cursor.float()) }],
    ["double", { type: "number", text: (cursor) => numberText(cursor.double()) }],
    ["string", { type: "string", text: (cursor) => stringText(cursor.string(length(cursor))) }],
    ["bytes", bytesReader(length)],
]);

/** How a value with a meaning is read; `undefined` where the meaning does not fit the form, and counts for nothing. */
function meant({ meaning, scale, underlyingType }: Meaning): Reader | undefined {
    const form = underlyingType.typeName;
    if (meaning === "decimal") {
        if (underlyingType instanceof types.FixedType) {
            const { size } = underlyingType;
            return { type: "number", text: (cursor) => readDecimal(cursor, size, scale) };
        }
        return form === "bytes"
            ? { type: "number", text: (cursor) => readDecimal(cursor, length(cursor), scale) }
            : undefined;
    }
    if (meaning === "date") {
        return form === "int"
            ? { type: "string", text: (cursor) => dateText(Number(integer(cursor))) }
            : undefined;
    }
    if (form !== "long") {
        return undefined;
    }
    if (meaning.endsWith("-millis")) {
        return scalars.get("long");
    }
    const places = meaning.endsWith("-micros") ? 3 : 6;
    return {
        type: "number",
        text: (cursor) => decimalText(integer(cursor), places),
    };
}

function readDecimal(cursor: Cursor, size: number, scale: number): string {
    if (size > longestDecimal) {
        throw new Unreadable(`it has a decimal of more than ${longestDecimal} bytes`);
    }
    if (size === 0) {
        throw new Unreadable("it has a decimal without digits");
    }
    if (size <= 6) {
        return decimalText(cursor.bytes.readIntBE(cursor.skip(size), size), scale);
    }
    const hex = cursor.hex(size);
    return decimalText(BigInt.asIntN(8 * size, BigInt(`0x${hex}`)), scale);
}

/** A day as an ISO date; one that no calendar of JavaScript's reaches as its number. */
function dateText(day: number): string {
    const date = new Date(day * 86_400_000);
    const text = Number.isNaN(date.getTime()) ? `day ${day}` : date.toISOString().split("T")[0]!;
    return `"${text}"`;
}
