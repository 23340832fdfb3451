import type { CompareSettings } from "../../compare.js";
import { AggregateSketch, type AggregateState } from "./aggregate.js";
import type { Side } from "./engine.js";
import type { Aggregate, AggregateEvidence } from "./evidence.js";
import { counts, type Coverage } from "./sealing.js";
import { obtain } from "./tally.js";

/** The canonical texts of one record's fields, by path. */
export type Texts = (path: string) => string | undefined;

/** The values of one record that are aggregated, and the groups that they belong to. */
export interface Measured {
    /** In the order of the settings' fields; `undefined` where the field is not there. */
    readonly values: readonly (string | undefined)[];
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

type Key = string;
type Sketches = Map<Key, Record<Side, AggregateSketch>>;

/** Aggregates of both topics by window, field and group. */
export class Aggregates {
    readonly #fields: readonly string[];
    readonly #groupBy: readonly string[];
    readonly #quantiles: readonly number[];
    readonly #windows = new Map<number, Sketches>();

    constructor({ rules }: CompareSettings) {
        this.#fields = Object.keys(rules.aggregates.fields);
        this.#groupBy = rules.aggregates.groupBy;
        this.#quantiles = rules.aggregates.quantiles;
    }

    /** What to keep of a record to add it; `null` where nothing is aggregated. */
    measure(texts: Texts): Measured | null {
        if (this.#fields.length === 0) {
            return null;
        }
        const group = this.#groupBy.map((path) => texts(path) ?? "absent");
        return {
            values: this.#fields.map(texts),
            group: group.length === 0 ? null : JSON.stringify(group),
        };
    }

    add(side: Side, window: number, { values, group }: Measured): void {
        const sketches = obtain(this.#windows, window, (): Sketches => new Map());
        values.forEach((text, index) => {
            if (text !== undefined && /^[-0-9]/.test(text)) {
                sketch(sketches, index, "[]")[side].add(text);
                if (group !== null) {
                    sketch(sketches, index, group)[side].add(text);
                }
            }
        });
    }

    /** What was added of the windows that count, on top of what is known of earlier ones. */
    keptIn(coverage: Coverage, known: readonly KeptAggregate[]): KeptAggregate[] {
        const all: Sketches = new Map();
        for (const { field, group, incumbent, candidate } of known) {
            const sum = sketch(all, this.#fields.indexOf(field), JSON.stringify(group));
            sum.incumbent.merge(incumbent);
            sum.candidate.merge(candidate);
        }
        for (const [window, sketches] of this.#windows) {
            if (!counts(window, coverage)) {
                continue;
            }
            for (const [key, { incumbent, candidate }] of sketches) {
                const sum = obtain(all, key, noSketches);
                sum.incumbent.merge(incumbent.state());
                sum.candidate.merge(candidate.state());
            }
        }
        return [...all]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, { incumbent, candidate }]) => {
                const at = key.indexOf(" ");
                return {
                    field: this.#fields[Number(key.slice(0, at))]!,
                    group: JSON.parse(key.slice(at + 1)) as string[],
                    incumbent: incumbent.state(),
                    candidate: candidate.state(),
                };
            });
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
}

const noSketches = (): Record<Side, AggregateSketch> => ({
    incumbent: new AggregateSketch(),
    candidate: new AggregateSketch(),
});

function sketch(sketches: Sketches, field: number, group: string): Record<Side, AggregateSketch> {
    return obtain(sketches, `${field} ${group}`, noSketches);
}
