package shadowflink.v1;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a record says, as one text: a line for each field, in order of their names, without the ignored ones: its name as a JSON
 * string, a tab, and its text. Neither names nor texts have a raw tab or line break in their JSON form, so it can be split again.
 */
final class Content {
    /** One field. */
    record Line(String name, String text) {}

    private Content() {}

    static String of(Fields fields, Shape shape, Set<String> ignored) {
        StringBuilder content = new StringBuilder();
        for (Shape.Line line : shape.lines()) {
            if (!ignored.contains(line.path())) {
                content.append(content.length() == 0 ? "" : "\n").append(line.beginning());
                content.append(fields.leaf(line.field()).text());
            }
        }
        return content.toString();
    }

    /** The lines of a content, in their order. */
    static List<Line> lines(String content) {
        List<Line> lines = new ArrayList<>();
        for (int start = 0; start < content.length(); ) {
            int tab = content.indexOf('\t', start);
            int found = content.indexOf('\n', tab);
            int end = found < 0 ? content.length() : found;
            lines.add(new Line(content.substring(start, tab), content.substring(tab + 1, end)));
            start = end + 1;
        }
        return lines;
    }

    /** What the line of a field begins with; no other one does. */
    static String beginning(String path) {
        return Texts.string(path) + "\t";
    }
}
