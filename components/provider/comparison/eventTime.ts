import { type Leaf, type Refused } from "./decode.js";

/** Below this a number is seconds since the epoch (until the year 5138), from it on milliseconds. */
const firstMilliseconds = 1e11;
/** From here on (the year 5138 in milliseconds) it can only be microseconds or nanoseconds. */
export const firstMicroseconds = 1e14;
/** What such a time is, as the rest of a sentence. */
export const tooLarge = "is too large for milliseconds since the epoch (microseconds?)";

const timestamp =
    /^"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|[+-]\d\d:?\d\d))?)?"$/;

/**
 * The event time that a field says, in whole milliseconds since the epoch: a number of seconds or
 * milliseconds (told apart by their size), an ISO timestamp or a SQL one. Without a zone it is UTC.
 */
export function parseEventTime(leaf: Leaf): number | Refused {
    if (leaf.type === "integer" || leaf.type === "number") {
        return fromEpoch(Number(leaf.text));
    }
    // Many records in a row say the same: all those of a window, say.
    if (leaf.text !== last.text || leaf.type !== last.type) {
        last = { ...leaf, eventTime: parseTimestamp(leaf) };
    }
    return last.eventTime;
}

let last: Leaf & { readonly eventTime: number | Refused } = {
    type: "null",
    text: "",
    eventTime: NaN,
};

function parseTimestamp(leaf: Leaf): number | Refused {
    const match = leaf.type === "string" ? timestamp.exec(leaf.text) : null;
    if (match === null) {
        const found = leaf.type === "string" ? "a string of another form" : `of type ${leaf.type}`;
        return {
            refused: `is ${found}, not epoch seconds or milliseconds, an ISO timestamp or a SQL one`,
        };
    }
    const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone] = match;
    const parts = [year, month, day, hour, minute, second].map(Number);
    const local = new Date(0);
    local.setUTCFullYear(parts[0]!, parts[1]! - 1, parts[2]);
    local.setUTCHours(parts[3]!, parts[4], parts[5]);
    const written = [
        local.getUTCFullYear(),
        local.getUTCMonth() + 1,
        local.getUTCDate(),
        local.getUTCHours(),
        local.getUTCMinutes(),
        local.getUTCSeconds(),
    ];
    if (parts.some((part, index) => part !== written[index])) {
        return { refused: "is a timestamp that does not exist" };
    }
    return local.getTime() + Number(fraction.padEnd(3, "0").slice(0, 3)) - offsetOf(zone);
}

/** Of a number of seconds or milliseconds. */
export function fromEpoch(value: number): number | Refused {
    const size = Math.abs(value);
    if (size < firstMilliseconds) {
        return Math.floor(value * 1000);
    }
    return size < firstMicroseconds ? Math.floor(value) : { refused: tooLarge };
}

function offsetOf(zone: string | undefined): number {
    if (zone === undefined || zone === "Z") {
        return 0;
    }
    const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
    return (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
}
