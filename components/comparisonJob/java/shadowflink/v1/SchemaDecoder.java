package shadowflink.v1;

import java.nio.ByteBuffer;

/** Confluent's wire format: a zero byte, the schema's id in four, and the record. */
final class SchemaDecoder implements Decoder {
    private static final int HEADER_LENGTH = 5;

    private final Library library;

    SchemaDecoder(Library library) {
        this.library = library;
    }

    @Override
    public int decode(byte[] bytes, Fields fields) throws Unusable {
        if (bytes.length < HEADER_LENGTH || bytes[0] != 0) {
            throw new Unusable("it has no schema id: " + describeStart(bytes));
        }
        int id = ByteBuffer.wrap(bytes).getInt(1);
        ReadFields schema = library.get(id);
        try {
            schema.read(bytes, HEADER_LENGTH, fields);
        } catch (Unusable reason) {
            throw inSchema(reason.getMessage(), id);
        }
        return id;
    }

    private static Unusable inSchema(String reason, int id) {
        return new Unusable(reason + " (schema id " + Integer.toUnsignedString(id) + ")");
    }

    private static String describeStart(byte[] bytes) {
        if (bytes.length < HEADER_LENGTH) {
            return "it is only " + bytes.length + " bytes long";
        }
        return bytes[0] == '{'
                ? "it begins like JSON"
                : "it does not begin with the zero byte of a registry's wire format";
    }
}
