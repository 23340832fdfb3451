package shadowflink.v1;

import java.util.Map;

/** Reads what stands behind a record's schema id into its fields. */
interface ReadFields {
    void read(byte[] bytes, int start, Map<String, Leaf> fields) throws Unusable;
}
