package shadowflink.v1;

/** One value inside a record: its type, and the one text that every equal value has. */
record Leaf(Type type, String text) {
    static final Leaf TRUE = new Leaf(Type.BOOLEAN, "true");
    static final Leaf FALSE = new Leaf(Type.BOOLEAN, "false");
    static final Leaf NULL = new Leaf(Type.NULL, "null");
    static final Leaf EMPTY_OBJECT = new Leaf(Type.OBJECT, "{}");

    /** A number written without fraction and exponent is an integer, any other a number. */
    enum Type {
        STRING('s', "string"),
        INTEGER('i', "integer"),
        NUMBER('d', "number"),
        BOOLEAN('b', "boolean"),
        NULL('n', "null"),
        OBJECT('o', "object"),
        ARRAY('a', "array"),
        BYTES('x', "bytes");

        /** Stands for it in a {@link Content}. */
        final char letter;
        /** As evidence names it. */
        final String word;

        Type(char letter, String word) {
            this.letter = letter;
            this.word = word;
        }

        static Type of(char letter) {
            for (Type type : values()) {
                if (type.letter == letter) {
                    return type;
                }
            }
            throw new IllegalArgumentException("no type has the letter " + letter);
        }
    }
}
