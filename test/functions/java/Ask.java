import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonGenerator;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import shadowflink.v1.Counterparts;
import shadowflink.v1.FieldOf;
import shadowflink.v1.ReadRecord;

/** Calls the functions of a comparison's job as Flink does: a question a line, and an answer a line, both JSON. */
public final class Ask {
    /** What reads the answers takes some characters beyond ASCII for the ends of lines. */
    private static final ObjectMapper JSON = new ObjectMapper().enable(JsonGenerator.Feature.ESCAPE_NON_ASCII);

    private final ReadRecord readRecord = new ReadRecord();
    private final Counterparts counterparts = new Counterparts();
    private final FieldOf fieldOf = new FieldOf();

    public static void main(String[] arguments) throws IOException {
        Ask ask = new Ask();
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        BufferedWriter answers = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            answers.write(JSON.writeValueAsString(ask.answer(JSON.readTree(line))));
            answers.newLine();
            answers.flush();
        }
    }

    private ObjectNode answer(JsonNode question) throws IOException {
        ObjectNode answer = JSON.createObjectNode();
        try {
            switch (question.get("ask").asText()) {
                case "read" -> read(question, answer);
                case "counterparts" -> pair(question, answer);
                case "field" -> answer.put("field", fieldOf.eval(text(question, "content"), text(question, "path")));
                default -> throw new IllegalArgumentException("nobody can be asked that");
            }
        } catch (RuntimeException error) {
            answer.removeAll().put("failed", error.getMessage());
        }
        return answer;
    }

    private void read(JsonNode question, ObjectNode answer) throws IOException {
        RowData row = readRecord.eval(
                question.get("key").binaryValue(),
                question.get("record").binaryValue(),
                TimestampData.fromEpochMillis(question.get("written").asLong()),
                StringData.fromString(text(question, "settings")));
        answer.put("problem", row.isNullAt(0) ? null : row.getString(0).toString());
        answer.put("eventTime", row.isNullAt(1) ? null : (Long) row.getLong(1));
        answer.put("identity", row.isNullAt(2) ? null : row.getString(2).toString());
        answer.put("content", row.isNullAt(3) ? null : row.getString(3).toString());
        answer.put("types", row.isNullAt(4) ? null : row.getString(4).toString());
        answer.put("schemas", row.isNullAt(5) ? null : row.getString(5).toString());
    }

    private void pair(JsonNode question, ObjectNode answer) throws IOException {
        Map<String, Integer> rest = new HashMap<>();
        question.get("rest").forEach(one -> rest.put(one.get(0).asText(), one.get(1).asInt()));
        RowData row = counterparts.eval(rest, StringData.fromString(text(question, "settings")));
        answer.put("incumbents", row.getLong(0)).put("candidates", row.getLong(1));
        answer.set("differences", JSON.readTree(row.getString(2).toString()));
        ArrayNode distances = answer.putArray("distances");
        for (int i = 0; i < row.getArray(3).size(); i++) {
            distances.add(row.getArray(3).isNullAt(i) ? null : row.getArray(3).getDouble(i));
        }
    }

    private static String text(JsonNode question, String name) {
        return question.get(name).textValue();
    }
}
