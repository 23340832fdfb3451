package shadowflink.v1;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.StringData;

/** The fields of a record in their order, and their types, without the values: most records of a topic share a few. */
final class Shape {
    /** What the line of a field begins with, and the field's place in the record. */
    record Line(String path, Leaf.Type type, String beginning, int field) {
        boolean is(String path, Leaf.Type type) {
            return this.type == type && this.path.equals(path);
        }
    }

    /** More characters of paths, and of what is made of them, are not remembered: ids as names of fields. */
    private static final int MOST_CHARACTERS = 500_000;

    private final Shape root;
    private final Shape before;
    private final Line line;
    /** With one more field: the one that followed the last time, and all that did, where there are several. */
    private Shape last;
    private Map<Field, Shape> next;
    private Line[] lines;
    private StringData types;
    private int characters;

    private Shape(Shape root, Shape before, Line line) {
        this.root = root == null ? this : root;
        this.before = before;
        this.line = line;
    }

    /** That of no fields. */
    static Shape root() {
        return new Shape(null, null, null);
    }

    /** Whether there are more of a root than are worth remembering. */
    boolean isFull() {
        return characters > MOST_CHARACTERS;
    }

    /** The shape of these fields, of a root. */
    Shape of(Fields fields) {
        Shape shape = this;
        for (int i = 0; i < fields.size(); i++) {
            shape = shape.with(fields.path(i), fields.leaf(i).type());
        }
        return shape;
    }

    private Shape with(String path, Leaf.Type type) {
        if (last == null) {
            last = anew(path, type);
        } else if (!last.line.is(path, type)) {
            if (next == null) {
                next = new HashMap<>();
                next.put(new Field(last.line.path, last.line.type), last);
            }
            last = next.computeIfAbsent(new Field(path, type), field -> anew(path, type));
        }
        return last;
    }

    private record Field(String path, Leaf.Type type) {}

    private Shape anew(String path, Leaf.Type type) {
        root.characters += path.length() + 1;
        int place = line == null ? 0 : line.field + 1;
        return new Shape(root, this, new Line(path, type, Content.beginning(path), place));
    }

    /** <code>[["delay","integer"],["gate","null"]]</code>: every field with its type, in the order of their names. */
    StringData types() {
        if (types == null) {
            StringBuilder json = new StringBuilder("[");
            for (Line line : lines()) {
                json.append(json.length() > 1 ? "," : "")
                        .append('[').append(Texts.string(line.path)).append(",\"").append(line.type.word).append("\"]");
            }
            types = StringData.fromString(json.append(']').toString());
            root.characters += json.length();
        }
        return types;
    }

    /** Its lines, in the order of a {@link Content}. */
    Line[] lines() {
        if (lines == null) {
            List<Line> all = new ArrayList<>();
            for (Shape shape = this; shape.line != null; shape = shape.before) {
                all.add(shape.line);
            }
            all.sort(Comparator.comparing(Line::beginning));
            lines = all.toArray(new Line[0]);
            root.characters += lines.length;
        }
        return lines;
    }
}
