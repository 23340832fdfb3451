package shadowflink.v1;

import java.util.Map;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.GenericArrayData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * <code>counterparts(rest, settings)</code>: pairs what is left of the records of one identity, in the order of their contents. It gives
 * how many have no counterpart; how many pairs differ in which fields, as JSON:
 * <code>[{"pairs":1,"fields":[["delay","different"],["gate","added"]]}]</code>, the second for a field that only the candidate has;
 * and in the same order for each field the largest distance of two numbers.
 */
@FunctionHint(
        output = @DataTypeHint(
                value = "ROW<incumbents BIGINT, candidates BIGINT, differences STRING, distances ARRAY<DOUBLE>>",
                bridgedTo = RowData.class))
public final class Counterparts extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final RowData NONE =
            GenericRowData.of(0L, 0L, StringData.fromString("[]"), new GenericArrayData(new Double[0]));

    private transient StringData settings;
    private transient Map<String, Settings.Comparison> comparisons;
    /** What was asked last: several columns are taken from it, and each of them asks. */
    private transient Map<String, Integer> lastRest;
    private transient RowData last;

    public RowData eval(
            @DataTypeHint("MAP<STRING, INT>") Map<String, Integer> rest,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData settings) {
        if (rest.isEmpty()) {
            return NONE;
        }
        if (!settings.equals(this.settings)) {
            comparisons = new Settings(settings.toString()).comparisons();
            lastRest = null;
            this.settings = settings;
        }
        if (!rest.equals(lastRest)) {
            last = new Pairing(rest, comparisons).row();
            lastRest = rest;
        }
        return last;
    }

}
