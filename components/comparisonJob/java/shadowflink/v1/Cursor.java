package shadowflink.v1;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Where a binary record is read. Nothing is read behind its end, and what would unfold into more than its bytes can hold is
 * refused, so that hostile bytes cost neither memory nor time.
 */
final class Cursor {
    private static final String ENDS_EARLY = "it ends too early for its schema";
    private static final String TOO_LONG = "it has an integer of more than 64 bits";

    private final byte[] bytes;
    private final ByteBuffer buffer;
    private final long mostValues;
    private int at;
    private int depth;
    private long values;

    Cursor(byte[] bytes, int start) {
        this.bytes = bytes;
        buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        at = start;
        mostValues = 1_000_000 + 64L * bytes.length;
    }

    int at() {
        return at;
    }

    int left() {
        return bytes.length - at;
    }

    /** Counts a value that is about to be read: some take no bytes, and corrupt counts may be of any size. */
    void count() throws Unusable {
        count(1);
    }

    void count(long more) throws Unusable {
        // The least long there is has no size.
        if (more < 0 || more > mostValues - values) {
            throw new Unusable("it unfolds into more values than its bytes can hold");
        }
        values += more;
    }

    /** Call it in front of what is inside another value, and {@link #leave} behind it. */
    void enter() throws Unusable {
        if (++depth > JsonDecoder.DEEPEST_NESTING) {
            throw new Unusable("it is nested more than " + JsonDecoder.DEEPEST_NESTING + " levels deep");
        }
    }

    void leave() {
        depth--;
    }

    int readByte() throws Unusable {
        return bytes[skip(1)] & 0xff;
    }

    float readFloat() throws Unusable {
        return buffer.getFloat(skip(4));
    }

    double readDouble() throws Unusable {
        return buffer.getDouble(skip(8));
    }

    int fixed32() throws Unusable {
        return buffer.getInt(skip(4));
    }

    long fixed64() throws Unusable {
        return buffer.getLong(skip(8));
    }

    /** An unsigned integer of at most 64 bits, seven bits a byte. */
    long varint() throws Unusable {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = readByte();
            if (shift == 63 && next > 1) {
                throw new Unusable(TOO_LONG);
            }
            value |= (next & 0x7fL) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new Unusable(TOO_LONG);
    }

    /** An integer that is written as a varint in zigzag: 0, -1, 1, -2, 2… */
    long zigzag() throws Unusable {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    /** An integer that says how many bytes follow, none of them behind the end. */
    int length() throws Unusable {
        long length = zigzag();
        if (length < 0) {
            throw new Unusable("it has a negative length");
        }
        return within(length);
    }

    /** The same, where it is written without a sign. */
    int unsignedLength() throws Unusable {
        return within(varint());
    }

    /** Goes past so many bytes, and returns where they begin. */
    int skip(int length) throws Unusable {
        if (length > left()) {
            throw new Unusable(ENDS_EARLY);
        }
        int start = at;
        at += length;
        return start;
    }

    /** So many bytes, as a JSON string of hexadecimal digits. */
    String hex(int length) throws Unusable {
        int start = skip(length);
        return Texts.bytes(bytes, start, at);
    }

    /** All bytes from there up to here, in the same way. */
    String hexFrom(int start) {
        return Texts.bytes(bytes, start, at);
    }

    String string(int length) throws Unusable {
        int start = skip(length);
        String text = Utf8.text(bytes, start, at);
        if (text == null) {
            throw new Unusable("it has a string that is not valid UTF-8");
        }
        return text;
    }

    /** So many bytes as one integer, the highest one first. */
    BigInteger integer(int length) throws Unusable {
        int start = skip(length);
        return new BigInteger(bytes, start, length);
    }

    private int within(long length) throws Unusable {
        if (Long.compareUnsigned(length, left()) > 0) {
            throw new Unusable(ENDS_EARLY);
        }
        return (int) length;
    }
}
