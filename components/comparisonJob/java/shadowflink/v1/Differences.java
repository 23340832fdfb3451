package shadowflink.v1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * <code>differences(incumbent, candidate, settings)</code>: in which fields two contents differ beyond their tolerances, as a JSON
 * array: <code>[["delay","different"],["gate","added"]]</code>, the second for one that only the candidate has; and, in the same
 * order, how far two numbers are apart. Of one content, or none, there are no differences.
 */
@FunctionHint(
        output = @DataTypeHint(value = "ROW<fields STRING, largest ARRAY<DOUBLE>>", bridgedTo = RowData.class))
public final class Differences extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient StringData settings;
    private transient Map<String, Settings.Comparison> comparisons;
    /** What was compared last: two columns are taken from it, and each of them asks. */
    private transient String lastIncumbent;
    private transient String lastCandidate;
    private transient RowData last;

    public RowData eval(
            String incumbent,
            String candidate,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData settings) {
        if (incumbent == null || candidate == null) {
            return NONE;
        }
        if (!settings.equals(this.settings)) {
            comparisons = new Settings(settings.toString()).comparisons();
            last = null;
            this.settings = settings;
        }
        if (last == null || !incumbent.equals(lastIncumbent) || !candidate.equals(lastCandidate)) {
            last = new Found().of(Content.lines(incumbent), Content.lines(candidate));
            lastIncumbent = incumbent;
            lastCandidate = candidate;
        }
        return last;
    }

    private static final RowData NONE =
            GenericRowData.of(StringData.fromString("[]"), new GenericArrayData(new Double[0]));

    private final class Found {
        private final StringBuilder fields = new StringBuilder("[");
        private final List<Double> largest = new ArrayList<>();

        /** Both in the order of their names. */
        RowData of(List<Content.Line> incumbent, List<Content.Line> candidate) {
            Iterator<Content.Line> ours = incumbent.iterator();
            Iterator<Content.Line> theirs = candidate.iterator();
            Content.Line a = next(ours);
            Content.Line b = next(theirs);
            while (a != null || b != null) {
                int order = a == null ? 1 : b == null ? -1 : a.name().compareTo(b.name());
                if (order == 0) {
                    compare(a, b);
                } else if (order < 0 && !a.isIgnored()) {
                    add(a.name(), "different", null);
                } else if (order > 0 && !b.isIgnored()) {
                    add(b.name(), "added", null);
                }
                a = order <= 0 ? next(ours) : a;
                b = order >= 0 ? next(theirs) : b;
            }
            return GenericRowData.of(
                    StringData.fromString(fields.append(']').toString()),
                    new GenericArrayData(largest.toArray(new Double[0])));
        }

        private void compare(Content.Line a, Content.Line b) {
            if (a.text().equals(b.text())) {
                return;
            }
            Settings.Comparison how = comparisons.get(a.name());
            Decimal one = Decimal.of(a.text());
            Decimal other = Decimal.of(b.text());
            if (one != null && other != null) {
                compare(a.name(), one, other, how);
            } else if (how == null || !how.isUnordered() || !haveSameItems(a.text(), b.text())) {
                add(a.name(), "different", null);
            }
        }

        private void compare(String name, Decimal one, Decimal other, Settings.Comparison how) {
            Decimal apart = one.distance(other);
            if (apart == null) {
                add(name, "different", Double.MAX_VALUE);
            } else if (how == null
                    || !(apart.isAtMost(how.absoluteTolerance()) || apart.isAtMost(how.relativeTolerance().times(one)))) {
                add(name, "different", apart.toDouble());
            }
        }

        private void add(String name, String how, Double by) {
            fields.append(largest.isEmpty() ? "" : ",")
                    .append('[').append(name).append(",\"").append(how).append("\"]");
            largest.add(by);
        }
    }

    private static Content.Line next(Iterator<Content.Line> lines) {
        return lines.hasNext() ? lines.next() : null;
    }

    private static boolean haveSameItems(String a, String b) {
        return a.startsWith("[") && b.startsWith("[") && Arrays.equals(sortedItems(a), sortedItems(b));
    }

    /** The items of an array's canonical text, sorted. */
    private static String[] sortedItems(String array) {
        List<String> items = new ArrayList<>();
        int depth = 0;
        int start = 1;
        boolean inString = false;
        for (int i = 1; i < array.length(); i++) {
            char character = array.charAt(i);
            if (inString) {
                if (character == '\\') {
                    i++;
                } else if (character == '"') {
                    inString = false;
                }
            } else if (character == '"') {
                inString = true;
            } else if (character == '[' || character == '{') {
                depth++;
            } else if (depth == 0 && (character == ',' || character == ']')) {
                items.add(array.substring(start, i));
                start = i + 1;
            } else if (character == ']' || character == '}') {
                depth--;
            }
        }
        String[] sorted = items.toArray(new String[0]);
        Arrays.sort(sorted);
        return sorted;
    }
}
