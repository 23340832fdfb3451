package shadowflink.v1;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * A JSON number, exactly: <code>digits × 10^exponent</code>. What a double cannot hold (2^53 + 1, 1e400, 400 decimals) stays
 * what it is; 1, 1.0 and 1e0 are one number, and so are 0 and -0.
 */
record Decimal(BigInteger digits, int exponent) {
    static final Decimal ONE = new Decimal(BigInteger.ONE, 0);

    /** Numbers with a larger exponent than this are refused: they would not be exact any more. */
    private static final int LARGEST_EXPONENT = 1_000_000_000;
    /** Numbers that need more places than this are written with an exponent. */
    private static final int MOST_PLACES = 30;
    /** Apart by more orders of magnitude than this, two numbers are not brought to one scale. */
    private static final int LARGEST_SCALE = 2_000;
    /** An integer of so many characters is canonical as it stands, unless it begins with a zero. */
    private static final int LONGEST_SAFE = 30;

    /** The one text of a number, from any way in which JSON writes it; null past the largest exponent. */
    static String canonical(String source) {
        return isCanonical(source) ? source : new Written(source).canonical();
    }

    /** The one text of a number that has digits other than zero, none of them more than a long has. */
    static String text(boolean isNegative, long digits, int exponent) {
        while (digits % 10 == 0) {
            digits /= 10;
            exponent++;
        }
        return text(isNegative, Long.toString(digits), exponent);
    }

    /** Of a canonical text; null where it is no number. */
    static Decimal of(String canonical) {
        char first = canonical.charAt(canonical.charAt(0) == '-' ? 1 : 0);
        if (!isDigit(first)) {
            return null;
        }
        Written written = new Written(canonical);
        BigInteger digits = written.digits.isEmpty() ? BigInteger.ZERO : new BigInteger(written.digits);
        return new Decimal(written.isNegative ? digits.negate() : digits, (int) written.exponent);
    }

    /** How far two numbers are apart; null where they are too many orders of magnitude apart to say. */
    Decimal distance(Decimal other) {
        Scaled scaled = Scaled.of(this, other);
        return scaled == null ? null : new Decimal(scaled.a.subtract(scaled.b).abs(), scaled.exponent);
    }

    /** The product of the sizes of two numbers, exactly. */
    Decimal times(Decimal other) {
        return new Decimal(digits.multiply(other.digits).abs(), exponent + other.exponent);
    }

    /** Whether it is at most another one, both not negative. */
    boolean isAtMost(Decimal other) {
        Scaled scaled = Scaled.of(this, other);
        if (scaled == null) {
            return digits.signum() == 0 || (other.digits.signum() != 0 && exponent < other.exponent);
        }
        return scaled.a.compareTo(scaled.b) <= 0;
    }

    /** The nearest double, and the largest one for what is larger. */
    double toDouble() {
        double value = new BigDecimal(digits, -exponent).doubleValue();
        return Double.isInfinite(value) ? Math.copySign(Double.MAX_VALUE, value) : value;
    }

    static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    /** Of digits without zeros around them. */
    private static String text(boolean isNegative, String digits, long exponent) {
        String sign = isNegative ? "-" : "";
        int length = digits.length();
        if (exponent >= 0 && length + exponent <= MOST_PLACES) {
            return sign + digits + "0".repeat((int) exponent);
        }
        if (exponent < 0 && -exponent <= MOST_PLACES && length <= MOST_PLACES) {
            int places = (int) -exponent;
            String padded = "0".repeat(Math.max(0, places + 1 - length)) + digits;
            int point = padded.length() - places;
            return sign + padded.substring(0, point) + "." + padded.substring(point);
        }
        return sign + digits + "e" + exponent;
    }

    /** Whether it is a short number in the form that {@link #canonical} gives it: as most are. */
    private static boolean isCanonical(String source) {
        int start = source.charAt(0) == '-' ? 1 : 0;
        int end = source.length();
        int point = source.indexOf('.');
        boolean isZero = source.charAt(start) == '0';
        for (int i = start; i < end; i++) {
            if (i != point && !isDigit(source.charAt(i))) {
                return false;
            }
        }
        if (point < 0) {
            return end <= LONGEST_SAFE && !isZero;
        }
        return point <= 15 && end - point <= 15 && source.charAt(end - 1) != '0' && (!isZero || point == start + 1);
    }

    /** A number taken apart as it is written, without the zeros around its digits. */
    private static final class Written {
        final boolean isNegative;
        /** None of zero. */
        final String digits;
        final long exponent;

        Written(String source) {
            isNegative = source.charAt(0) == '-';
            int start = isNegative ? 1 : 0;
            int power = Math.max(source.indexOf('e'), source.indexOf('E'));
            int end = power < 0 ? source.length() : power;
            int point = source.indexOf('.');
            String whole = source.substring(start, point < 0 ? end : point);
            String fraction = point < 0 ? "" : source.substring(point + 1, end);
            String all = whole + fraction;
            int first = 0;
            while (first < all.length() && all.charAt(first) == '0') {
                first++;
            }
            int behind = all.length();
            while (behind > first && all.charAt(behind - 1) == '0') {
                behind--;
            }
            digits = all.substring(first, behind);
            exponent = digits.isEmpty()
                    ? 0
                    : (power < 0 ? 0 : powerOf(source.substring(power + 1))) - fraction.length() + (all.length() - behind);
        }

        String canonical() {
            if (digits.isEmpty()) {
                return "0";
            }
            if (Math.abs(exponent) > LARGEST_EXPONENT) {
                return null;
            }
            return text(isNegative, digits, exponent);
        }

        /** What has more digits than any exponent may have is as good as any larger one. */
        private static long powerOf(String text) {
            boolean isNegative = text.charAt(0) == '-';
            int start = isNegative || text.charAt(0) == '+' ? 1 : 0;
            while (start < text.length() - 1 && text.charAt(start) == '0') {
                start++;
            }
            long power = text.length() - start > 15
                    ? Long.MAX_VALUE / 4
                    : Long.parseLong(text.substring(start));
            return isNegative ? -power : power;
        }
    }

    /** The digits of two numbers with the same exponent. */
    private record Scaled(BigInteger a, BigInteger b, int exponent) {
        static Scaled of(Decimal a, Decimal b) {
            // Zero has every scale.
            int exponent = a.digits.signum() == 0
                    ? b.exponent
                    : b.digits.signum() == 0 ? a.exponent : Math.min(a.exponent, b.exponent);
            long raiseA = a.digits.signum() == 0 ? 0 : (long) a.exponent - exponent;
            long raiseB = b.digits.signum() == 0 ? 0 : (long) b.exponent - exponent;
            if (raiseA > LARGEST_SCALE || raiseB > LARGEST_SCALE) {
                return null;
            }
            return new Scaled(raised(a.digits, raiseA), raised(b.digits, raiseB), exponent);
        }

        private static BigInteger raised(BigInteger digits, long by) {
            return by == 0 ? digits : digits.multiply(BigInteger.TEN.pow((int) by));
        }
    }
}
