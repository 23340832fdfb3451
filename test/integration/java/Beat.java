import java.util.List;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/** A job that only beats. It gives itself a name and fails without the arguments that it was promised. */
public class Beat {
    public static void main(String[] args) throws Exception {
        if (!List.of(args).contains("--topic") || List.of(args).contains("--fail")) {
            throw new IllegalArgumentException("not the arguments of a beat");
        }
        var environment = StreamExecutionEnvironment.getExecutionEnvironment();
        environment
            .fromSequence(0, Long.MAX_VALUE)
            .map(
                beat -> {
                    Thread.sleep(50);
                    return beat;
                })
            .returns(Types.LONG)
            .sinkTo(new DiscardingSink<>());
        environment.execute("a name of its own");
    }
}
