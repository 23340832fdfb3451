import type { CompareSettings } from "../../compare.js";
import { sortedItems } from "./arrayItems.js";
import { atMost, distance, parseDecimal, product, toNumber } from "./decimal.js";

/** A field in which two counterparts differ beyond its tolerance, as canonical texts; `null` is absent. */
export interface Difference {
    readonly field: string;
    readonly incumbent: string | null;
    readonly candidate: string | null;
    /** How far two numbers are apart; `null` where they are not both numbers. */
    readonly by: number | null;
}

type Values = ReadonlyMap<string, string>;

/** Compares two counterparts field by field, with the tolerances of the settings. Exact at any size. */
export class PairComparison {
    readonly #tolerances: Map<string, CompareSettings["fields"][string]>;

    constructor(
        settings: CompareSettings,
        /** Fields that only the candidate's records have, and may have. */
        private readonly allowed: ReadonlySet<string>,
    ) {
        this.#tolerances = new Map(Object.entries(settings.fields));
    }

    /** The differing fields, sorted by name; none means that the two match. What is equal may be left out. */
    differences(incumbent: Values, candidate: Values): Difference[] {
        const names = new Set([...incumbent.keys(), ...candidate.keys()]);
        const differences: Difference[] = [];
        for (const field of [...names].sort()) {
            const [a, b] = [incumbent.get(field) ?? null, candidate.get(field) ?? null];
            if (a !== b && !this.allowed.has(field)) {
                const numbers = this.#compareNumbers(field, a, b);
                if (!numbers.tolerated && !this.#haveSameItems(field, a, b)) {
                    differences.push({ field, incumbent: a, candidate: b, by: numbers.by });
                }
            }
        }
        return differences;
    }

    #haveSameItems(field: string, a: string | null, b: string | null): boolean {
        if (a === null || b === null || this.#tolerances.get(field)?.unordered !== true) {
            return false;
        }
        const items = sortedItems(a);
        return items !== undefined && items === sortedItems(b);
    }

    #compareNumbers(
        field: string,
        incumbent: string | null,
        candidate: string | null,
    ): { by: number | null; tolerated: boolean } {
        const a = incumbent === null ? undefined : parseDecimal(incumbent);
        const b = candidate === null ? undefined : parseDecimal(candidate);
        if (a === undefined || b === undefined) {
            return { by: null, tolerated: false };
        }
        const apart = distance(a, b);
        if (apart === undefined) {
            return { by: Number.MAX_VALUE, tolerated: false };
        }
        const tolerance = this.#tolerances.get(field);
        const within = (limit: number, of: typeof a) => {
            const exact = parseDecimal(String(limit))!;
            return atMost(
                apart,
                product(exact, of.digits < 0n ? { ...of, digits: -of.digits } : of),
            );
        };
        const tolerated =
            tolerance !== undefined &&
            (within(tolerance.absoluteTolerance, one) || within(tolerance.relativeTolerance, a));
        return { by: toNumber(apart), tolerated };
    }
}

const one = { digits: 1n, exponent: 0 };
