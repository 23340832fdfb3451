package shadowflink.v1;

/** A part of a record that is decoded by itself. */
enum Part {
    KEY("$key", "$key."),
    VALUE("$value", "");

    /** The path of a part that is one value. */
    final String whole;
    /** What stands in front of the names of its own fields. */
    final String prefix;

    Part(String whole, String prefix) {
        this.whole = whole;
        this.prefix = prefix;
    }
}
