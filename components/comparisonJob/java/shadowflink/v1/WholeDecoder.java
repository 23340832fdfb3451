package shadowflink.v1;

/** One field for all of a part: its text, or its bytes. */
final class WholeDecoder implements Decoder {
    private final Part part;
    private final boolean isText;

    WholeDecoder(Part part, boolean isText) {
        this.part = part;
        this.isText = isText;
    }

    @Override
    public int decode(byte[] bytes, Fields fields) throws Unusable {
        fields.add(part.whole, isText ? text(bytes) : new Leaf(Leaf.Type.BYTES, Texts.bytes(bytes, 0, bytes.length)));
        return NO_SCHEMA;
    }

    private static Leaf text(byte[] bytes) throws Unusable {
        String text = Utf8.text(bytes, 0, bytes.length);
        if (text == null) {
            throw new Unusable("it is not valid UTF-8");
        }
        return new Leaf(Leaf.Type.STRING, Texts.string(text));
    }
}
