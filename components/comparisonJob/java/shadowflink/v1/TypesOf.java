package shadowflink.v1;

import org.apache.flink.table.functions.ScalarFunction;

/** <code>types_of(content)</code>: the type of every field, as a JSON array: <code>[["delay","integer"],["gate","null"]]</code>. */
public final class TypesOf extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public String eval(String content) {
        StringBuilder types = new StringBuilder("[");
        for (Content.Line line : Content.lines(content)) {
            types.append(types.length() > 1 ? "," : "")
                    .append('[').append(line.name()).append(",\"").append(line.type().word).append("\"]");
        }
        return types.append(']').toString();
    }
}
