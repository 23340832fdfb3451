import type { Fields, JsonType } from "./decode.js";
import { counts, windowStart, type Coverage, type Span } from "./sealing.js";

export type TypeCounts = Map<JsonType, number>;

export interface WindowTally {
    records: number;
    /** How often each field was seen, and as what. */
    readonly fields: Map<string, TypeCounts>;
}

/** What is counted of one topic while it is read: by window, so that only windows that count go on. */
export class Tally {
    records = 0;
    readonly windows = new Map<number, WindowTally>();
    #first = Infinity;
    #last = -Infinity;

    constructor(private readonly windowLength: number) {}

    /** Returns the window that the record belongs to. */
    add(eventTime: number, fields: Fields): number {
        this.records++;
        this.#first = Math.min(this.#first, eventTime);
        this.#last = Math.max(this.#last, eventTime);
        const start = windowStart(eventTime, this.windowLength);
        const window = obtain(this.windows, start, noRecords);
        window.records++;
        for (const [path, { type }] of fields) {
            const types = obtain(window.fields, path, noTypes);
            types.set(type, (types.get(type) ?? 0) + 1);
        }
        return start;
    }

    span(): Span {
        return this.records === 0
            ? { first: null, last: null }
            : { first: this.#first, last: this.#last };
    }

    /** Windows that count and have records. */
    windowsIn(coverage: Coverage): number {
        return [...this.windows.keys()].filter((start) => counts(start, coverage)).length;
    }

    /** Records in the windows that count. */
    recordsIn(coverage: Coverage): number {
        let records = 0;
        for (const [start, window] of this.windows) {
            records += counts(start, coverage) ? window.records : 0;
        }
        return records;
    }

    /** The fields of the windows that count, put together. */
    fieldsIn(coverage: Coverage): Map<string, TypeCounts> {
        const all = new Map<string, TypeCounts>();
        for (const [start, window] of this.windows) {
            if (!counts(start, coverage)) {
                continue;
            }
            for (const [path, types] of window.fields) {
                const sum = obtain(all, path, noTypes);
                types.forEach((n, type) => sum.set(type, (sum.get(type) ?? 0) + n));
            }
        }
        return all;
    }
}

const noRecords = (): WindowTally => ({ records: 0, fields: new Map() });
const noTypes = (): TypeCounts => new Map();

function obtain<K, V>(map: Map<K, V>, key: K, make: () => V): V {
    const found = map.get(key);
    if (found !== undefined) {
        return found;
    }
    const made = make();
    map.set(key, made);
    return made;
}
