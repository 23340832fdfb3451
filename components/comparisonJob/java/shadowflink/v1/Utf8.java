package shadowflink.v1;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Text as it is written. A BOM is data here: dropping it would make two different records equal. */
final class Utf8 {
    private Utf8() {}

    /** The text of bytes in UTF-8; null where they are none. */
    static String text(byte[] bytes, int start, int end) {
        String text = new String(bytes, start, end - start, StandardCharsets.UTF_8);
        // It puts this sign where bytes are no UTF-8.
        return text.indexOf('\ufffd') < 0 ? text : strict(bytes, start, end);
    }

    private static String strict(byte[] bytes, int start, int end) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, start, end - start)).toString();
        } catch (CharacterCodingException error) {
            return null;
        }
    }
}
