import { addDecimals, parseDecimal, type Decimal } from "./decimal.js";
import type { ExactSum } from "./exactSum.js";
import { hash52 } from "./hash.js";

/** Digits of a part of a number: a double holds so many exactly, and so it does their quotient by a power of ten. */
const partDigits = 15;

/** A number that is aggregated, read once for all that it is added to. */
export class Quantity {
    /** The nearest double. */
    readonly value: number;
    readonly hash: number;

    private constructor(
        /** In its canonical form. */
        readonly text: string,
        /** Its first digits as a whole number; `null` where it has too many for two parts, or an exponent. */
        private readonly head: number | null,
        private readonly headExponent: number,
        /** The digits behind them. */
        private readonly tail: number,
        private readonly tailExponent: number,
    ) {
        this.value =
            head !== null && headExponent === tailExponent
                ? head / powersOfTen[-headExponent]!
                : Number(text);
        this.hash = hash52(text);
    }

    /** Of a canonical text; `undefined` where it is no number: `"NaN"`, say. */
    static of(text: string): Quantity | undefined {
        const first = text.charCodeAt(0);
        if (first !== minus && !isDigit(first)) {
            return undefined;
        }
        let [head, tail, count, places] = [0, 0, 0, 0];
        let isFraction = false;
        for (let i = first === minus ? 1 : 0; i < text.length; i++) {
            const code = text.charCodeAt(i);
            if (code === point) {
                isFraction = true;
                continue;
            }
            if (!isDigit(code) || count === 2 * partDigits) {
                return Number.isNaN(Number(text)) ? undefined : new Quantity(text, null, 0, 0, 0);
            }
            if (count < partDigits) {
                head = head * 10 + (code - zero);
            } else {
                tail = tail * 10 + (code - zero);
            }
            count++;
            places += isFraction ? 1 : 0;
        }
        const behindHead = Math.max(0, count - partDigits);
        return first === minus
            ? new Quantity(text, -head, behindHead - places, -tail, -places)
            : new Quantity(text, head, behindHead - places, tail, -places);
    }

    addTo(sum: ExactSum): void {
        if (this.head === null) {
            sum.addDecimal(parseDecimal(this.text)!);
            return;
        }
        sum.add(this.head, this.headExponent);
        if (this.tailExponent !== this.headExponent) {
            sum.add(this.tail, this.tailExponent);
        }
    }

    /** Exactly, also where two numbers are one double. */
    isLess(than: Quantity): boolean {
        if (this.value !== than.value) {
            return this.value < than.value;
        }
        return (
            this.text !== than.text &&
            addDecimals(parseDecimal(this.text)!, negated(parseDecimal(than.text)!)).digits < 0n
        );
    }
}

const powersOfTen = Array.from({ length: partDigits + 1 }, (_, n) => Number(`1e${n}`));

const negated = ({ digits, exponent }: Decimal): Decimal => ({ digits: -digits, exponent });

function isDigit(code: number): boolean {
    return code >= zero && code <= nine;
}

const [minus, point, zero, nine] = [0x2d, 0x2e, 0x30, 0x39];
