package shadowflink.v1;

import java.util.Arrays;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.AggregateFunction;

/** <code>largest_of(numbers)</code>: of arrays of the same length, the largest number at each place; NULL where there is none. */
public final class LargestOf extends AggregateFunction<Double[], LargestOf.Largest> {
    private static final long serialVersionUID = 1L;

    /** What it has seen so far. */
    public static final class Largest {
        @DataTypeHint("ARRAY<DOUBLE>")
        public Double[] numbers = new Double[0];
    }

    @Override
    public Largest createAccumulator() {
        return new Largest();
    }

    public void accumulate(Largest largest, Double[] numbers) {
        if (largest.numbers.length < numbers.length) {
            largest.numbers = Arrays.copyOf(largest.numbers, numbers.length);
        }
        for (int i = 0; i < numbers.length; i++) {
            Double known = largest.numbers[i];
            if (known == null || (numbers[i] != null && numbers[i] > known)) {
                largest.numbers[i] = numbers[i];
            }
        }
    }

    public void merge(Largest largest, Iterable<Largest> others) {
        for (Largest other : others) {
            accumulate(largest, other.numbers);
        }
    }

    @Override
    public Double[] getValue(Largest largest) {
        return largest.numbers;
    }
}
