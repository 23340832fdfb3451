import { addDecimals, type Decimal } from "./decimal.js";

/** An exact sum of decimals: whole numbers by their power of ten, in doubles while these are exact. */
export class ExactSum {
    /** The powers of ten that were seen, a few; and the sum of each. */
    readonly #exponents: number[] = [];
    readonly #sums: number[] = [];
    #rest: Decimal = { digits: 0n, exponent: 0 };

    /** Adds `digits × 10^exponent`, where `digits` is a safe integer. */
    add(digits: number, exponent: number): void {
        let at = this.#exponents.indexOf(exponent);
        if (at < 0) {
            at = this.#exponents.push(exponent) - 1;
            this.#sums.push(0);
        }
        const before = this.#sums[at]!;
        const sum = before + digits;
        if (Number.isSafeInteger(sum)) {
            this.#sums[at] = sum;
        } else {
            this.addDecimal({ digits: BigInt(before), exponent });
            this.#sums[at] = digits;
        }
    }

    addDecimal(decimal: Decimal): void {
        this.#rest = addDecimals(this.#rest, decimal);
    }

    total(): Decimal {
        return this.#exponents.reduce(
            (total, exponent, at) =>
                addDecimals(total, { digits: BigInt(this.#sums[at]!), exponent }),
            this.#rest,
        );
    }
}
