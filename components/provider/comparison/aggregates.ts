import type { CompareSettings } from "../../compare.js";
import { AggregateSketch, type AggregateState } from "./aggregate.js";
import type { Side } from "./side.js";
import type { Aggregate, AggregateEvidence } from "./evidence.js";
import { Quantity } from "./quantity.js";
import { counts, type Coverage } from "./sealing.js";
import { obtain } from "./tally.js";

/** One record's fields, by path. */
export interface Measurable {
    /** The number that the field is; `undefined` where it is none, or not there. */
    quantity(path: string): Quantity | undefined;
    /** Its canonical text; `undefined` where it is not there. */
    text(path: string): string | undefined;
}

/** A record whose fields' canonical texts are at hand. */
export function measurable(text: (path: string) => string | undefined): Measurable {
    return {
        quantity: (path) => {
            const found = text(path);
            return found === undefined ? undefined : Quantity.of(found);
        },
        text,
    };
}

/** The values of one record that are aggregated, and the groups that they belong to. */
export interface Measured {
    /** In the order of the settings' fields; `undefined` where the field is no number, or not there. */
    readonly values: readonly (Quantity | undefined)[];
    /** The record's group as one key; `null` where nothing is grouped by. */
    readonly group: string | null;
}

/** What is kept between two looks, as plain JSON. */
export interface KeptAggregate {
    readonly field: string;
    readonly group: readonly string[];
    readonly incumbent: AggregateState;
    readonly candidate: AggregateState;
}

/** Whose numbers: those of equal records of both topics need to be added once only. */
type Of = Side | "both";
type Sketch = Partial<Record<Of, AggregateSketch>>;
/** By group, and in the order of the settings' fields; none where a field had no number. */
type Sketches = Map<string, (Sketch | undefined)[]>;

const overall = "[]";
/** More sketches than fit into memory; an id as a group is the usual cause. */
const mostSketches = 100_000;

/** Aggregates of both topics by window, field and group. */
export class Aggregates {
    readonly #fields: readonly string[];
    readonly #groupBy: readonly string[];
    readonly #quantiles: readonly number[];
    readonly #windows = new Map<number, Sketches>();
    #count = 0;
    #newest: { readonly window: number; readonly sketches: Sketches } | undefined;

    constructor({ rules }: CompareSettings) {
        this.#fields = Object.keys(rules.aggregates.fields);
        this.#groupBy = rules.aggregates.groupBy;
        this.#quantiles = rules.aggregates.quantiles;
    }

    /** What to keep of a record to add it; `null` where nothing is aggregated. */
    measure(record: Measurable): Measured | null {
        if (this.#fields.length === 0) {
            return null;
        }
        return {
            values: this.#fields.map((path) => record.quantity(path)),
            group:
                this.#groupBy.length === 0
                    ? null
                    : JSON.stringify(this.#groupBy.map((path) => record.text(path) ?? "absent")),
        };
    }

    /** Why they are not complete, as a sentence; `null` where they are. */
    get problem(): string | null {
        return this.#count <= mostSketches
            ? null
            : `Aggregates by ${this.#groupBy.join(", ")} are more than ${mostSketches} over all windows: an id as a group? ` +
                  "Name fields with fewer values in compare.rules.aggregates.groupBy, or choose a longer " +
                  "compare.windowSeconds.";
    }

    /** Adds a record of one topic, or an equal one of both. What is no number is not counted. */
    add(of: Of, window: number, { values, group }: Measured): void {
        const sketches = this.#sketches(window);
        for (let field = 0; field < values.length; field++) {
            const quantity = values[field];
            if (quantity !== undefined) {
                this.#sketch(sketches, overall, field, of)?.add(quantity);
                if (group !== null) {
                    this.#sketch(sketches, group, field, of)?.add(quantity);
                }
            }
        }
    }

    /** What was added of the windows that count, on top of what is known of earlier ones. */
    keptIn(coverage: Coverage, known: readonly KeptAggregate[]): KeptAggregate[] {
        const sums = new Map<string, Record<Side, AggregateSketch>[]>();
        const sum = (group: string, field: number) =>
            (obtain(sums, group, () => [])[field] ??= {
                incumbent: new AggregateSketch(),
                candidate: new AggregateSketch(),
            });
        for (const { field, group, incumbent, candidate } of known) {
            const all = sum(JSON.stringify(group), this.#fields.indexOf(field));
            all.incumbent.merge(incumbent);
            all.candidate.merge(candidate);
        }
        for (const [window, sketches] of this.#windows) {
            if (!counts(window, coverage)) {
                continue;
            }
            for (const [field, group, { incumbent, candidate, both }] of entriesOf(sketches)) {
                const all = sum(group, field);
                [incumbent, both].forEach((one) => one && all.incumbent.merge(one.state()));
                [candidate, both].forEach((one) => one && all.candidate.merge(one.state()));
            }
        }
        return [...entriesOf(sums)]
            .sort(([a, one], [b, other]) => a - b || (one < other ? -1 : 1))
            .map(([field, group, { incumbent, candidate }]) => ({
                field: this.#fields[field]!,
                group: JSON.parse(group) as string[],
                incumbent: incumbent.state(),
                candidate: candidate.state(),
            }));
    }

    evidence(kept: readonly KeptAggregate[]): AggregateEvidence[] {
        const result = (state: AggregateState): Aggregate => {
            const sum = new AggregateSketch();
            sum.merge(state);
            return sum.result(this.#quantiles);
        };
        return kept.map(({ field, group, incumbent, candidate }) => ({
            field,
            group,
            incumbent: result(incumbent),
            candidate: result(candidate),
        }));
    }

    #sketches(window: number): Sketches {
        if (this.#newest?.window !== window) {
            this.#newest = { window, sketches: obtain(this.#windows, window, noSketches) };
        }
        return this.#newest.sketches;
    }

    /** `undefined` where there are too many. */
    #sketch(sketches: Sketches, group: string, field: number, of: Of): AggregateSketch | undefined {
        let sketch = sketches.get(group)?.[field];
        if (sketch === undefined) {
            if (this.#count++ >= mostSketches) {
                return undefined;
            }
            obtain(sketches, group, (): (Sketch | undefined)[] => [])[field] = sketch = {};
        }
        return (sketch[of] ??= new AggregateSketch());
    }
}

const noSketches = (): Sketches => new Map();

function* entriesOf<T>(
    groups: ReadonlyMap<string, readonly (T | undefined)[]>,
): Generator<readonly [field: number, group: string, sketch: T]> {
    for (const [group, fields] of groups) {
        for (const [field, sketch] of fields.entries()) {
            if (sketch !== undefined) {
                yield [field, group, sketch];
            }
        }
    }
}
