package shadowflink.v1;

import java.math.BigInteger;

/**
 * The shortest decimal that is read back as the same double, and of several ones the nearest: what JavaScript writes. Java does
 * so since its version 19 only. By Raffaele Giulietti's "The Schubfach way to render doubles" (2021).
 */
final class ShortestNumber {
    private static final int FRACTION_BITS = 52;
    private static final int SMALLEST_EXPONENT = -1074;
    private static final long HIDDEN_BIT = 1L << FRACTION_BITS;

    /** The powers of ten that doubles need, and how many bits each of them is worth. */
    private static final int SMALLEST_POWER = -324;
    private static final int LARGEST_POWER = 292;
    private static final int POWER_BITS = 126;
    private static final long LOW_BITS = (1L << 63) - 1;
    private static final long[] HIGH = new long[LARGEST_POWER - SMALLEST_POWER + 1];
    private static final long[] LOW = new long[LARGEST_POWER - SMALLEST_POWER + 1];

    static {
        for (int power = SMALLEST_POWER; power <= LARGEST_POWER; power++) {
            BigInteger bits = scaled(-power).add(BigInteger.ONE);
            HIGH[power - SMALLEST_POWER] = bits.shiftRight(63).longValueExact();
            LOW[power - SMALLEST_POWER] = bits.longValue() & LOW_BITS;
        }
    }

    private ShortestNumber() {}

    /** The canonical text of a finite double. */
    static String text(double value) {
        long bits = Double.doubleToRawLongBits(value);
        long fraction = bits & (HIDDEN_BIT - 1);
        int biased = (int) (bits >>> FRACTION_BITS) & 0x7ff;
        if (biased == 0 && fraction == 0) {
            return "0";
        }
        boolean isSubnormal = biased == 0;
        long significand = isSubnormal ? fraction : fraction | HIDDEN_BIT;
        int exponent = SMALLEST_EXPONENT + (isSubnormal ? 0 : biased - 1);
        // The double below a power of two is nearer than the one above it.
        boolean isUneven = fraction == 0 && biased > 1;
        int power = isUneven ? floorLog10ThreeQuarters(exponent) : floorLog10(exponent);
        return Decimal.text(bits < 0, shortest(significand, exponent, power, isUneven), power);
    }

    /** The digits of <code>significand × 2^exponent</code> in units of <code>10^power</code>. */
    private static long shortest(long significand, int exponent, int power, boolean isUneven) {
        int shift = exponent + floorLog2Power(-power) + 2;
        long quarters = significand << 2;
        long value = product(power, quarters << shift);
        long lower = product(power, quarters - (isUneven ? 1 : 2) << shift);
        long upper = product(power, quarters + 2 << shift);
        // The ends of the interval are read as the same double only where its significand is even.
        long odd = significand & 1;
        long digits = value >> 2;
        if (digits >= 10) {
            long tens = digits / 10 * 10;
            boolean isLower = lower + odd <= tens << 2;
            boolean isUpper = (tens + 10 << 2) + odd <= upper;
            if (isLower != isUpper) {
                return isLower ? tens : tens + 10;
            }
        }
        boolean isLower = lower + odd <= digits << 2;
        boolean isUpper = (digits + 1 << 2) + odd <= upper;
        if (isLower != isUpper) {
            return isLower ? digits : digits + 1;
        }
        long middle = value - (digits + digits + 1 << 1);
        return middle < 0 || (middle == 0 && (digits & 1) == 0) ? digits : digits + 1;
    }

    /** The product with a power of ten, rounded to odd: its last bit says whether it was exact. */
    private static long product(int power, long factor) {
        long low = Math.multiplyHigh(LOW[power - SMALLEST_POWER], factor);
        long high = HIGH[power - SMALLEST_POWER];
        long sum = (high * factor >>> 1) + low;
        long whole = Math.multiplyHigh(high, factor) + (sum >>> 63);
        return whole | (sum & LOW_BITS) + LOW_BITS >>> 63;
    }

    /** <code>10^power</code> without what lies behind its first bits. */
    private static BigInteger scaled(int power) {
        int shift = POWER_BITS - 1 - floorLog2Power(power);
        BigInteger ten = BigInteger.TEN.pow(Math.abs(power));
        if (power < 0) {
            return BigInteger.ONE.shiftLeft(shift).divide(ten);
        }
        return shift < 0 ? ten.shiftRight(-shift) : ten.shiftLeft(shift);
    }

    /** <code>floor(log10(2^exponent))</code> */
    private static int floorLog10(int exponent) {
        return (int) (exponent * 661_971_961_083L >> 41);
    }

    /** <code>floor(log10(3/4 × 2^exponent))</code> */
    private static int floorLog10ThreeQuarters(int exponent) {
        return (int) (exponent * 661_971_961_083L - 274_743_187_321L >> 41);
    }

    /** <code>floor(log2(10^power))</code> */
    private static int floorLog2Power(int power) {
        return (int) (power * 913_124_641_741L >> 38);
    }
}
