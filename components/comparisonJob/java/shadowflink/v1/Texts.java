package shadowflink.v1;

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
