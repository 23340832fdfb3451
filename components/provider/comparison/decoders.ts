import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import type { Fields, Refused } from "./decode.js";
import { decoderOf, type Decoded, type Decoder } from "./formats/format.js";
import { openRegistry, type Registry } from "./formats/registry.js";

/** What a record's key and value say. */
export interface DecodedRecord {
    /** Of the value, and behind them those of the key, which begin with `$key`. */
    readonly fields: Fields;
    /** With which schemas they were written; empty without a registry. */
    readonly schemas: readonly UsedSchema[];
}

export interface UsedSchema {
    readonly part: "key" | "value";
    readonly id: number;
}

/** Turns the bytes of records into fields, as the settings say that they are written. */
export class Decoders {
    readonly registry: Registry | null;
    /** Why nothing can be decoded: the environment lacks what the settings name; `null` where it does not. */
    readonly problem: string | null;
    readonly #key: Decoder;
    readonly #value: Decoder;

    constructor({ formats, registry }: CompareSettings) {
        const opened = openRegistry(registry);
        this.registry = opened.registry;
        this.problem = opened.problem;
        const decoder = (part: UsedSchema["part"]) =>
            this.problem === null ? decoderOf(formats[part], part, this.registry) : undecided;
        this.#key = decoder("key");
        this.#value = decoder("value");
    }

    /** Makes ready what these records need. Without a promise nothing is missing. */
    prepare(records: Iterable<LogRecord>): Promise<unknown> | undefined {
        const missing = [
            this.#key.prepare(bytesOf(records, ({ key }) => key)),
            this.#value.prepare(bytesOf(records, ({ value }) => value)),
        ].filter((promise) => promise !== undefined);
        return missing.length === 0 ? undefined : Promise.all(missing);
    }

    /** Of a record that was prepared. Never throws. */
    decode({ key, value }: LogRecord): DecodedRecord | Refused {
        const ofValue = value === null ? nothing : this.#value.decode(value);
        if ("refused" in ofValue) {
            return ofValue;
        }
        const ofKey = key === null ? nothing : this.#key.decode(key);
        if ("refused" in ofKey) {
            return { refused: `its key cannot be used: ${ofKey.refused}` };
        }
        const fields = new Map(ofValue.fields);
        ofKey.fields.forEach((leaf, path) => fields.set(path, leaf));
        return {
            fields: key === null ? ofValue.fields : fields,
            schemas: [...schemaOf("key", ofKey), ...schemaOf("value", ofValue)],
        };
    }
}

const undecided: Decoder = {
    prepare: () => undefined,
    decode: () => ({ refused: "the schema registry cannot be asked" }),
};

const nothing: Decoded = { fields: new Map() };

function schemaOf(part: UsedSchema["part"], { schemaId }: Decoded): UsedSchema[] {
    return schemaId === undefined ? [] : [{ part, id: schemaId }];
}

function* bytesOf(
    records: Iterable<LogRecord>,
    part: (record: LogRecord) => Buffer | null,
): Generator<Buffer> {
    for (const record of records) {
        const bytes = part(record);
        if (bytes !== null) {
            yield bytes;
        }
    }
}
