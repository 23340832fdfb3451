package shadowflink.v1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** What a comparison's script says of its records: a JSON object, as shadow-flink writes it. */
final class Settings {
    /** How a field is compared. */
    record Comparison(Decimal absoluteTolerance, Decimal relativeTolerance, boolean isUnordered) {}

    /** Takes numbers as they are written. */
    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final JsonNode json;
    private Registry registry;

    Settings(String json) {
        try {
            this.json = MAPPER.readTree(json);
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException("the settings of a comparison are no JSON", error);
        }
    }

    /** The paths of the fields that tell which record is the counterpart of which. */
    List<String> identity() {
        List<String> paths = new ArrayList<>();
        json.path("identity").forEach(path -> paths.add(path.asText()));
        return paths;
    }

    /** The path of the field that says when a record happened; null where its timestamp does. */
    String eventTime() {
        return json.path("eventTime").textValue();
    }

    Set<String> ignored() {
        Set<String> paths = new HashSet<>();
        json.path("ignore").forEach(path -> paths.add(path.asText()));
        return paths;
    }

    /** How fields are compared of which that is said, by name as in a {@link Content}. */
    Map<String, Comparison> comparisons() {
        Map<String, Comparison> comparisons = new HashMap<>();
        json.path("fields").fields().forEachRemaining(field -> {
            JsonNode how = field.getValue();
            comparisons.put(Texts.string(field.getKey()), new Comparison(
                    decimal(how.path("absoluteTolerance")),
                    decimal(how.path("relativeTolerance")),
                    how.path("unordered").asBoolean()));
        });
        return comparisons;
    }

    Decoder decoder(Part part) {
        String format = json.path(part == Part.KEY ? "key" : "value").asText();
        return switch (format) {
            case "json" -> new JsonDecoder(part);
            case "string" -> new WholeDecoder(part, true);
            case "bytes" -> new WholeDecoder(part, false);
            case "avro" -> new SchemaDecoder(new Library(
                    "AVRO", (schema, referred) -> AvroSchema.reader(schema, referred, part), registry()));
            case "protobuf" -> new SchemaDecoder(new Library(
                    "PROTOBUF", (schema, referred) -> new ProtobufSchema(schema, referred, part), registry()));
            default -> throw new IllegalArgumentException("the format " + format + " is none");
        };
    }

    /** That of both parts: what it said of one of them is known of the other. */
    private Registry registry() {
        if (registry == null) {
            JsonNode of = json.path("registry");
            registry = new Registry(of.path("url").asText(), of.path("authorizationFrom").textValue());
        }
        return registry;
    }

    private static Decimal decimal(JsonNode number) {
        return Decimal.of(Decimal.canonical(number.asText("0")));
    }
}
