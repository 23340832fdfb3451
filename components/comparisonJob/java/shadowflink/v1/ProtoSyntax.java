package shadowflink.v1;

/** In which language a <code>.proto</code> file is written. */
enum ProtoSyntax {
    PROTO2(false, false),
    PROTO3(false, false),
    EDITION_2023(true, false),
    /** And later ones, which differ in nothing that records show. */
    EDITION_2024(true, true);

    final boolean isEdition;
    /** Whether messages may be marked as exported or local. */
    final boolean hasVisibility;

    ProtoSyntax(boolean isEdition, boolean hasVisibility) {
        this.isEdition = isEdition;
        this.hasVisibility = hasVisibility;
    }

    /** Null where there is none of this name. */
    static ProtoSyntax ofSyntax(String name) {
        return switch (name) {
            case "proto2" -> PROTO2;
            case "proto3" -> PROTO3;
            default -> null;
        };
    }

    static ProtoSyntax ofEdition(String name) {
        return switch (name) {
            case "2023" -> EDITION_2023;
            case "2024", "2026" -> EDITION_2024;
            default -> null;
        };
    }
}
