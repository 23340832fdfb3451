package shadowflink.v1;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a <code>.proto</code> file declares, as far as records show it. */
final class ProtoFile {
    /** Its package; empty where it has none. */
    String scope = "";
    final List<String> imports = new ArrayList<>();
    final Body body = new Body();

    /** What is declared in one place: in a file, or in a message. */
    static final class Body {
        final List<Message> messages = new ArrayList<>();
        final List<Enumeration> enums = new ArrayList<>();
        final List<Extension> extensions = new ArrayList<>();
        /** Names that nothing else may have there. */
        final List<String> others = new ArrayList<>();
    }

    static final class Message {
        final String name;
        final boolean isGroup;
        final ProtoFeatures features;
        final Body body = new Body();
        final List<Field> fields = new ArrayList<>();
        final Reserved reserved = new Reserved();
        /** Its absolute name; known when the file is linked. */
        String fullName;

        Message(String name, boolean isGroup, ProtoFeatures outer) {
            this.name = name;
            this.isGroup = isGroup;
            features = new ProtoFeatures(outer);
        }
    }

    /** Values by name, in their order. */
    record Enumeration(String name, Map<String, Integer> values, Reserved reserved) {
        Enumeration(String name) {
            this(name, new LinkedHashMap<>(), new Reserved());
        }
    }

    enum Kind {
        ONE,
        MANY,
        MAP
    }

    /**
     * A field of a message.
     *
     * @param type the name of its type, or of that of a map's values
     * @param keyType that of a map's keys; else null
     * @param oneof the group of fields of which only one is set at a time; else null
     * @param isOptional whether it can be seen that it is not set, whatever its features say
     * @param scope where its type is looked for, if not in its message
     */
    record Field(
            String name,
            int number,
            Kind kind,
            String type,
            String keyType,
            String oneof,
            boolean isOptional,
            ProtoFeatures features,
            String scope) {
        /** As a field of the message that it extends. */
        Field extending(String name, String scope) {
            return new Field(name, number, kind, type, keyType, oneof, true, features, scope);
        }
    }

    /** A field for another message. */
    record Extension(String extended, Field field) {}

    /** Numbers and names that a message or an enum does not use any more. */
    static final class Reserved {
        private final List<long[]> ranges = new ArrayList<>();
        private final Set<String> names = new HashSet<>();

        void add(long first, long last) {
            ranges.add(new long[] {first, last});
        }

        void add(String name) {
            names.add(name);
        }

        void check(String name, int number) throws Unusable {
            if (names.contains(name) || ranges.stream().anyMatch(range -> range[0] <= number && number <= range[1])) {
                throw new Unusable("it declares " + name + " = " + number + ", which is reserved");
            }
        }
    }
}
