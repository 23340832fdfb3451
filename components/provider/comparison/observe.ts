import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import type { Fields, Leaf, Refused } from "./decode.js";
import type { Decoders, UsedSchema } from "./decoders.js";
import { firstMicroseconds, parseEventTime, tooLarge } from "./eventTime.js";

/** A record as the comparison sees it. */
export interface Observation {
    /** Milliseconds since the epoch. */
    readonly eventTime: number;
    /** Equal for two records that are counterparts: the JSON array of the identity fields' values. */
    readonly identity: string;
    readonly fields: Fields;
    /** With which schemas it was written. */
    readonly schemas: readonly UsedSchema[];
    /** Whether it deletes what earlier records said of its identity. */
    readonly tombstone: boolean;
}

/**
 * Reads one record. A tombstone has the fields of its key only; on a topic that is only appended to it is refused, like
 * any other record without an identity.
 */
export function observe(
    record: LogRecord,
    settings: CompareSettings,
    decoders: Decoders,
): Observation | Refused {
    const decoded = decoders.decode(record);
    if ("refused" in decoded) {
        return decoded;
    }
    const { fields, schemas } = decoded;
    const tombstone = record.value === null;
    if (tombstone && settings.mode === "append") {
        return {
            refused: "it is a tombstone, which a topic that is only appended to does not have",
        };
    }
    const place = placeOf(record.timestamp, settings, (name) => fields.get(name));
    if (!("refused" in place)) {
        return { ...place, fields, schemas, tombstone };
    }
    const what = tombstone ? "it is a tombstone, and its key" : "it";
    return "missing" in place
        ? { refused: `${what} ${place.refused}, but ${list(fields)}` }
        : { refused: `${what} ${place.refused}` };
}

/** Which record it is, and when it happened. */
export interface Place {
    readonly eventTime: number;
    readonly identity: string;
}

/** The place of a record with these leaves, or the rest of a sentence on what it lacks. */
export function placeOf(
    timestamp: number,
    settings: CompareSettings,
    leafOf: (name: string) => Leaf | undefined,
): Place | (Refused & { missing?: true }) {
    let identity = "[";
    for (const name of settings.identity) {
        const leaf = leafOf(name);
        if (leaf === undefined) {
            return { refused: `has no field ${name}, part of the identity`, missing: true };
        }
        identity += identity === "[" ? leaf.text : `,${leaf.text}`;
    }
    if (settings.eventTime === null) {
        if (timestamp < 0) {
            return { refused: "has no timestamp, and no field is named as its event time" };
        }
        return timestamp < firstMicroseconds
            ? { eventTime: timestamp, identity: `${identity}]` }
            : { refused: `has a timestamp that ${tooLarge}` };
    }
    const leaf = leafOf(settings.eventTime);
    if (leaf === undefined) {
        return { refused: `has no field ${settings.eventTime}, the event time`, missing: true };
    }
    const eventTime = parseEventTime(leaf);
    return typeof eventTime === "number"
        ? { eventTime, identity: `${identity}]` }
        : { refused: `has an event time ${settings.eventTime} that ${eventTime.refused}` };
}

/** The names of the fields, not their values; the first few where there are many. */
function list(fields: Fields): string {
    const names = [...fields.keys()].sort();
    const shown = names.slice(0, 8).join(", ");
    return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown || "no fields";
}
