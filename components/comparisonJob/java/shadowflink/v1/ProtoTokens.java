package shadowflink.v1;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The words, numbers, strings and signs of a <code>.proto</code> file, one after the other. */
final class ProtoTokens {
    private static final Pattern INTEGER = Pattern.compile("0[xX][0-9a-fA-F]{1,15}|0[0-7]{0,18}|[1-9][0-9]{0,17}");
    /** What stands behind the last one. */
    private static final String END = "";

    private final String text;
    private final List<String> tokens = new ArrayList<>();
    private final List<Integer> starts = new ArrayList<>();
    private int at;

    ProtoTokens(String text) throws Unusable {
        this.text = text;
        // A mark of the byte order is no part of a text.
        int start = text.startsWith("\ufeff") ? 1 : 0;
        while ((start = behindSpace(start)) < text.length()) {
            int end = endOf(start);
            tokens.add(text.substring(start, end));
            starts.add(start);
            start = end;
        }
    }

    boolean isAtEnd() {
        return at == tokens.size();
    }

    /** The next one, which stays there. */
    String peek() {
        return peek(0);
    }

    String peek(int ahead) {
        return at + ahead < tokens.size() ? tokens.get(at + ahead) : END;
    }

    /** Goes past this one, if it is the next. */
    boolean skip(String token) {
        boolean isNext = peek().equals(token);
        if (isNext) {
            at++;
        }
        return isNext;
    }

    void expect(String token) throws Unusable {
        if (!skip(token)) {
            throw unexpected("'" + token + "'");
        }
    }

    /** A name without dots. */
    String name() throws Unusable {
        String token = peek();
        // JavaScript has no members of that name, so that the two engines would differ.
        if (!isNameStart(token) || token.equals("__proto__")) {
            throw unexpected("a name");
        }
        at++;
        return token;
    }

    /** Names with dots between them. */
    String dottedName() throws Unusable {
        StringBuilder name = new StringBuilder(name());
        while (skip(".")) {
            name.append('.').append(name());
        }
        return name.toString();
    }

    /** The name of a type; one that begins with a dot is absolute. */
    String typeName() throws Unusable {
        return (skip(".") ? "." : "") + dottedName();
    }

    /** Strings that follow each other are one. */
    String string() throws Unusable {
        if (!isString(peek())) {
            throw unexpected("a string");
        }
        StringBuilder string = new StringBuilder();
        while (isString(peek())) {
            String token = peek();
            if (token.indexOf('\\') >= 0) {
                throw unexpected("a string without escapes");
            }
            string.append(token, 1, token.length() - 1);
            at++;
        }
        return string.toString();
    }

    /** A decimal, octal or hexadecimal integer. */
    long integer() throws Unusable {
        boolean isNegative = skip("-");
        String token = peek();
        if (!INTEGER.matcher(token).matches()) {
            throw unexpected("an integer");
        }
        at++;
        long value = Long.decode(token);
        return isNegative ? -value : value;
    }

    /** What an option is set to, unless it has members. */
    String constant() throws Unusable {
        if (isString(peek())) {
            String string = peek();
            while (isString(peek())) {
                at++;
            }
            return string;
        }
        String sign = skip("-") ? "-" : "";
        String token = peek();
        if (isNameStart(token)) {
            return sign + dottedName();
        }
        if (token.isEmpty() || !Decimal.isDigit(token.charAt(token.startsWith(".") && token.length() > 1 ? 1 : 0))) {
            throw unexpected("a value");
        }
        at++;
        return sign + token;
    }

    Unusable unexpected(String wanted) {
        String found = isAtEnd() ? "it ends" : "it has " + shown(peek());
        return problem(found + " where " + wanted + " belongs");
    }

    /** Something about the next one. */
    Unusable problem(String what) {
        return atLine(isAtEnd() ? text.length() : starts.get(at), what);
    }

    private Unusable atLine(int position, String what) {
        long line = 1 + text.substring(0, position).chars().filter(character -> character == '\n').count();
        return new Unusable(what + " (line " + line + ")");
    }

    private static String shown(String token) {
        return isString(token) ? "a string" : "'" + (token.length() > 50 ? token.substring(0, 50) + "…" : token) + "'";
    }

    private static boolean isString(String token) {
        return token.startsWith("\"") || token.startsWith("'");
    }

    private static boolean isNameStart(String token) {
        return !token.isEmpty() && isNamePart(token.charAt(0)) && !Decimal.isDigit(token.charAt(0));
    }

    private static boolean isNamePart(char character) {
        return character == '_' || Decimal.isDigit(character)
                || (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    }

    private int behindSpace(int start) throws Unusable {
        int position = start;
        while (position < text.length()) {
            char character = text.charAt(position);
            if (text.startsWith("//", position)) {
                int line = text.indexOf('\n', position);
                position = line < 0 ? text.length() : line;
            } else if (text.startsWith("/*", position)) {
                int end = text.indexOf("*/", position + 2);
                // To some parsers the last of these is a whole comment.
                if (end < 0 || text.startsWith("/*/", position)) {
                    throw atLine(position, "it has a comment without an end");
                }
                position = end + 2;
            } else if (character == ' ' || (character >= '\t' && character <= '\r')) {
                position++;
            } else {
                break;
            }
        }
        return position;
    }

    private int endOf(int start) throws Unusable {
        char first = text.charAt(start);
        if (first == '"' || first == '\'') {
            return endOfString(start, first);
        }
        boolean isNumber = Decimal.isDigit(first)
                || (first == '.' && start + 1 < text.length() && Decimal.isDigit(text.charAt(start + 1)));
        if (!isNumber && !isNamePart(first)) {
            if ("{}[]()<>=;:,.-/".indexOf(first) < 0) {
                throw atLine(start, "it has a sign that no schema has");
            }
            return start + 1;
        }
        int end = start + 1;
        while (end < text.length() && (isNamePart(text.charAt(end)) || (isNumber && isInNumber(start, end)))) {
            end++;
        }
        return end;
    }

    /** Whether a point or the sign of an exponent belongs to a number. */
    private boolean isInNumber(int start, int position) {
        char character = text.charAt(position);
        boolean isPower = "eE".indexOf(text.charAt(position - 1)) >= 0 && !text.startsWith("0x", start);
        return character == '.' || (isPower && (character == '-' || character == '+'));
    }

    private int endOfString(int start, char quote) throws Unusable {
        for (int i = start + 1; i < text.length(); i++) {
            char character = text.charAt(i);
            if (character == quote) {
                return i + 1;
            }
            if (character == '\\') {
                i++;
            } else if (character == '\n') {
                break;
            }
        }
        throw atLine(start, "it has a string without an end");
    }
}
