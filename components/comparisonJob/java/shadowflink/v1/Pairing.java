package shadowflink.v1;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** What is left of the records of one identity, paired in the order of their contents: the same records make the same pairs. */
final class Pairing {
    /** Records of one side with the same content. */
    private static final class Left {
        final String content;
        int count;

        Left(String content, int count) {
            this.content = content;
            this.count = count;
        }
    }

    /** Pairs that differ in the same fields. */
    private static final class Pairs {
        long count;
        /** For each field the largest one; null where no two numbers differ. */
        final List<Double> distances;

        Pairs(int fields) {
            distances = new ArrayList<>(Collections.nCopies(fields, null));
        }

        void add(int pairs, List<Double> of) {
            count += pairs;
            for (int i = 0; i < of.size(); i++) {
                Double known = distances.get(i);
                if (known == null || (of.get(i) != null && of.get(i) > known)) {
                    distances.set(i, of.get(i));
                }
            }
        }
    }

    private final Map<String, Settings.Comparison> comparisons;
    private final List<Left> incumbents = new ArrayList<>();
    private final List<Left> candidates = new ArrayList<>();
    /** By their fields, as text. */
    private final Map<String, Pairs> differing = new LinkedHashMap<>();

    /** Of contents, and how many more of each the incumbent has. */
    Pairing(Map<String, Integer> rest, Map<String, Settings.Comparison> comparisons) {
        this.comparisons = comparisons;
        rest.entrySet().stream()
                .sorted((a, b) -> compareCodePoints(a.getKey(), b.getKey()))
                .forEach(one -> (one.getValue() > 0 ? incumbents : candidates)
                        .add(new Left(one.getKey(), Math.abs(one.getValue()))));
        int ours = 0;
        int theirs = 0;
        while (ours < incumbents.size() && theirs < candidates.size()) {
            Left incumbent = incumbents.get(ours);
            Left candidate = candidates.get(theirs);
            int pairs = Math.min(incumbent.count, candidate.count);
            pair(incumbent.content, candidate.content, pairs);
            incumbent.count -= pairs;
            candidate.count -= pairs;
            ours += incumbent.count == 0 ? 1 : 0;
            theirs += candidate.count == 0 ? 1 : 0;
        }
    }

    /** As {@link Counterparts} gives it. */
    RowData row() {
        StringBuilder json = new StringBuilder("[");
        List<Double> distances = new ArrayList<>();
        differing.forEach((fields, pairs) -> {
            json.append(json.length() > 1 ? "," : "")
                    .append("{\"pairs\":").append(pairs.count)
                    .append(",\"fields\":[").append(fields).append("]}");
            distances.addAll(pairs.distances);
        });
        return GenericRowData.of(
                alone(incumbents),
                alone(candidates),
                StringData.fromString(json.append(']').toString()),
                new GenericArrayData(distances.toArray(new Double[0])));
    }

    private void pair(String incumbent, String candidate, int pairs) {
        Differences differences = Differences.of(Content.lines(incumbent), Content.lines(candidate), comparisons);
        if (!differences.fields().isEmpty()) {
            List<Double> distances = differences.distances();
            differing.computeIfAbsent(differences.fields(), fields -> new Pairs(distances.size())).add(pairs, distances);
        }
    }

    private static long alone(List<Left> left) {
        return left.stream().mapToLong(one -> one.count).sum();
    }

    /** The order of their bytes in UTF-8; that of Java's strings is another one beyond U+FFFF. */
    private static int compareCodePoints(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char one = a.charAt(i);
            char other = b.charAt(i);
            if (one != other) {
                return Integer.compare(place(one), place(other));
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /** Surrogates stand for what comes behind all other units. */
    private static int place(char unit) {
        return Character.isSurrogate(unit) ? unit + 0x1_0000 : unit;
    }
}
