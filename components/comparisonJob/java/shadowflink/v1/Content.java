package shadowflink.v1;

import java.util.ArrayList;
import java.util.List;
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

    /** Writes contents. */
    static final class Writer {
        private final Set<String> ignored;
        private final StringBuilder content = new StringBuilder();
        private Shape shapes = Shape.root();

        Writer(Set<String> ignored) {
            this.ignored = ignored;
        }

        String write(Fields fields) {
            content.setLength(0);
            for (Shape.Line line : shapeOf(fields).lines()) {
                Leaf leaf = fields.leaf(line.field());
                content.append(content.length() == 0 ? "" : "\n").append(line.beginning()).append(leaf.type().letter);
                if (!ignored.contains(line.path())) {
                    content.append(leaf.text());
                }
            }
            return content.toString();
        }

        private Shape shapeOf(Fields fields) {
            if (shapes.isFull()) {
                shapes = Shape.root();
            }
            Shape shape = shapes;
            for (int i = 0; i < fields.size(); i++) {
                shape = shape.with(fields.path(i));
            }
            return shape;
        }
    }
}
