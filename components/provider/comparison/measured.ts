import { Quantity } from "./quantity.js";

/** The values of one record that are aggregated, and the group that it belongs to. */
export interface Measured {
    /** The record's group as one key; `null` where nothing is grouped by. */
    readonly group: string | null;
    /** The number of an aggregated field, by its place in the settings; `undefined` where it is none, or not there. */
    quantity(field: number): Quantity | undefined;
}

/** What is aggregated of a record whose values' canonical texts are at hand. */
export class MeasuredValues implements Measured {
    readonly #quantities: readonly (Quantity | undefined)[];

    constructor(
        readonly group: string | null,
        texts: readonly (string | undefined)[],
    ) {
        this.#quantities = texts.map((text) =>
            text === undefined ? undefined : Quantity.of(text),
        );
    }

    quantity(field: number): Quantity | undefined {
        return this.#quantities[field];
    }
}

/** The same, of a record in whose bytes they stand: they are read when they are added. */
export class MeasuredPlaces implements Measured {
    constructor(
        readonly group: string | null,
        private readonly bytes: Buffer,
        /** Where the record begins. */
        private readonly start: number,
        /** Of each field where its value begins and ends, counted from there; both -1 where it is not there. */
        readonly places: ArrayLike<number>,
        /** Where those of the first field stand. */
        private readonly first = 0,
    ) {}

    quantity(field: number): Quantity | undefined {
        const at = this.first + 2 * field;
        const start = this.places[at]!;
        return start < 0
            ? undefined
            : Quantity.read(this.bytes, this.start + start, this.start + this.places[at + 1]!);
    }
}

/** Of many records: those that stand in their bytes take no object each. */
export class MeasuredColumn {
    readonly #width: number;
    readonly #places: Int32Array;
    /** The groups of those in bytes; of others all that was measured. */
    readonly #rest: (string | Measured | null)[] = [];

    constructor(capacity: number, fields: number) {
        this.#width = 2 * fields;
        this.#places = new Int32Array(this.#width * capacity);
    }

    set(at: number, measured: Measured | null): void {
        if (!(measured instanceof MeasuredPlaces)) {
            this.#rest[at] = measured;
            this.#places[this.#width * at] = elsewhere;
            return;
        }
        this.#rest[at] = measured.group;
        for (let i = 0; i < this.#width; i++) {
            this.#places[this.#width * at + i] = measured.places[i]!;
        }
    }

    /** Of the record that stands in `bytes` from `start` on. */
    get(at: number, bytes: Buffer, start: number): Measured | null {
        const first = this.#width * at;
        const rest = this.#rest[at]!;
        return this.#width === 0 || this.#places[first] === elsewhere
            ? (rest as Measured | null)
            : new MeasuredPlaces(rest as string | null, bytes, start, this.#places, first);
    }

    copy(from: MeasuredColumn, at: number, to: number): void {
        this.#rest[to] = from.#rest[at]!;
        for (let i = 0; i < this.#width; i++) {
            this.#places[this.#width * to + i] = from.#places[this.#width * at + i]!;
        }
    }
}

/** In place of a first place. */
const elsewhere = -2;
