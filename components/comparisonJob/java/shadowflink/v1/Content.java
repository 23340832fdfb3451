package shadowflink.v1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a record says, as one text: a line for each field, in order of their names, each with its name as a JSON string, a tab,
 * the letter of its type, and its text. Of an ignored field the text is left out. Neither names nor texts have a raw tab or line
 * break in their JSON form, so it can be split again.
 */
final class Content {
    /** One field. */
    record Line(String name, Leaf.Type type, String text) {
        /** Whether it is there for its type only. */
        boolean isIgnored() {
            return text.isEmpty();
        }
    }

    private Content() {}

    /** The lines of a content, in their order. */
    static List<Line> lines(String content) {
        List<Line> lines = new ArrayList<>();
        for (int start = 0; start < content.length(); ) {
            int tab = content.indexOf('\t', start);
            int found = content.indexOf('\n', tab);
            int end = found < 0 ? content.length() : found;
            Leaf.Type type = Leaf.Type.of(content.charAt(tab + 1));
            lines.add(new Line(content.substring(start, tab), type, content.substring(tab + 2, end)));
            start = end + 1;
        }
        return lines;
    }

    /** What the line of a field begins with; no other one does. */
    static String beginning(String path) {
        return Texts.string(path) + "\t";
    }

    /** Writes contents. The records of a topic mostly have the same fields in the same order. */
    static final class Writer {
        /** More different ones than are worth a table: ids as names. */
        private static final int MOST_NAMES = 10_000;

        private final Set<String> ignored;
        private final Map<String, String> beginnings = new HashMap<>();
        private final StringBuilder content = new StringBuilder();
        private String[] lines = new String[16];

        Writer(Set<String> ignored) {
            this.ignored = ignored;
        }

        String write(Map<String, Leaf> fields) {
            if (fields.size() > lines.length) {
                lines = new String[fields.size()];
            }
            int count = 0;
            for (Map.Entry<String, Leaf> field : fields.entrySet()) {
                String path = field.getKey();
                Leaf leaf = field.getValue();
                content.setLength(0);
                content.append(beginningOf(path)).append(leaf.type().letter);
                if (!ignored.contains(path)) {
                    content.append(leaf.text());
                }
                lines[count++] = content.toString();
            }
            Arrays.sort(lines, 0, count);
            content.setLength(0);
            for (int i = 0; i < count; i++) {
                content.append(i == 0 ? "" : "\n").append(lines[i]);
            }
            return content.toString();
        }

        private String beginningOf(String path) {
            String known = beginnings.get(path);
            if (known == null) {
                if (beginnings.size() == MOST_NAMES) {
                    beginnings.clear();
                }
                known = beginning(path);
                beginnings.put(path, known);
            }
            return known;
        }
    }
}
