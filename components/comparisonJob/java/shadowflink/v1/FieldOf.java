package shadowflink.v1;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.functions.ScalarFunction;

/** <code>field_of(content, path)</code>: the canonical text of a field; NULL where it is not there. */
public final class FieldOf extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient Map<String, String> beginnings;

    public String eval(String content, String path) {
        if (beginnings == null) {
            beginnings = new HashMap<>();
        }
        String beginning = beginnings.computeIfAbsent(path, Content::beginning);
        int line = content.startsWith(beginning) ? 0 : content.indexOf("\n" + beginning) + 1;
        if (line == 0 && !content.startsWith(beginning)) {
            return null;
        }
        int end = content.indexOf('\n', line);
        return content.substring(line + beginning.length(), end < 0 ? content.length() : end);
    }
}
