package shadowflink.v1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * How the records of an Avro schema are read. They are read with the schema that wrote them, which needs no defaults and no
 * order. A schema that breaks a rule of Avro's is refused.
 */
final class AvroSchema {
    private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Set<String> ORDERS = Set.of("ascending", "descending", "ignore");
    private static final int LARGEST_SCALE = 100_000;
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** What was defined so far, by full name. */
    private final Map<String, ValueReader> named = new HashMap<>();
    /** Of the record that is being read; null where it has none. */
    private String namespace;

    private AvroSchema() {}

    /** <code>referred</code> are the schemas that it refers to, each one behind those that it refers to itself. */
    static ReadFields reader(String schema, Map<String, String> referred, Part part) throws Unusable {
        AvroSchema schemas = new AvroSchema();
        for (String text : referred.values()) {
            schemas.compile(parse(text));
        }
        ValueReader reader = schemas.compile(parse(schema));
        return (bytes, start, fields) -> {
            Cursor cursor = new Cursor(bytes, start);
            reader.placeRoot(cursor, part, fields);
            if (cursor.left() > 0) {
                throw new Unusable("it goes on " + cursor.left() + " bytes behind what its schema says");
            }
        };
    }

    private static JsonNode parse(String text) throws Unusable {
        String schema = text.strip();
        // It may be the bare name of a type.
        if (!schema.isEmpty() && (Character.isLetterOrDigit(schema.charAt(0)) || schema.charAt(0) == '_')) {
            return MAPPER.getNodeFactory().textNode(schema);
        }
        try {
            return MAPPER.readTree(schema);
        } catch (JsonProcessingException error) {
            throw new Unusable("it is not valid JSON: " + error.getOriginalMessage());
        }
    }

    private ValueReader compile(JsonNode schema) throws Unusable {
        if (schema.isTextual()) {
            return known(schema.asText());
        }
        if (schema.isArray()) {
            return union(schema);
        }
        Meaning meaning = Meaning.of(schema);
        String type = schema.path("type").isTextual() ? schema.get("type").asText() : "";
        return switch (type) {
            case "record", "error" -> record(schema);
            case "enum" -> define(schema, AvroReaders.ofEnum(symbols(schema)));
            case "fixed" -> define(schema, fixed(schema, meaning));
            case "array" -> AvroReaders.ofArray(compile(inner(schema, "items")));
            case "map" -> AvroReaders.ofMap(compile(inner(schema, "values")));
            case "bytes" -> meaning.isOf("decimal") ? AvroReaders.ofDecimal(Cursor::length, meaning.scale) : AvroReaders.BYTES;
            case "int" -> meaning.isOf("date") ? AvroReaders.DATE : AvroReaders.INT;
            case "long" -> AvroReaders.ofLong(meaning.places());
            default -> primitive(type);
        };
    }

    /** What a schema says of a type beside its form. What does not fit the form, or is not known, counts for nothing. */
    private record Meaning(String name, int scale) {
        private static final Meaning NONE = new Meaning("", 0);

        static Meaning of(JsonNode schema) {
            double scale = schema.hasNonNull("scale") ? schema.get("scale").asDouble(-1) : 0;
            boolean isScale = scale >= 0 && scale <= LARGEST_SCALE && scale == Math.rint(scale);
            return isScale ? new Meaning(schema.path("logicalType").asText(""), (int) scale) : NONE;
        }

        boolean isOf(String name) {
            return this.name.equals(name);
        }

        /** Those behind the point of a time that is written as milliseconds. */
        int places() {
            return switch (name) {
                case "timestamp-micros", "local-timestamp-micros" -> 3;
                case "timestamp-nanos", "local-timestamp-nanos" -> 6;
                default -> 0;
            };
        }
    }

    private ValueReader known(String name) throws Unusable {
        String unqualified = name.substring(name.lastIndexOf('.') + 1);
        if (AvroReaders.PRIMITIVES.containsKey(unqualified)) {
            return primitive(unqualified);
        }
        String full = qualified(name, namespace);
        ValueReader found = named.get(full);
        if (found == null) {
            throw new Unusable("it names the type " + full + ", which is not defined");
        }
        return found;
    }

    private static ValueReader primitive(String type) throws Unusable {
        ValueReader reader = AvroReaders.PRIMITIVES.get(type);
        if (reader == null) {
            throw new Unusable("its type " + (type.isEmpty() ? "" : type + " ") + "is not one of Avro's");
        }
        return reader;
    }

    private ValueReader union(JsonNode schema) throws Unusable {
        List<AvroReaders.Branch> branches = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode of : schema) {
            if (of.isArray()) {
                throw new Unusable("it has a union inside a union");
            }
            ValueReader reader = compile(of);
            String name = branchName(of);
            if (!names.add(name)) {
                throw new Unusable("it has a union with two types " + name);
            }
            branches.add(new AvroReaders.Branch(name, reader));
        }
        if (branches.isEmpty()) {
            throw new Unusable("it has a union of no types");
        }
        return AvroReaders.ofUnion(branches);
    }

    /** The full name of a type with a name, else what type it is. */
    private String branchName(JsonNode schema) throws Unusable {
        if (schema.isTextual()) {
            String unqualified = schema.asText().substring(schema.asText().lastIndexOf('.') + 1);
            return AvroReaders.PRIMITIVES.containsKey(unqualified) ? unqualified : qualified(schema.asText(), namespace);
        }
        String type = schema.get("type").asText();
        boolean isNamed = schema.has("name") && Set.of("record", "error", "enum", "fixed").contains(type);
        return isNamed ? fullName(schema) : type;
    }

    private ValueReader record(JsonNode schema) throws Unusable {
        String outer = namespace;
        if (schema.has("namespace")) {
            namespace = schema.get("namespace").textValue();
        } else if (schema.path("name").asText().lastIndexOf('.') >= 0) {
            String name = schema.get("name").asText();
            namespace = name.substring(0, name.lastIndexOf('.'));
        }
        AvroReaders.OfRecord record = new AvroReaders.OfRecord(schema.has("name") ? fullName(schema) : "");
        define(schema, record);
        if (!schema.path("fields").isArray()) {
            throw new Unusable("it has a record without fields");
        }
        List<String> names = new ArrayList<>();
        List<ValueReader> readers = new ArrayList<>();
        for (JsonNode field : schema.get("fields")) {
            String name = field.path("name").asText();
            if (!NAME.matcher(name).matches() || names.contains(name)) {
                throw new Unusable("it has a record with a field " + name + " that is no name, or there twice");
            }
            if (!ORDERS.contains(field.path("order").asText("ascending"))) {
                throw new Unusable("it has a field " + name + " with an order that is none");
            }
            names.add(name);
            readers.add(compile(field.path("type")));
        }
        record.define(names, readers);
        namespace = outer;
        return record;
    }

    private static String[] symbols(JsonNode schema) throws Unusable {
        List<String> symbols = new ArrayList<>();
        for (JsonNode symbol : schema.path("symbols")) {
            if (!NAME.matcher(symbol.asText()).matches() || symbols.contains(symbol.asText())) {
                throw new Unusable("it has an enum with a symbol " + symbol.asText() + " that is no name, or there twice");
            }
            symbols.add(symbol.asText());
        }
        boolean hasDefault = !schema.has("default") || symbols.contains(schema.get("default").asText());
        if (symbols.isEmpty() || !hasDefault) {
            throw new Unusable("it has an enum without symbols, or without its default");
        }
        return symbols.toArray(new String[0]);
    }

    private static ValueReader fixed(JsonNode schema, Meaning meaning) throws Unusable {
        JsonNode size = schema.path("size");
        if (!size.isNumber() || size.doubleValue() != size.intValue() || size.intValue() < 0) {
            throw new Unusable("it has a fixed type without a size");
        }
        int bytes = size.intValue();
        return meaning.isOf("decimal")
                ? AvroReaders.ofDecimal(cursor -> bytes, meaning.scale)
                : AvroReaders.ofBytes(cursor -> bytes);
    }

    private static JsonNode inner(JsonNode schema, String name) throws Unusable {
        if (!schema.hasNonNull(name)) {
            throw new Unusable("it has a type without " + name);
        }
        return schema.get(name);
    }

    /** Makes a type known by its name, if it has one. */
    private ValueReader define(JsonNode schema, ValueReader reader) throws Unusable {
        for (JsonNode alias : schema.path("aliases")) {
            qualified(alias.asText(), namespace);
        }
        if (schema.has("name") && named.put(fullName(schema), reader) != null) {
            throw new Unusable("it defines the type " + fullName(schema) + " twice");
        }
        return reader;
    }

    private String fullName(JsonNode schema) throws Unusable {
        String name = schema.get("name").asText();
        if (AvroReaders.PRIMITIVES.containsKey(name.substring(name.lastIndexOf('.') + 1))) {
            throw new Unusable("it gives a type of its own the name " + name);
        }
        return qualified(name, schema.has("namespace") ? schema.get("namespace").textValue() : namespace);
    }

    private static String qualified(String name, String namespace) throws Unusable {
        String full = name;
        if (name.indexOf('.') >= 0) {
            full = name.startsWith(".") ? name.substring(1) : name;
        } else if (namespace != null && !namespace.isEmpty()) {
            full = namespace + "." + name;
        }
        for (String part : full.split("\\.", -1)) {
            if (!NAME.matcher(part).matches()) {
                throw new Unusable("it has a type with the name " + full + ", which is none");
            }
        }
        return full;
    }
}
