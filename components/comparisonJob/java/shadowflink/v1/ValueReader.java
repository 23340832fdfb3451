package shadowflink.v1;

/** Reads the values of one type of a schema, wherever they stand. */
abstract class ValueReader {
    final Leaf.Type type;

    ValueReader(Leaf.Type type) {
        this.type = type;
    }

    /** Reads a value as one canonical text, as it stands inside an array. */
    abstract String text(Cursor cursor) throws Unusable;

    /** The same as a field of its own, whose type says the rest. */
    String fieldText(Cursor cursor) throws Unusable {
        return text(cursor);
    }

    /** Whether its values have members, and so are fields of their own. */
    boolean hasMembers() {
        return false;
    }

    /** Reads what has members into fields of their own, and returns how many there were. */
    int members(Cursor cursor, String prefix, Fields fields) throws Unusable {
        throw new UnsupportedOperationException("it has no members");
    }

    /** Reads which of several types follows; only unions have several. */
    ValueReader choose(Cursor cursor) throws Unusable {
        return this;
    }

    /** Reads a value into a field, or into several ones where it has members. */
    final void place(Cursor cursor, String path, Fields fields) throws Unusable {
        cursor.count();
        ValueReader of = choose(cursor);
        if (!of.hasMembers()) {
            fields.add(path, new Leaf(of.type, of.fieldText(cursor)));
            return;
        }
        cursor.enter();
        if (of.members(cursor, path + ".", fields) == 0) {
            fields.add(path, Leaf.EMPTY_OBJECT);
        }
        cursor.leave();
    }

    /** Reads a whole key or value: its members where it has any, else one field for all of it. */
    final void placeRoot(Cursor cursor, Part part, Fields fields) throws Unusable {
        ValueReader of = choose(cursor);
        if (!of.hasMembers()) {
            of.place(cursor, part.whole, fields);
            return;
        }
        cursor.enter();
        of.members(cursor, part.prefix, fields);
        cursor.leave();
    }
}
