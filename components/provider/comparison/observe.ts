import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import type { Fields, Leaf, Refused } from "./decode.js";
import { parseEventTime } from "./eventTime.js";

/** A record as the comparison sees it. */
export interface Observation {
    /** Milliseconds since the epoch. */
    readonly eventTime: number;
    /** Equal for two records that are counterparts: the JSON array of the identity fields' values. */
    readonly identity: string;
    readonly fields: Fields;
    /** Whether it deletes what earlier records said of its identity. */
    readonly tombstone: boolean;
}

/** Turns the bytes of keys and values into fields. */
export interface Decoders {
    readonly key: Decode;
    readonly value: Decode;
}

type Decode = (bytes: Uint8Array) => { readonly fields: Fields } | Refused;

/** The path of a field of a record's key. */
const keyPath = (path: string) => `$key.${path}`;

/**
 * Reads one record. A tombstone has the fields of its key only; on a topic that is only appended to it is refused, like
 * any other record without an identity.
 */
export function observe(
    record: LogRecord,
    settings: CompareSettings,
    decoders: Decoders,
): Observation | Refused {
    const fields = fieldsOf(record, decoders);
    if ("refused" in fields) {
        return fields;
    }
    const tombstone = record.value === null;
    if (tombstone && settings.mode === "append") {
        return {
            refused: "it is a tombstone, which a topic that is only appended to does not have",
        };
    }
    const identity: string[] = [];
    for (const name of settings.identity) {
        const leaf = fields.get(name);
        if (leaf === undefined) {
            const what = tombstone ? "it is a tombstone, and its key" : "it";
            return {
                refused: `${what} has no field ${name}, part of the identity, but ${list(fields)}`,
            };
        }
        identity.push(leaf.text);
    }
    const eventTime = eventTimeOf(record, fields, settings.eventTime);
    return typeof eventTime === "number"
        ? { eventTime, identity: `[${identity.join(",")}]`, fields, tombstone }
        : eventTime;
}

/** The fields of the value, and behind them those of the key. */
function fieldsOf({ key, value }: LogRecord, decoders: Decoders): Fields | Refused {
    const ofValue = value === null ? undefined : decoders.value(value);
    if (ofValue !== undefined && "refused" in ofValue) {
        return ofValue;
    }
    if (key === null) {
        return ofValue?.fields ?? noFields;
    }
    const ofKey = decoders.key(key);
    if ("refused" in ofKey) {
        return { refused: `its key cannot be used: ${ofKey.refused}` };
    }
    const fields = new Map<string, Leaf>(ofValue?.fields);
    for (const [path, leaf] of ofKey.fields) {
        // A field of its own, `$key`, where the key is one value.
        fields.set(path === "$key" ? path : keyPath(path), leaf);
    }
    return fields;
}

const noFields: Fields = new Map();

function eventTimeOf(record: LogRecord, fields: Fields, name: string | null): number | Refused {
    if (name === null) {
        return record.timestamp >= 0
            ? record.timestamp
            : { refused: "it has no timestamp, and no field is named as its event time" };
    }
    const leaf = fields.get(name);
    if (leaf === undefined) {
        return { refused: `it has no field ${name}, the event time, but ${list(fields)}` };
    }
    const eventTime = parseEventTime(leaf);
    return typeof eventTime === "number"
        ? eventTime
        : { refused: `its event time ${name} ${eventTime.refused}` };
}

/** The names of the fields, not their values; the first few where there are many. */
function list(fields: Fields): string {
    const names = [...fields.keys()].sort();
    const shown = names.slice(0, 8).join(", ");
    return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown || "no fields";
}
