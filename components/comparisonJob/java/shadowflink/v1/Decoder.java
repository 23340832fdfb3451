package shadowflink.v1;

import java.util.Map;

/** Takes the bytes of a key or a value apart. */
interface Decoder {
    /** The id of none. */
    int NO_SCHEMA = -1;

    /**
     * Adds what they say to the fields of a record: by path, <code>a.b</code> for nested ones, with a backslash before a dot
     * or a backslash that belongs to a name. Arrays, and objects without members, are one value.
     *
     * @return the id of the registry's schema with which they were written, or {@link #NO_SCHEMA}
     */
    int decode(byte[] bytes, Map<String, Leaf> fields) throws Unusable;
}
