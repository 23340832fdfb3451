package shadowflink.v1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The fields in which two contents differ beyond their tolerances, and how far numbers are apart. */
final class Differences {
    private final Map<String, Settings.Comparison> comparisons;
    private final StringBuilder fields = new StringBuilder();
    private final List<Double> distances = new ArrayList<>();

    private Differences(Map<String, Settings.Comparison> comparisons) {
        this.comparisons = comparisons;
    }

    /** Of two counterparts, each as its lines. */
    static Differences of(
            List<Content.Line> incumbent, List<Content.Line> candidate, Map<String, Settings.Comparison> comparisons) {
        Differences differences = new Differences(comparisons);
        differences.compare(incumbent.iterator(), candidate.iterator());
        return differences;
    }

    /** <code>["delay","different"],["gate","added"]</code>, the second for a field that only the candidate has. */
    String fields() {
        return fields.toString();
    }

    /** For each of these fields the distance of two numbers; null where they are not both numbers. */
    List<Double> distances() {
        return distances;
    }

    /** Both in the order of their names. */
    private void compare(Iterator<Content.Line> ours, Iterator<Content.Line> theirs) {
        Content.Line a = next(ours);
        Content.Line b = next(theirs);
        while (a != null || b != null) {
            int order = a == null ? 1 : b == null ? -1 : a.name().compareTo(b.name());
            if (order == 0) {
                compare(a, b);
            } else if (order < 0) {
                add(a.name(), "different", null);
            } else {
                add(b.name(), "added", null);
            }
            a = order <= 0 ? next(ours) : a;
            b = order >= 0 ? next(theirs) : b;
        }
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
        fields.append(distances.isEmpty() ? "" : ",")
                .append('[').append(name).append(",\"").append(how).append("\"]");
        distances.add(by);
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
