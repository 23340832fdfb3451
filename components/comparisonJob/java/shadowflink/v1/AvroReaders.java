package shadowflink.v1;

import java.time.LocalDate;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** How the values of each of Avro's types are read. */
final class AvroReaders {
    /** Reads how many bytes something has. */
    interface Length {
        int read(Cursor cursor) throws Unusable;
    }

    /** A type that a union has, by its name. */
    record Branch(String name, ValueReader reader) {}

    private interface Text {
        String read(Cursor cursor) throws Unusable;
    }

    /** Decimals of more bytes (some 2,400 digits) are refused: they would take long to write out. */
    private static final int LONGEST_DECIMAL = 1_000;

    static final ValueReader BYTES = ofBytes(Cursor::length);
    static final ValueReader INT = new Scalar(Leaf.Type.INTEGER, AvroReaders::readInt);
    static final ValueReader DATE = new Scalar(Leaf.Type.STRING, cursor -> date(cursor.zigzag()));

    static final Map<String, ValueReader> PRIMITIVES = Map.of(
            "null", new Scalar(Leaf.Type.NULL, cursor -> "null"),
            "boolean", new Scalar(Leaf.Type.BOOLEAN, AvroReaders::readBoolean),
            "int", INT,
            "long", ofLong(0),
            "float", new Scalar(Leaf.Type.NUMBER, cursor -> Texts.number(cursor.readFloat())),
            "double", new Scalar(Leaf.Type.NUMBER, cursor -> Texts.number(cursor.readDouble())),
            "string", new Scalar(Leaf.Type.STRING, cursor -> Texts.string(cursor.string(cursor.length()))),
            "bytes", BYTES);

    private AvroReaders() {}

    static ValueReader ofBytes(Length length) {
        return new ValueReader(Leaf.Type.BYTES) {
            @Override
            String text(Cursor cursor) throws Unusable {
                return Texts.taggedBytes(fieldText(cursor));
            }

            @Override
            String fieldText(Cursor cursor) throws Unusable {
                return cursor.hex(length.read(cursor));
            }
        };
    }

    /** With so many places behind its point, if any. */
    static ValueReader ofLong(int places) {
        return places == 0
                ? new Scalar(Leaf.Type.INTEGER, cursor -> Long.toString(cursor.zigzag()))
                : new Scalar(Leaf.Type.NUMBER, cursor -> Texts.decimal(cursor.zigzag(), places));
    }

    static ValueReader ofDecimal(Length length, int scale) {
        return new Scalar(Leaf.Type.NUMBER, cursor -> {
            int size = length.read(cursor);
            if (size > LONGEST_DECIMAL) {
                throw new Unusable("it has a decimal of more than " + LONGEST_DECIMAL + " bytes");
            }
            if (size == 0) {
                throw new Unusable("it has a decimal without digits");
            }
            return Texts.decimal(cursor.integer(size), scale);
        });
    }

    static ValueReader ofEnum(String[] symbols) {
        return new Scalar(Leaf.Type.STRING, cursor -> {
            long index = cursor.zigzag();
            if (index < 0 || index >= symbols.length) {
                throw new Unusable("it has symbol " + index + " of an enum of " + symbols.length);
            }
            return '"' + symbols[(int) index] + '"';
        });
    }

    static ValueReader ofArray(ValueReader items) {
        return new Scalar(Leaf.Type.ARRAY, cursor -> {
            StringBuilder array = new StringBuilder("[");
            cursor.enter();
            eachItem(cursor, () -> array.append(array.length() > 1 ? "," : "").append(items.text(cursor)));
            cursor.leave();
            return array.append(']').toString();
        });
    }

    static ValueReader ofMap(ValueReader values) {
        return new OfMap(values);
    }

    static ValueReader ofUnion(List<Branch> branches) {
        long records = branches.stream().filter(branch -> branch.reader instanceof OfRecord).count();
        boolean hasStrings = branches.stream().anyMatch(branch -> branch.reader.type == Leaf.Type.STRING);
        return new OfUnion(branches.stream().map(Branch::reader).map(reader -> {
            if (records > 1 && reader instanceof OfRecord record) {
                return new OfNamedRecord(record);
            }
            return hasStrings && reader.type == Leaf.Type.BYTES ? new Scalar(Leaf.Type.BYTES, reader::text) : reader;
        }).toArray(ValueReader[]::new));
    }

    /** What is one value. */
    private static final class Scalar extends ValueReader {
        private final Text text;

        Scalar(Leaf.Type type, Text text) {
            super(type);
            this.text = text;
        }

        @Override
        String text(Cursor cursor) throws Unusable {
            return text.read(cursor);
        }
    }

    /** It is there before its fields are, since it may contain itself. */
    static final class OfRecord extends ValueReader {
        private final String name;
        private Paths paths;
        private String[] names;
        private ValueReader[] readers;

        OfRecord(String name) {
            super(Leaf.Type.OBJECT);
            this.name = name;
        }

        void define(List<String> names, List<ValueReader> readers) {
            this.names = names.toArray(new String[0]);
            paths = new Paths(names);
            this.readers = readers.toArray(new ValueReader[0]);
        }

        @Override
        boolean hasMembers() {
            return true;
        }

        @Override
        int members(Cursor cursor, String prefix, Fields fields) throws Unusable {
            String[] behind = paths.behind(prefix);
            for (int i = 0; i < readers.length; i++) {
                readers[i].place(cursor, behind[i], fields);
            }
            return readers.length;
        }

        @Override
        String text(Cursor cursor) throws Unusable {
            return Texts.object(texts(cursor));
        }

        SortedMap<String, String> texts(Cursor cursor) throws Unusable {
            SortedMap<String, String> texts = new TreeMap<>();
            cursor.enter();
            for (int i = 0; i < readers.length; i++) {
                cursor.count();
                texts.put(names[i], readers[i].text(cursor));
            }
            cursor.leave();
            return texts;
        }
    }

    /** A record in a union with others: two with the same members are two values where they are of two types. */
    private static final class OfNamedRecord extends ValueReader {
        private final OfRecord record;
        private final String name;

        OfNamedRecord(OfRecord record) {
            super(Leaf.Type.OBJECT);
            this.record = record;
            name = Texts.string(record.name);
        }

        @Override
        boolean hasMembers() {
            return true;
        }

        @Override
        int members(Cursor cursor, String prefix, Fields fields) throws Unusable {
            fields.add(prefix + "$type", new Leaf(Leaf.Type.STRING, name));
            return 1 + record.members(cursor, prefix, fields);
        }

        @Override
        String text(Cursor cursor) throws Unusable {
            SortedMap<String, String> texts = record.texts(cursor);
            texts.put("$type", name);
            return Texts.object(texts);
        }
    }

    private static final class OfUnion extends ValueReader {
        private final ValueReader[] branches;

        OfUnion(ValueReader[] branches) {
            super(Leaf.Type.NULL);
            this.branches = branches;
        }

        @Override
        ValueReader choose(Cursor cursor) throws Unusable {
            long index = cursor.zigzag();
            if (index < 0 || index >= branches.length) {
                throw new Unusable("it has branch " + index + " of a union of " + branches.length + " types");
            }
            return branches[(int) index];
        }

        @Override
        String text(Cursor cursor) throws Unusable {
            return choose(cursor).text(cursor);
        }
    }

    private static final class OfMap extends ValueReader {
        private final ValueReader values;

        OfMap(ValueReader values) {
            super(Leaf.Type.OBJECT);
            this.values = values;
        }

        @Override
        boolean hasMembers() {
            return true;
        }

        @Override
        int members(Cursor cursor, String prefix, Fields fields) throws Unusable {
            Set<String> keys = new HashSet<>();
            eachItem(cursor, () -> {
                String key = readKey(cursor);
                requireNew(keys.add(key));
                values.place(cursor, prefix + Name.escaped(key), fields);
            });
            return keys.size();
        }

        @Override
        String text(Cursor cursor) throws Unusable {
            SortedMap<String, String> members = new TreeMap<>();
            cursor.enter();
            eachItem(cursor, () -> {
                String key = readKey(cursor);
                requireNew(!members.containsKey(key));
                members.put(key, values.text(cursor));
            });
            cursor.leave();
            return Texts.object(members);
        }

        private static String readKey(Cursor cursor) throws Unusable {
            return cursor.string(cursor.length());
        }

        /** A key that was there before could be read in two ways. */
        private static void requireNew(boolean isNew) throws Unusable {
            if (!isNew) {
                throw new Unusable("it has the same key twice in one map");
            }
        }
    }

    private interface Item {
        void read() throws Unusable;
    }

    /** Blocks of items, each with their number in front, until an empty one. */
    private static void eachItem(Cursor cursor, Item item) throws Unusable {
        for (long count = cursor.zigzag(); count != 0; count = cursor.zigzag()) {
            cursor.count(Math.abs(count));
            // A negative number has the block's length in bytes behind it, for those who want to skip it.
            int size = count < 0 ? cursor.length() : -1;
            int start = cursor.at();
            for (long i = Math.abs(count); i > 0; i--) {
                item.read();
            }
            if (count < 0 && cursor.at() - start != size) {
                throw new Unusable("it has a block of another length than it says");
            }
        }
    }

    private static String readInt(Cursor cursor) throws Unusable {
        long value = cursor.zigzag();
        if (value != (int) value) {
            throw new Unusable("it has an int of more than 32 bits");
        }
        return Long.toString(value);
    }

    private static String readBoolean(Cursor cursor) throws Unusable {
        int value = cursor.readByte();
        if (value > 1) {
            throw new Unusable("it has a boolean of " + value);
        }
        return value == 1 ? "true" : "false";
    }

    /** A day as an ISO date; one that no calendar of JavaScript's reaches as its number. */
    private static String date(long day) {
        if (Math.abs(day) > 100_000_000 || day == Long.MIN_VALUE) {
            return "\"day " + Texts.number(day) + '"';
        }
        LocalDate date = LocalDate.ofEpochDay(day);
        int year = date.getYear();
        // Beyond four digits, years have a sign and six there.
        return year >= 0 && year <= 9999
                ? '"' + date.toString() + '"'
                : String.format("\"%+07d-%02d-%02d\"", year, date.getMonthValue(), date.getDayOfMonth());
    }
}
