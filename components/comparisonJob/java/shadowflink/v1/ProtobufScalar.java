package shadowflink.v1;

import java.util.HashMap;
import java.util.Map;

/**
 * How the values of a type that has no members stand in records, and as text.
 *
 * @param unwritten the text of the value that is not written because it is the default
 */
record ProtobufScalar(Leaf.Type type, int wireType, String unwritten, Text text) {
    interface Text {
        /** The canonical text of the value that follows. */
        String read(Cursor cursor) throws Unusable;
    }

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int DELIMITED = 2;
    static final int START_GROUP = 3;
    static final int END_GROUP = 4;
    static final int FIXED32 = 5;

    /** By the names that schemas give them. */
    static final Map<String, ProtobufScalar> BY_NAME = Map.ofEntries(
            Map.entry("double", number(FIXED64, cursor -> Texts.number(Double.longBitsToDouble(cursor.fixed64())))),
            Map.entry("float", number(FIXED32, cursor -> Texts.number(Float.intBitsToFloat(cursor.fixed32())))),
            Map.entry("int32", integer(VARINT, cursor -> Integer.toString(signed32(cursor.varint())))),
            Map.entry("int64", integer(VARINT, cursor -> Long.toString(cursor.varint()))),
            Map.entry("uint32", integer(VARINT, cursor -> Long.toString(unsigned32(cursor.varint())))),
            Map.entry("uint64", integer(VARINT, cursor -> Long.toUnsignedString(cursor.varint()))),
            Map.entry("sint32", integer(VARINT, cursor -> Long.toString(zigzag(unsigned32(cursor.varint()))))),
            Map.entry("sint64", integer(VARINT, cursor -> Long.toString(cursor.zigzag()))),
            Map.entry("fixed32", integer(FIXED32, cursor -> Integer.toUnsignedString(cursor.fixed32()))),
            Map.entry("fixed64", integer(FIXED64, cursor -> Long.toUnsignedString(cursor.fixed64()))),
            Map.entry("sfixed32", integer(FIXED32, cursor -> Integer.toString(cursor.fixed32()))),
            Map.entry("sfixed64", integer(FIXED64, cursor -> Long.toString(cursor.fixed64()))),
            Map.entry("bool", new ProtobufScalar(
                    Leaf.Type.BOOLEAN, VARINT, "false", cursor -> Boolean.toString(cursor.varint() != 0))),
            Map.entry("string", new ProtobufScalar(
                    Leaf.Type.STRING, DELIMITED, "\"\"", cursor -> Texts.string(cursor.string(cursor.unsignedLength())))),
            Map.entry("bytes", new ProtobufScalar(
                    Leaf.Type.BYTES, DELIMITED, "\"\"", cursor -> cursor.hex(cursor.unsignedLength()))));

    private static final ProtobufScalar NAME =
            new ProtobufScalar(Leaf.Type.STRING, DELIMITED, "", cursor -> cursor.string(cursor.unsignedLength()));

    /** A map's keys, whose texts are names: strings stand without quotes. */
    static ProtobufScalar ofKey(String type) {
        return type.equals("string") ? NAME : BY_NAME.get(type);
    }

    /** An enum's values by name; one without a name by its number, which no name is. */
    static ProtobufScalar ofEnum(Map<String, Integer> values) {
        Map<Integer, String> texts = new HashMap<>();
        values.forEach((name, value) -> texts.putIfAbsent(value, Texts.string(name)));
        String first = values.isEmpty() ? "\"0\"" : texts.get(values.values().iterator().next());
        return new ProtobufScalar(Leaf.Type.STRING, VARINT, first, cursor -> {
            int value = signed32(cursor.varint());
            String text = texts.get(value);
            return text == null ? "\"" + value + '"' : text;
        });
    }

    private static ProtobufScalar number(int wireType, Text text) {
        return new ProtobufScalar(Leaf.Type.NUMBER, wireType, "0", text);
    }

    private static ProtobufScalar integer(int wireType, Text text) {
        return new ProtobufScalar(Leaf.Type.INTEGER, wireType, "0", text);
    }

    /** Negative ones are written in 64 bits, by some in 32. */
    private static int signed32(long value) throws Unusable {
        return value < 0 && value >= Integer.MIN_VALUE ? (int) value : (int) unsigned32(value);
    }

    private static long unsigned32(long value) throws Unusable {
        if (value < 0 || value > 0xffff_ffffL) {
            throw new Unusable("it has a number of more than 32 bits where its schema has 32");
        }
        return value;
    }

    private static long zigzag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }
}
