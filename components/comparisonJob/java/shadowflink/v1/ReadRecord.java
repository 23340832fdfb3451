package shadowflink.v1;

import java.util.List;
import java.util.Set;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * <code>read_record(record_key, record, written, settings)</code>: what a record says, when it happened and which one it is; or
 * why it cannot be compared, as <code>problem</code>, and then nothing else.
 */
@FunctionHint(
        output = @DataTypeHint(
                value = "ROW<problem STRING, event_ms BIGINT, record_identity STRING, content STRING, types STRING, "
                        + "schemas STRING>",
                bridgedTo = RowData.class))
public final class ReadRecord extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private transient StringData settings;
    private transient Reader reader;
    /** What was read last: several columns are taken from one record, and each of them asks. */
    private transient byte[] lastKey;
    private transient byte[] lastRecord;
    private transient TimestampData lastWritten;
    private transient RowData last;

    public RowData eval(
            @DataTypeHint("BYTES") byte[] key,
            @DataTypeHint("BYTES") byte[] record,
            @DataTypeHint(value = "TIMESTAMP_LTZ(3)", bridgedTo = TimestampData.class) TimestampData written,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData settings) {
        if (!settings.equals(this.settings)) {
            reader = new Reader(new Settings(settings.toString()));
            last = null;
            this.settings = settings;
        }
        if (last == null || record != lastRecord || record == null || key != lastKey || !written.equals(lastWritten)) {
            last = reader.read(key, record, written.getMillisecond());
            lastKey = key;
            lastRecord = record;
            lastWritten = written;
        }
        return last;
    }

    private static final class Reader {
        private final Decoder key;
        private final Decoder value;
        private final List<String> identity;
        private final String eventTime;
        private final EventTime time = new EventTime();
        private final Set<String> ignored;
        private final Fields fields = new Fields();
        private Shape shapes = Shape.root();

        Reader(Settings settings) {
            key = settings.decoder(Part.KEY);
            value = settings.decoder(Part.VALUE);
            identity = settings.identity();
            eventTime = settings.eventTime();
            ignored = settings.ignored();
        }

        RowData read(byte[] key, byte[] record, long written) {
            try {
                return readable(key, record, written);
            } catch (Unusable reason) {
                return row(reason.getMessage(), null, null, null, null, null);
            } catch (StackOverflowError error) {
                // How deep that is depends on the thread, which no record is to end.
                return row("it is nested too deep for the stack of the job's tasks", null, null, null, null, null);
            }
        }

        private RowData readable(byte[] key, byte[] record, long written) throws Unusable {
            fields.clear();
            int valueSchema = record == null ? Decoder.NO_SCHEMA : value.decode(record, fields);
            int keySchema = key == null ? Decoder.NO_SCHEMA : decodeKey(key);
            if (record == null) {
                throw new Unusable("it is a tombstone, which a topic that is only appended to does not have");
            }
            String of = identityOf();
            long at = eventTime == null ? EventTime.ofTimestamp(written) : time.ofField(eventTime, fields.get(eventTime));
            if (shapes.isFull()) {
                shapes = Shape.root();
            }
            Shape shape = shapes.of(fields);
            String content = Content.of(fields, shape, ignored);
            return row(null, at, of, content, shape.types(), schemas(keySchema, valueSchema));
        }

        private int decodeKey(byte[] bytes) throws Unusable {
            try {
                return key.decode(bytes, fields);
            } catch (Unusable reason) {
                throw new Unusable("its key cannot be used: " + reason.getMessage());
            }
        }

        /** The JSON array of the identity fields' values. */
        private String identityOf() throws Unusable {
            StringBuilder array = new StringBuilder("[");
            for (String path : identity) {
                Leaf leaf = fields.get(path);
                if (leaf == null) {
                    throw new Unusable("it has no field " + path + ", part of the identity");
                }
                array.append(array.length() > 1 ? "," : "").append(leaf.text());
            }
            return array.append(']').toString();
        }

        /** <code>key 3 value 7</code>: with which schemas of the registry it was written; null where with none. */
        private static String schemas(int key, int value) {
            if (key == Decoder.NO_SCHEMA) {
                return value == Decoder.NO_SCHEMA ? null : "value " + Integer.toUnsignedString(value);
            }
            String ofKey = "key " + Integer.toUnsignedString(key);
            return value == Decoder.NO_SCHEMA ? ofKey : ofKey + " value " + Integer.toUnsignedString(value);
        }

        private static RowData row(
                String problem, Long at, String identity, String content, StringData types, String schemas) {
            return GenericRowData.of(
                    StringData.fromString(problem),
                    at,
                    StringData.fromString(identity),
                    StringData.fromString(content),
                    types,
                    StringData.fromString(schemas));
        }
    }
}
