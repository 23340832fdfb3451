package shadowflink.v1;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The fields of a record in their order, without the values: most records of a topic share a few. */
final class Shape {
    /** What the line of a field begins with, and the field's place in the record. */
    record Line(String path, String beginning, int field) {}

    /** More characters of paths are not remembered: ids as names of fields. */
    private static final int MOST_CHARACTERS = 500_000;

    private final Shape root;
    private final Shape before;
    private final Line line;
    /** With one more field: the one that followed the last time, and all that did, where there are several. */
    private Shape last;
    private Map<String, Shape> next;
    private Line[] lines;
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

    /** This shape with one more field. */
    Shape with(String path) {
        if (last == null) {
            last = anew(path);
        } else if (!last.line.path.equals(path)) {
            if (next == null) {
                next = new HashMap<>();
                next.put(last.line.path, last);
            }
            last = next.computeIfAbsent(path, this::anew);
        }
        return last;
    }

    private Shape anew(String path) {
        root.characters += path.length() + 1;
        return new Shape(root, this, new Line(path, Content.beginning(path), line == null ? 0 : line.field + 1));
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
        }
        return lines;
    }
}
