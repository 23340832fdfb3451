package shadowflink.v1;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;

/** The one value that a message of Protobuf's own types stands for. */
enum ProtobufMeaning {
    TIME("seconds", "nanos") {
        @Override
        Leaf leaf(List<String> texts, Leaf.Type type) {
            BigInteger seconds = new BigInteger(texts.get(0));
            BigInteger nanos = new BigInteger(texts.get(1));
            boolean isTime = isBetween(seconds, FIRST_SECOND, LAST_SECOND) && isBetween(nanos, 0, 999_999_999);
            return isTime ? new Leaf(Leaf.Type.STRING, instant(seconds.longValue(), nanos.intValue())) : null;
        }
    },
    DURATION("seconds", "nanos") {
        @Override
        Leaf leaf(List<String> texts, Leaf.Type type) {
            BigInteger nanos = new BigInteger(texts.get(0)).multiply(BigInteger.valueOf(1_000_000_000));
            return new Leaf(Leaf.Type.NUMBER, Texts.decimal(nanos.add(new BigInteger(texts.get(1))), 9));
        }
    },
    VALUE("value") {
        @Override
        Leaf leaf(List<String> texts, Leaf.Type type) {
            return new Leaf(type, texts.get(0));
        }
    };

    /** Protobuf's limits: the years 1 to 9999. */
    private static final long FIRST_SECOND = -62_135_596_800L;
    private static final long LAST_SECOND = 253_402_300_799L;
    private static final DateTimeFormatter SECONDS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");
    private static final Map<String, ProtobufMeaning> BY_NAME = Map.ofEntries(
            Map.entry("google.protobuf.Timestamp", TIME),
            Map.entry("google.protobuf.Duration", DURATION),
            Map.entry("google.protobuf.DoubleValue", VALUE),
            Map.entry("google.protobuf.FloatValue", VALUE),
            Map.entry("google.protobuf.Int64Value", VALUE),
            Map.entry("google.protobuf.UInt64Value", VALUE),
            Map.entry("google.protobuf.Int32Value", VALUE),
            Map.entry("google.protobuf.UInt32Value", VALUE),
            Map.entry("google.protobuf.BoolValue", VALUE),
            Map.entry("google.protobuf.StringValue", VALUE),
            Map.entry("google.protobuf.BytesValue", VALUE));

    /** The fields that it is made of. */
    final List<String> fields;

    ProtobufMeaning(String... fields) {
        this.fields = List.of(fields);
    }

    /** What a message of this name means; null for most. */
    static ProtobufMeaning of(String fullName) {
        return BY_NAME.get(fullName);
    }

    /** Whether a field of this type can be one of those; somebody's own file may have another message under such a name. */
    boolean takes(Leaf.Type type) {
        return this == VALUE || type == Leaf.Type.INTEGER;
    }

    /** From the fields' texts; null where they mean nothing, and the members are to be shown. */
    abstract Leaf leaf(List<String> texts, Leaf.Type type);

    private static boolean isBetween(BigInteger value, long first, long last) {
        return value.compareTo(BigInteger.valueOf(first)) >= 0 && value.compareTo(BigInteger.valueOf(last)) <= 0;
    }

    /** An ISO timestamp with as many of the nanoseconds as are not zero, three at a time. */
    private static String instant(long seconds, int nanos) {
        String date = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC).format(SECONDS);
        String digits = Integer.toString(1_000_000_000 + nanos).substring(1).replaceFirst("(000){1,3}$", "");
        return '"' + date + (digits.isEmpty() ? "" : "." + digits) + "Z\"";
    }
}
