package shadowflink.v1;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * <code>rest_of(is_incumbent, content)</code>: what of some records does not cancel out, by content: how many more the incumbent has,
 * less than zero where the candidate has more. What is there as often on both sides is forgotten at once, and takes no state.
 */
@FunctionHint(output = @DataTypeHint("MAP<STRING, INT>"))
public final class RestOf extends AggregateFunction<Map<String, Integer>, RestOf.Rest> {
    private static final long serialVersionUID = 1L;

    /** What is left so far, of which there may be much: a record changes one entry of it. */
    public static final class Rest {
        @DataTypeHint("MAP<STRING, INT>")
        public MapView<String, Integer> contents = new MapView<>();
    }

    @Override
    public Rest createAccumulator() {
        return new Rest();
    }

    public void accumulate(Rest rest, Boolean isIncumbent, String content) throws Exception {
        add(rest, content, isIncumbent ? 1 : -1);
    }

    public void merge(Rest rest, Iterable<Rest> others) throws Exception {
        for (Rest other : others) {
            for (Map.Entry<String, Integer> more : other.contents.entries()) {
                add(rest, more.getKey(), more.getValue());
            }
        }
    }

    @Override
    public Map<String, Integer> getValue(Rest rest) {
        Map<String, Integer> left = new HashMap<>();
        try {
            rest.contents.entries().forEach(more -> left.put(more.getKey(), more.getValue()));
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
        return left;
    }

    private static void add(Rest rest, String content, int more) throws Exception {
        Integer known = rest.contents.get(content);
        int sum = known == null ? more : known + more;
        if (sum == 0) {
            rest.contents.remove(content);
        } else {
            rest.contents.put(content, sum);
        }
    }
}
