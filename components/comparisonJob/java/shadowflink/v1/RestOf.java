package shadowflink.v1;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * <code>rest_of(is_incumbent, content)</code>: what of some records does not cancel out, by content: how many more the incumbent has,
 * less than zero where the candidate has more. What is there as often on both sides is forgotten at once, and takes no state.
 */
@FunctionHint(output = @DataTypeHint("MAP<STRING, INT>"))
public final class RestOf extends AggregateFunction<Map<String, Integer>, RestOf.Rest> {
    private static final long serialVersionUID = 1L;

    /** What is left so far. */
    public static final class Rest {
        @DataTypeHint("MAP<STRING, INT>")
        public Map<String, Integer> contents = new HashMap<>();
    }

    @Override
    public Rest createAccumulator() {
        return new Rest();
    }

    public void accumulate(Rest rest, Boolean isIncumbent, String content) {
        add(rest, content, isIncumbent ? 1 : -1);
    }

    public void merge(Rest rest, Iterable<Rest> others) {
        for (Rest other : others) {
            other.contents.forEach((content, more) -> add(rest, content, more));
        }
    }

    @Override
    public Map<String, Integer> getValue(Rest rest) {
        return rest.contents;
    }

    private static void add(Rest rest, String content, int more) {
        rest.contents.merge(content, more, (known, also) -> known + also == 0 ? null : known + also);
    }
}
