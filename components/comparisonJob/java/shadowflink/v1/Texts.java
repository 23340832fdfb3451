package shadowflink.v1;

import java.math.BigInteger;
import java.util.SortedMap;

/** The canonical texts of single values, as JSON. */
final class Texts {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Texts() {}

    /** A text as a JSON string, with no more escapes than it needs. */
    static String string(String text) {
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character < 0x20 || character == '"' || character == '\\' || Character.isSurrogate(character)) {
                return escaped(text);
            }
        }
        return '"' + text + '"';
    }

    /** Bytes, where it is known that they are bytes. */
    static String bytes(byte[] bytes, int start, int end) {
        char[] text = new char[2 * (end - start) + 2];
        int at = 0;
        text[at++] = '"';
        for (int i = start; i < end; i++) {
            text[at++] = HEX[(bytes[i] >> 4) & 0xf];
            text[at++] = HEX[bytes[i] & 0xf];
        }
        text[at] = '"';
        return new String(text);
    }

    /** Bytes where there may be strings too: inside arrays, in unions. */
    static String taggedBytes(String bytes) {
        return "{\"$bytes\":" + bytes + '}';
    }

    /**
     * Exactly this double: 0.1 as a float is another number than 0.1 as a double, and is written so. What is no number is an
     * object, to be equal to no string.
     */
    static String number(double value) {
        return Double.isFinite(value) ? ShortestNumber.text(value) : "{\"$number\":\"" + value + "\"}";
    }

    /** <code>unscaled × 10^-scale</code> */
    static String decimal(long unscaled, int scale) {
        if (unscaled == 0 || unscaled == Long.MIN_VALUE) {
            return decimal(BigInteger.valueOf(unscaled), scale);
        }
        return Decimal.text(unscaled < 0, Math.abs(unscaled), -scale);
    }

    static String decimal(BigInteger unscaled, int scale) {
        return Decimal.canonical(unscaled + "e-" + scale);
    }

    /** An object, from its members' texts by name, sorted. */
    static String object(SortedMap<String, String> members) {
        StringBuilder object = new StringBuilder("{");
        members.forEach((name, text) -> {
            object.append(object.length() > 1 ? "," : "").append(string(name)).append(':').append(text);
        });
        return object.append('}').toString();
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16).append('"');
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            switch (character) {
                case '"', '\\' -> escaped.append('\\').append(character);
                case '\b' -> escaped.append("\\b");
                case '\f' -> escaped.append("\\f");
                case '\n' -> escaped.append("\\n");
                case '\r' -> escaped.append("\\r");
                case '\t' -> escaped.append("\\t");
                default -> {
                    if (character < 0x20 || isAlone(text, i)) {
                        escaped.append("\\u");
                        for (int shift = 12; shift >= 0; shift -= 4) {
                            escaped.append(HEX[(character >> shift) & 0xf]);
                        }
                    } else {
                        escaped.append(character);
                    }
                }
            }
        }
        return escaped.append('"').toString();
    }

    /** Whether half of a character stands there without the other half. */
    private static boolean isAlone(String text, int at) {
        char character = text.charAt(at);
        if (Character.isHighSurrogate(character)) {
            return at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1));
        }
        return Character.isLowSurrogate(character) && (at == 0 || !Character.isHighSurrogate(text.charAt(at - 1)));
    }
}
