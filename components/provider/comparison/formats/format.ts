import type { Format } from "../../../compare.js";
import { decodeValue, type Fields, type Leaf, type Refused, textOf } from "../decode.js";
import { Unreadable } from "./cursor.js";
import { Library } from "./library.js";
import { prefixOf, wholePath, type Part } from "./reader.js";
import type { Registry } from "./registry.js";
import { bytesText, stringText } from "./texts.js";

/** What a key or a value says. */
export interface Decoded {
    /** By the names that the settings use: those of a key begin with `$key`. */
    readonly fields: Fields;
    /** The registry's id of the schema that it was written with; without a registry there is none. */
    readonly schemaId?: number;
}

/** Turns the bytes of a key or a value into fields. */
export interface Decoder {
    /**
     * Makes ready what these bytes need and is not there yet: schemas. Without a promise nothing is missing. Never
     * rejects: what cannot be had is said by `decode`, of every record that needs it.
     */
    prepare(bytes: Iterable<Uint8Array>): Promise<void> | undefined;
    /** Of bytes that were prepared. Never throws. */
    decode(bytes: Uint8Array): Decoded | Refused;
}

/** The decoder of a part of the records; `registry` may be `null` for formats that need none. */
export function decoderOf(format: Format, part: Part, registry: Registry | null): Decoder {
    switch (format) {
        case "json":
            return { prepare: () => undefined, decode: part === "key" ? decodeKey : decodeValue };
        case "string":
            return new WholeDecoder(part, (bytes) => {
                const text = textOf(bytes);
                return text === undefined
                    ? { refused: "it is not valid UTF-8" }
                    : { type: "string", text: stringText(text) };
            });
        case "bytes":
            return new WholeDecoder(part, (bytes) => ({
                type: "bytes",
                text: bytesText(bufferOf(bytes).toString("hex")),
            }));
        case "avro":
        case "protobuf":
            if (registry === null) {
                throw new Error(`The format ${format} needs a schema registry.`);
            }
            return new SchemaDecoder(new Library(format, part, registry));
    }
}

function decodeKey(bytes: Uint8Array): Decoded | Refused {
    const decoded = decodeValue(bytes);
    if ("refused" in decoded) {
        return decoded;
    }
    const fields = new Map<string, Leaf>();
    for (const [path, leaf] of decoded.fields) {
        fields.set(prefixOf("key") + path, leaf);
    }
    return { fields };
}

/** One field for all of a part. */
class WholeDecoder implements Decoder {
    readonly #path: string;

    constructor(
        part: Part,
        private readonly leafOf: (bytes: Uint8Array) => Leaf | Refused,
    ) {
        this.#path = wholePath(part);
    }

    prepare(): undefined {
        return undefined;
    }

    decode(bytes: Uint8Array): Decoded | Refused {
        const leaf = this.leafOf(bytes);
        return "refused" in leaf ? leaf : { fields: new Map([[this.#path, leaf]]) };
    }
}

/** Confluent's wire format: a zero byte, the schema's id in four, and the record. */
class SchemaDecoder implements Decoder {
    constructor(private readonly library: Library) {}

    prepare(bytes: Iterable<Uint8Array>): Promise<void> | undefined {
        let missing: Set<number> | undefined;
        for (const record of bytes) {
            const id = schemaIdOf(record);
            if (id !== undefined && !this.library.has(id)) {
                (missing ??= new Set()).add(id);
            }
        }
        return missing && this.library.fetch(missing);
    }

    decode(bytes: Uint8Array): Decoded | Refused {
        const schemaId = schemaIdOf(bytes);
        if (schemaId === undefined) {
            return { refused: `it has no schema id: ${describeStart(bytes)}` };
        }
        const read = this.library.get(schemaId);
        if (typeof read !== "function") {
            return read;
        }
        try {
            return { fields: read(bufferOf(bytes), headerLength), schemaId };
        } catch (error) {
            if (error instanceof Unreadable) {
                return { refused: `${error.message} (schema id ${schemaId})` };
            }
            const why =
                error instanceof RangeError ? "it is too large or too deep" : "it is broken";
            return { refused: `${why} (schema id ${schemaId})` };
        }
    }
}

const headerLength = 5;

function schemaIdOf(bytes: Uint8Array): number | undefined {
    return bytes.length < headerLength || bytes[0] !== 0
        ? undefined
        : ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
}

function describeStart(bytes: Uint8Array): string {
    if (bytes.length < headerLength) {
        return `it is only ${bytes.length} bytes long`;
    }
    return bytes[0] === 0x7b
        ? "it begins like JSON"
        : "it does not begin with the zero byte of a registry's wire format";
}

function bufferOf(bytes: Uint8Array): Buffer {
    return Buffer.isBuffer(bytes)
        ? bytes
        : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
