import { addDecimals, parseDecimal, type Decimal } from "./decimal.js";
import type { ExactSum } from "./exactSum.js";
import { decimalText } from "./formats/texts.js";
import { hash52 } from "./hash.js";

/** Digits of a part of a number: a double holds so many exactly, and so it does their quotient by a power of ten. */
const partDigits = 15;

/** A number that is aggregated, read once for all that it is added to. */
export class Quantity {
    /** The nearest double. */
    readonly value: number;

    private constructor(
        /** Where it does not follow from the head. */
        private readonly written: string | null,
        readonly hash: number,
        /** Its first digits as a whole number; `null` where it has too many for two parts, or an exponent. */
        private readonly head: number | null,
        private readonly headExponent: number,
        /** The digits behind them. */
        private readonly tail: number,
        private readonly tailExponent: number,
    ) {
        // Minus zero as an index costs as much as all the rest.
        this.value = written === null ? head! / powersOfTen[0 - headExponent]! : Number(written);
    }

    /** Of a canonical text; `undefined` where it is no number: `"NaN"`, say. */
    static of(text: string): Quantity | undefined {
        return Quantity.read(Buffer.from(text), 0, text.length);
    }

    /** Of a canonical text that stands in bytes. */
    static read(bytes: Buffer, start: number, end: number): Quantity | undefined {
        const isNegative = bytes[start] === minus;
        if (!isNegative && !isDigit(bytes[start]!)) {
            return undefined;
        }
        const hash = hash52(bytes, start, end);
        let [head, tail, count, places] = [0, 0, 0, 0];
        let isFraction = false;
        for (let i = isNegative ? start + 1 : start; i < end; i++) {
            const code = bytes[i]!;
            if (code === point) {
                isFraction = true;
                continue;
            }
            if (!isDigit(code) || count === 2 * partDigits) {
                const text = bytes.toString("latin1", start, end);
                return Number.isNaN(Number(text))
                    ? undefined
                    : new Quantity(text, hash, null, 0, 0, 0);
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
        // A zero has a sign, which the digits have not.
        const isPlain = behindHead === 0 && !(isNegative && head === 0);
        const text = isPlain ? null : bytes.toString("latin1", start, end);
        return isNegative
            ? new Quantity(text, hash, -head, behindHead - places, -tail, 0 - places)
            : new Quantity(text, hash, head, behindHead - places, tail, 0 - places);
    }

    /** In its canonical form. */
    get text(): string {
        return this.written ?? decimalText(this.head!, -this.headExponent);
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
