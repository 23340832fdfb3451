import type { CompareSettings } from "../../compare.js";
import type { LogRecord } from "../kafka/port.js";
import { decodeValue, type Fields, type Refused } from "./decode.js";
import { parseEventTime } from "./eventTime.js";

/** A record as the comparison sees it. */
export interface Observation {
    /** Milliseconds since the epoch. */
    readonly eventTime: number;
    /** Equal for two records that are counterparts: the JSON array of the identity fields' values. */
    readonly identity: string;
    readonly fields: Fields;
}

/** Reads one record; a tombstone is refused like any other record without an identity. */
export function observe(record: LogRecord, settings: CompareSettings): Observation | Refused {
    if (record.value === null) {
        return {
            refused: "it is a tombstone, which a topic that is only appended to does not have",
        };
    }
    const decoded = decodeValue(record.value);
    if ("refused" in decoded) {
        return decoded;
    }
    const { fields } = decoded;
    const identity: string[] = [];
    for (const name of settings.identity) {
        const leaf = fields.get(name);
        if (leaf === undefined) {
            return {
                refused: `it has no field ${name}, part of the identity, but ${list(fields)}`,
            };
        }
        identity.push(leaf.text);
    }
    const eventTime = eventTimeOf(record, fields, settings.eventTime);
    return typeof eventTime === "number"
        ? { eventTime, identity: `[${identity.join(",")}]`, fields }
        : eventTime;
}

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
