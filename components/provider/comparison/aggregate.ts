import { aggregateBuckets, keptHashes } from "../../sketch.js";
import type { Aggregate } from "./evidence.js";
import { parseDecimal, writeDecimal } from "./decimal.js";
import { ExactSum } from "./exactSum.js";
import { Quantity } from "./quantity.js";

const { gamma, logGamma, smallest, firstIndex } = aggregateBuckets;

/** What is kept of an aggregate between two looks, as plain JSON. */
export interface AggregateState {
    readonly count: number;
    readonly sum: string;
    readonly min: string | null;
    readonly max: string | null;
    readonly hashes: readonly number[];
    readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/**
 * Aggregates of one field. The same numbers give the same result in whatever order they come: sums are exact, quantiles
 * are those of a DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019), distinct values a k-minimum-values sketch (Bar-Yossef
 * et al.: Counting distinct elements in a data stream, RANDOM 2002).
 */
export class AggregateSketch {
    #count = 0;
    readonly #sum = new ExactSum();
    #min: Quantity | null = null;
    #max: Quantity | null = null;
    #hashes = new Set<number>();
    /** Hashes from here on are not kept. */
    #bound = Infinity;
    readonly #buckets = new Map<number, number>();

    add(quantity: Quantity): void {
        this.#count++;
        quantity.addTo(this.#sum);
        this.#reach(quantity);
        this.#keep(quantity.hash);
        this.#fill(bucketOf(quantity.value), 1);
    }

    merge({ count, sum, min, max, hashes, buckets }: AggregateState): void {
        this.#count += count;
        this.#sum.addDecimal(parseDecimal(sum)!);
        for (const extreme of [min, max]) {
            if (extreme !== null) {
                this.#reach(Quantity.of(extreme)!);
            }
        }
        hashes.forEach((hash) => this.#keep(hash));
        buckets.forEach(([bucket, n]) => this.#fill(bucket, n));
    }

    state(): AggregateState {
        this.#prune();
        return {
            count: this.#count,
            sum: writeDecimal(this.#sum.total()),
            min: this.#min?.text ?? null,
            max: this.#max?.text ?? null,
            hashes: [...Float64Array.from(this.#hashes).sort()],
            buckets: [...this.#buckets].sort(([a], [b]) => a - b),
        };
    }

    result(quantiles: readonly number[]): Aggregate {
        const { count, sum, min, max, hashes, buckets } = this.state();
        return {
            count,
            sum,
            mean: count === 0 ? null : Number(sum) / count,
            min,
            max,
            distinct: distinctOf(hashes),
            quantiles: quantiles.map((quantile) => ({
                quantile,
                value: quantileOf(buckets, count, quantile),
            })),
        };
    }

    #reach(quantity: Quantity): void {
        if (this.#min === null || quantity.isLess(this.#min)) {
            this.#min = quantity;
        }
        if (this.#max === null || this.#max.isLess(quantity)) {
            this.#max = quantity;
        }
    }

    #fill(bucket: number, n: number): void {
        this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + n);
    }

    #keep(hash: number): void {
        if (hash < this.#bound) {
            this.#hashes.add(hash);
            if (this.#hashes.size >= 4 * keptHashes) {
                this.#prune();
            }
        }
    }

    #prune(): void {
        if (this.#hashes.size > keptHashes) {
            const kept = Float64Array.from(this.#hashes).sort().slice(0, keptHashes);
            this.#hashes = new Set(kept);
            this.#bound = kept.at(-1)!;
        }
    }
}

/** The bucket of a number: 0 for zero, in the order of the numbers. */
function bucketOf(value: number): number {
    const size = Math.abs(value);
    if (size < smallest) {
        return 0;
    }
    const finite = Math.min(size, Number.MAX_VALUE);
    const index = Math.ceil(Math.log(finite) / logGamma) - firstIndex + 1;
    return value < 0 ? -index : index;
}

/** The middle of a bucket, within `accuracy` of all that is in it. */
function valueOf(bucket: number): number {
    if (bucket === 0) {
        return 0;
    }
    const middle = (2 * gamma ** (Math.abs(bucket) - 1 + firstIndex)) / (gamma + 1);
    return Math.sign(bucket) * Math.min(middle, Number.MAX_VALUE);
}

function quantileOf(
    buckets: AggregateState["buckets"],
    count: number,
    quantile: number,
): number | null {
    const rank = Math.max(1, Math.ceil(quantile * count));
    let seen = 0;
    for (const [bucket, n] of buckets) {
        seen += n;
        if (seen >= rank) {
            return valueOf(bucket);
        }
    }
    return null;
}

function distinctOf(hashes: readonly number[]): number {
    if (hashes.length < keptHashes) {
        return hashes.length;
    }
    const largest = (hashes.at(-1)! + 1) / 2 ** 52;
    return Math.round((keptHashes - 1) / largest);
}
