import type { CompareSettings } from "../../compare.js";
import { AggregateSketch, type AggregateState } from "./aggregate.js";
import type { Side } from "../../side.js";
import type { Aggregate, AggregateEvidence } from "./evidence.js";
import { Groups } from "./groups.js";
import { type Measured, MeasuredValues } from "./measured.js";
import { counts, type Coverage } from "./sealing.js";
import { obtain } from "./tally.js";

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
    readonly #groups: Groups;
    #count = 0;
    #newest: { readonly window: number; readonly sketches: Sketches } | undefined;

    constructor({ rules }: CompareSettings) {
        this.#fields = Object.keys(rules.aggregates.fields);
        this.#groupBy = rules.aggregates.groupBy;
        this.#quantiles = rules.aggregates.quantiles;
        this.#groups = new Groups(this.#groupBy);
    }

    /** What to keep of a record to add it, by its fields' canonical texts; `null` where nothing is aggregated. */
    measure(text: (path: string) => string | undefined): Measured | null {
        return this.#fields.length === 0
            ? null
            : new MeasuredValues(this.#groups.of(text), this.#fields.map(text));
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
    add(of: Of, window: number, measured: Measured): void {
        const { group } = measured;
        const sketches = this.#sketches(window);
        for (let field = 0; field < this.#fields.length; field++) {
            const quantity = measured.quantity(field);
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
