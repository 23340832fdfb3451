package shadowflink.v1;

import java.util.Map;

/** What the syntax of a <code>.proto</code> file, and the options of an edition, say of fields; nearer ones count first. */
final class ProtoFeatures {
    private static final String PREFIX = "features.";

    private final ProtoFeatures outer;
    /** Null where it is what it is further out. */
    private Boolean isImplicit;
    private Boolean isDelimited;

    ProtoFeatures(ProtoFeatures outer) {
        this.outer = outer;
    }

    static ProtoFeatures ofFile(ProtoSyntax syntax) {
        ProtoFeatures features = new ProtoFeatures(null);
        features.isImplicit = syntax == ProtoSyntax.PROTO3;
        features.isDelimited = false;
        return features;
    }

    /** Whether fields that are not written have their defaults, and are not absent. */
    boolean isImplicit() {
        return isImplicit == null ? outer.isImplicit() : isImplicit;
    }

    /** Whether messages inside others are written as groups are. */
    boolean isDelimited() {
        return isDelimited == null ? outer.isDelimited() : isDelimited;
    }

    /** Takes those out of options by name. */
    void set(Map<String, String> options, ProtoSyntax syntax) throws Unusable {
        for (Map.Entry<String, String> option : options.entrySet()) {
            if (!option.getKey().startsWith(PREFIX)) {
                continue;
            }
            if (!syntax.isEdition) {
                throw new Unusable("it sets " + option.getKey() + ", which only editions have");
            }
            switch (option.getKey().substring(PREFIX.length())) {
                case "field_presence" -> isImplicit = is(option, "IMPLICIT", "EXPLICIT", "LEGACY_REQUIRED");
                case "message_encoding" -> isDelimited = is(option, "DELIMITED", "LENGTH_PREFIXED");
                default -> { }
            }
        }
    }

    /** Whether it is set to the first of these. */
    private static boolean is(Map.Entry<String, String> option, String... values) throws Unusable {
        for (String value : values) {
            if (value.equals(option.getValue())) {
                return value.equals(values[0]);
            }
        }
        throw new Unusable("it sets " + option.getKey() + " to something else than " + String.join(", ", values));
    }
}
