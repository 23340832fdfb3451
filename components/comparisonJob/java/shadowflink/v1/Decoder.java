package shadowflink.v1;

/** Takes the bytes of a key or a value apart. */
interface Decoder {
    /** The id of none. */
    int NO_SCHEMA = -1;

    /**
     * Adds what they say to the fields of a record.
     *
     * @return the id of the registry's schema with which they were written, or {@link #NO_SCHEMA}
     */
    int decode(byte[] bytes, Fields fields) throws Unusable;
}
