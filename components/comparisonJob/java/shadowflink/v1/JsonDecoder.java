package shadowflink.v1;

import java.util.ArrayList;
import java.util.List;

/**
 * Takes a JSON object apart, exactly: numbers as they are written. What two decoders could read in two ways (invalid UTF-8, a
 * key twice) is refused, not guessed.
 */
final class JsonDecoder implements Decoder {
    /** Nested deeper than this, a record is refused. */
    static final int DEEPEST_NESTING = 1_000;

    private final String prefix;
    private Name names;
    private long records;

    JsonDecoder(Part part) {
        prefix = part.prefix;
        names = Name.root(prefix);
    }

    @Override
    public int decode(byte[] bytes, Fields fields) throws Unusable {
        String text = Utf8.text(bytes, 0, bytes.length);
        if (text == null) {
            throw new Unusable("it is not valid UTF-8");
        }
        if (names.isFull()) {
            names = Name.root(prefix);
        }
        new Reader(text, ++records, fields).decode(names);
        return NO_SCHEMA;
    }

    /** RFC 8259, one pass, in recursive descent as deep as it may be nested. */
    private static final class Reader {
        private static final String TWICE = "it has the same key twice in one object";
        private static final char END = '\0';

        private final String text;
        /** Its number. */
        private final long record;
        private final Fields fields;
        private int at;

        Reader(String text, long record, Fields fields) {
            this.text = text;
            this.record = record;
            this.fields = fields;
        }

        void decode(Name names) throws Unusable {
            skipSpace();
            if (here() != '{') {
                throw new Unusable(describeOther());
            }
            members(names, 1);
            skipSpace();
            if (at < text.length()) {
                throw invalid();
            }
        }

        /** The members of an object, from its brace on, as fields. Returns whether it has any. */
        private boolean members(Name object, int depth) throws Unusable {
            enter(depth);
            if (ends('}')) {
                return false;
            }
            for (Name name = null; ; ) {
                name = name(object, name);
                if (!name.isNewIn(record)) {
                    throw new Unusable(TWICE);
                }
                if (here() != '{') {
                    fields.add(name.path, value(depth));
                } else if (!members(name, depth + 1)) {
                    fields.add(name.path, Leaf.EMPTY_OBJECT);
                }
                if (ends('}')) {
                    return true;
                }
                expect(',');
            }
        }

        /** The member of an object whose name stands here, and the colon behind it. */
        private Name name(Name object, Name before) throws Unusable {
            Name expected = before == null ? object.first() : before.next();
            if (expected == null || here() != '"' || !expected.standsIn(text, at + 1)) {
                return object.member(name(), before);
            }
            at += expected.length() + 2;
            colon();
            return expected;
        }

        /** One value that stands here, as a leaf. */
        private Leaf value(int depth) throws Unusable {
            switch (here()) {
                case '"':
                    return new Leaf(Leaf.Type.STRING, string());
                case '{':
                    return new Leaf(Leaf.Type.OBJECT, object(depth + 1));
                case '[':
                    return new Leaf(Leaf.Type.ARRAY, array(depth + 1));
                case 't':
                    return literal("true", Leaf.TRUE);
                case 'f':
                    return literal("false", Leaf.FALSE);
                case 'n':
                    return literal("null", Leaf.NULL);
                default:
                    return number();
            }
        }

        /** An object inside an array: its members sorted by name. */
        private String object(int depth) throws Unusable {
            enter(depth);
            List<Member> members = new ArrayList<>();
            while (!ends('}')) {
                if (!members.isEmpty()) {
                    expect(',');
                }
                String name = Texts.string(name());
                members.add(new Member(name, value(depth).text()));
            }
            members.sort((a, b) -> a.name.compareTo(b.name));
            StringBuilder object = new StringBuilder("{");
            String before = null;
            for (Member member : members) {
                if (member.name.equals(before)) {
                    throw new Unusable(TWICE);
                }
                if (before != null) {
                    object.append(',');
                }
                object.append(member.name).append(':').append(member.text);
                before = member.name;
            }
            return object.append('}').toString();
        }

        private record Member(String name, String text) {}

        private String array(int depth) throws Unusable {
            enter(depth);
            StringBuilder array = new StringBuilder("[");
            while (!ends(']')) {
                if (array.length() > 1) {
                    expect(',');
                    array.append(',');
                }
                array.append(value(depth).text());
            }
            return array.append(']').toString();
        }

        /** A member's name and the colon behind it. */
        private String name() throws Unusable {
            if (here() != '"') {
                throw invalid();
            }
            int start = at + 1;
            int end = endOfString();
            String name = escaped ? unescaped(start, end) : text.substring(start, end);
            colon();
            return name;
        }

        private void colon() throws Unusable {
            skipSpace();
            expect(':');
        }

        /** Whether the string that was read last has an escape in it. */
        private boolean escaped;

        /** A string in quotes, with no more escapes than it needs. */
        private String string() throws Unusable {
            int start = at;
            int end = endOfString();
            return escaped ? Texts.string(unescaped(start + 1, end)) : text.substring(start, end + 1);
        }

        /** Goes behind a string; returns where its closing quote stands. */
        private int endOfString() throws Unusable {
            escaped = false;
            for (int i = at + 1; i < text.length(); i++) {
                char character = text.charAt(i);
                if (character == '"') {
                    at = i + 1;
                    return i;
                }
                if (character == '\\') {
                    escaped = true;
                    i++;
                } else if (character < 0x20) {
                    throw invalid();
                }
            }
            throw invalid();
        }

        private String unescaped(int start, int end) throws Unusable {
            StringBuilder string = new StringBuilder(end - start);
            for (int i = start; i < end; i++) {
                char character = text.charAt(i);
                if (character != '\\') {
                    string.append(character);
                    continue;
                }
                switch (text.charAt(++i)) {
                    case '"' -> string.append('"');
                    case '\\' -> string.append('\\');
                    case '/' -> string.append('/');
                    case 'b' -> string.append('\b');
                    case 'f' -> string.append('\f');
                    case 'n' -> string.append('\n');
                    case 'r' -> string.append('\r');
                    case 't' -> string.append('\t');
                    case 'u' -> {
                        string.append(unit(i + 1, end));
                        i += 4;
                    }
                    default -> throw invalid();
                }
            }
            return string.toString();
        }

        private char unit(int start, int end) throws Unusable {
            int unit = 0;
            for (int i = start; i < start + 4; i++) {
                int digit = i < end ? hexDigit(text.charAt(i)) : -1;
                if (digit < 0) {
                    throw invalid();
                }
                unit = 16 * unit + digit;
            }
            return (char) unit;
        }

        private static int hexDigit(char character) {
            return character < 0x80 ? Character.digit(character, 16) : -1;
        }

        private Leaf number() throws Unusable {
            int start = at;
            int i = here() == '-' ? start + 1 : start;
            int whole = i;
            i = digits(i);
            if (text.charAt(whole) == '0' && i > whole + 1) {
                throw invalid();
            }
            boolean isInteger = true;
            if (at(i) == '.') {
                isInteger = false;
                i = digits(i + 1);
            }
            if (at(i) == 'e' || at(i) == 'E') {
                isInteger = false;
                i = digits(at(i + 1) == '-' || at(i + 1) == '+' ? i + 2 : i + 1);
            }
            at = i;
            String number = Decimal.canonical(text.substring(start, i));
            if (number == null) {
                throw new Unusable("it has a number with an exponent of more than nine digits");
            }
            return new Leaf(isInteger ? Leaf.Type.INTEGER : Leaf.Type.NUMBER, number);
        }

        /** Where a run of at least one digit ends. */
        private int digits(int from) throws Unusable {
            int i = from;
            while (Decimal.isDigit(at(i))) {
                i++;
            }
            if (i == from) {
                throw invalid();
            }
            return i;
        }

        private Leaf literal(String source, Leaf leaf) throws Unusable {
            if (!text.startsWith(source, at)) {
                throw invalid();
            }
            at += source.length();
            return leaf;
        }

        /** Goes behind a brace or bracket that opens. */
        private void enter(int depth) throws Unusable {
            if (depth > DEEPEST_NESTING) {
                throw new Unusable("it is nested more than " + DEEPEST_NESTING + " levels deep");
            }
            at++;
        }

        /** Whether it ends here, behind any space; then goes behind the end. */
        private boolean ends(char close) {
            skipSpace();
            boolean ends = here() == close;
            if (ends) {
                at++;
            }
            return ends;
        }

        private void expect(char character) throws Unusable {
            if (here() != character) {
                throw invalid();
            }
            at++;
            skipSpace();
        }

        private void skipSpace() {
            while (at < text.length()) {
                char character = text.charAt(at);
                if (character != ' ' && character != '\n' && character != '\r' && character != '\t') {
                    return;
                }
                at++;
            }
        }

        private char here() {
            return at(at);
        }

        private char at(int place) {
            return place < text.length() ? text.charAt(place) : END;
        }

        private static Unusable invalid() {
            return new Unusable("it is not valid JSON");
        }

        /** As the embedded engine's language sees it. */
        private static boolean isBlank(int character) {
            return (character >= '\t' && character <= '\r') || Character.isSpaceChar(character) || character == 0xfeff;
        }

        /** What stands there in place of an object. */
        private String describeOther() throws Unusable {
            if (text.chars().allMatch(Reader::isBlank)) {
                return "it is empty";
            }
            Leaf leaf = value(0);
            skipSpace();
            if (at < text.length()) {
                throw invalid();
            }
            return "it is a JSON " + leaf.type().word + ", not an object";
        }
    }
}
