import type { Aggregate } from "./evidence.js";
import { addDecimals, parseDecimal, writeDecimal, type Decimal } from "./decimal.js";
import { hash52 } from "./hash.js";

/** Distinct numbers that are counted one by one; of more, so many smallest hashes are kept. */
const keptHashes = 1_024;
/** Relative error of a quantile. */
const accuracy = 0.01;
const gamma = (1 + accuracy) / (1 - accuracy);
const logGamma = Math.log(gamma);
/** Numbers closer to zero than this are zero to a quantile. */
const smallest = 1e-12;

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
    /** Sums of digits by exponent, as long as they fit into a double; what does not is in `#large`. */
    readonly #small = new Map<number, number>();
    #large: Decimal = { digits: 0n, exponent: 0 };
    #min: string | null = null;
    #max: string | null = null;
    #hashes = new Set<number>();
    /** Hashes from here on are not kept. */
    #bound = Infinity;
    readonly #buckets = new Map<number, number>();

    /** Adds a number in its canonical form; what is not one, `"NaN"` say, is not counted. */
    add(text: string): void {
        const value = Number(text);
        if (Number.isNaN(value) || text.startsWith('"')) {
            return;
        }
        this.#count++;
        this.#addToSum(text);
        this.#min = this.#min === null || isLess(text, this.#min) ? text : this.#min;
        this.#max = this.#max === null || isLess(this.#max, text) ? text : this.#max;
        this.#keep(hash52(text));
        const bucket = bucketOf(value);
        this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    }

    merge({ count, sum, min, max, hashes, buckets }: AggregateState): void {
        this.#count += count;
        this.#large = addDecimals(this.#large, parseDecimal(sum)!);
        for (const [bucket, n] of buckets) {
            this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + n);
        }
        hashes.forEach((hash) => this.#keep(hash));
        this.#min =
            min !== null && (this.#min === null || isLess(min, this.#min)) ? min : this.#min;
        this.#max =
            max !== null && (this.#max === null || isLess(this.#max, max)) ? max : this.#max;
    }

    state(): AggregateState {
        this.#prune();
        return {
            count: this.#count,
            sum: this.#sum(),
            min: this.#min,
            max: this.#max,
            hashes: [...this.#hashes].sort((a, b) => a - b),
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

    #addToSum(text: string): void {
        const point = text.indexOf(".");
        if (text.length > 15 || text.includes("e")) {
            this.#large = addDecimals(this.#large, parseDecimal(text)!);
            return;
        }
        const places = point < 0 ? 0 : text.length - point - 1;
        const digits = Number(point < 0 ? text : text.slice(0, point) + text.slice(point + 1));
        const sum = (this.#small.get(-places) ?? 0) + digits;
        if (Math.abs(sum) < Number.MAX_SAFE_INTEGER / 2) {
            this.#small.set(-places, sum);
        } else {
            this.#small.set(-places, 0);
            this.#large = addDecimals(this.#large, { digits: BigInt(sum), exponent: -places });
        }
    }

    #sum(): string {
        let sum = this.#large;
        for (const [exponent, digits] of this.#small) {
            sum = addDecimals(sum, { digits: BigInt(digits), exponent });
        }
        return writeDecimal(sum);
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
            const kept = [...this.#hashes].sort((a, b) => a - b).slice(0, keptHashes);
            this.#hashes = new Set(kept);
            this.#bound = kept.at(-1)!;
        }
    }
}

/** Exactly, also where two numbers are one double. */
function isLess(a: string, b: string): boolean {
    const [x, y] = [Number(a), Number(b)];
    if (x !== y) {
        return x < y;
    }
    const difference = addDecimals(parseDecimal(a)!, negated(parseDecimal(b)!));
    return difference.digits < 0n;
}

const negated = ({ digits, exponent }: Decimal): Decimal => ({ digits: -digits, exponent });

/** The bucket of a number: 0 for zero, in the order of the numbers. */
function bucketOf(value: number): number {
    const size = Math.abs(value);
    if (size < smallest) {
        return 0;
    }
    const finite = Math.min(size, Number.MAX_VALUE);
    // From 1 on: the exponent of the smallest size is the first.
    const index = Math.ceil(Math.log(finite) / logGamma) - firstIndex + 1;
    return value < 0 ? -index : index;
}

const firstIndex = Math.ceil(Math.log(smallest) / logGamma);

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
