package shadowflink.v1;

/** One value inside a record: its type, and the one text that every equal value has. */
record Leaf(Type type, String text) {
    static final Leaf TRUE = new Leaf(Type.BOOLEAN, "true");
    static final Leaf FALSE = new Leaf(Type.BOOLEAN, "false");
    static final Leaf NULL = new Leaf(Type.NULL, "null");
    static final Leaf EMPTY_OBJECT = new Leaf(Type.OBJECT, "{}");

    /** A number written without fraction and exponent is an integer, any other a number. */
    enum Type {
        STRING("string"),
        INTEGER("integer"),
        NUMBER("number"),
        BOOLEAN("boolean"),
        NULL("null"),
        OBJECT("object"),
        ARRAY("array"),
        BYTES("bytes");

        /** As evidence names it. */
        final String word;

        Type(String word) {
            this.word = word;
        }
    }
}
