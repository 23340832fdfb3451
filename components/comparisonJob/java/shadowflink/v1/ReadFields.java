package shadowflink.v1;

/** Reads what stands behind a record's schema id into its fields. */
interface ReadFields {
    void read(byte[] bytes, int start, Fields fields) throws Unusable;
}
