import type { JsonType } from "./decode.js";
import { counts, type Coverage, type SealingSettings } from "./sealing.js";
import type { LogRecord } from "../kafka/port.js";
import { Shapes, type Shape } from "./shape.js";

export type TypeCounts = Map<JsonType, number>;

type Place = Pick<LogRecord, "partition" | "offset">;

/** What is counted of the records of one window of one topic. */
export class WindowTally {
    records = 0;
    /** Those that are compared: of them shapes are counted. */
    sampled = 0;
    /** The largest event time in it. */
    last = -Infinity;
    /** Records that came further behind in their partition than the allowed lateness. */
    late = 0;
    readonly shapes = new Map<Shape, { records: number }>();
    /** That of the record before, as that of the next one mostly is. */
    #shape: Shape | undefined;
    #ofShape = { records: 0 };
    /** Where its first record stands in every partition that has one. */
    readonly first = new Map<number, bigint>();

    countShape(shape: Shape): void {
        if (this.#shape !== shape) {
            this.#shape = shape;
            this.#ofShape = obtain(this.shapes, shape, nothing);
        }
        this.#ofShape.records++;
    }
}

/** What is counted of one partition. */
export interface PartitionTally {
    records: number;
    /** The largest event time so far. */
    last: number;
}

/** What is counted of one topic while it is read: by window, so that only windows that count go on. */
export class Tally {
    records = 0;
    /** How far a record came behind a later one of its partition at most. */
    largestDisorder = 0;
    readonly windows = new Map<number, WindowTally>();
    readonly partitions = new Map<number, PartitionTally>();
    #newest: { readonly start: number; readonly window: WindowTally } | undefined;

    readonly #allowedLateness: number;

    constructor({ allowedLatenessSeconds }: SealingSettings) {
        this.#allowedLateness = allowedLatenessSeconds * 1000;
    }

    /** `shape` is `null` where the record is not in the sample. */
    add(place: Place, eventTime: number, start: number, shape: Shape | null): void {
        this.records++;
        const window = this.#window(start);
        if (!window.first.has(place.partition)) {
            window.first.set(place.partition, place.offset);
        }
        if (this.#disorder(place.partition, eventTime) > this.#allowedLateness) {
            window.late++;
        }
        window.last = Math.max(window.last, eventTime);
        window.records++;
        if (shape !== null) {
            window.sampled++;
            window.countShape(shape);
        }
    }

    /** Windows that count and have records that are compared. */
    windowsIn(coverage: Coverage): number {
        return this.#counted(coverage).filter(({ sampled }) => sampled > 0).length;
    }

    /** Records in the windows that count. */
    recordsIn(coverage: Coverage): number {
        return this.#counted(coverage).reduce((sum, { records }) => sum + records, 0);
    }

    /** Those of them that are compared. */
    sampledIn(coverage: Coverage): number {
        return this.#counted(coverage).reduce((sum, { sampled }) => sum + sampled, 0);
    }

    /** Where the first record stands, in every partition, that is in a window from `through` on. */
    firstBehind(through: number): Map<number, bigint> {
        const first = new Map<number, bigint>();
        for (const [start, window] of this.windows) {
            for (const [partition, offset] of start >= through ? window.first : []) {
                const known = first.get(partition);
                first.set(partition, known === undefined || offset < known ? offset : known);
            }
        }
        return first;
    }

    /** The fields of the windows that count, put together: how often each was seen, and as what. */
    fieldsIn(coverage: Coverage): Map<string, TypeCounts> {
        const shapes = new Map<Shape, number>();
        for (const window of this.#counted(coverage)) {
            for (const [shape, { records }] of window.shapes) {
                shapes.set(shape, (shapes.get(shape) ?? 0) + records);
            }
        }
        const fields = new Map<string, TypeCounts>();
        for (const [shape, n] of shapes) {
            for (const [path, type] of Shapes.fieldsOf(shape)) {
                const types = obtain(fields, path, noTypes);
                types.set(type, (types.get(type) ?? 0) + n);
            }
        }
        return fields;
    }

    #window(start: number): WindowTally {
        if (this.#newest?.start !== start) {
            this.#newest = { start, window: obtain(this.windows, start, noRecords) };
        }
        return this.#newest.window;
    }

    /** How far behind the newest one of its partition a record comes. */
    #disorder(number: number, eventTime: number): number {
        const partition = obtain(this.partitions, number, () => ({ records: 0, last: eventTime }));
        partition.records++;
        const behind = partition.last - eventTime;
        if (behind < 0) {
            partition.last = eventTime;
            return 0;
        }
        this.largestDisorder = Math.max(this.largestDisorder, behind);
        return behind;
    }

    #counted(coverage: Coverage): WindowTally[] {
        return [...this.windows].flatMap(([start, window]) =>
            counts(start, coverage) ? [window] : [],
        );
    }
}

const nothing = () => ({ records: 0 });
const noRecords = () => new WindowTally();
const noTypes = (): TypeCounts => new Map();

export function obtain<K, V>(map: Map<K, V>, key: K, make: () => V): V {
    const found = map.get(key);
    if (found !== undefined) {
        return found;
    }
    const made = make();
    map.set(key, made);
    return made;
}
