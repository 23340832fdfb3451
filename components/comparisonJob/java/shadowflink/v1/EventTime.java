package shadowflink.v1;

import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** When a record happened, in whole milliseconds since the epoch; without a zone it is UTC. */
final class EventTime {
    /** Below this a number is seconds since the epoch (until the year 5138), from it on milliseconds. */
    private static final double FIRST_MILLISECONDS = 1e11;
    /** From here on it can only be microseconds or nanoseconds. */
    private static final double FIRST_MICROSECONDS = 1e14;
    /** The beginning of the year 1, the first one that Flink has. */
    private static final long FIRST = -62_135_596_800_000L;
    /** The end of the year 9999, the last one that Flink has. */
    private static final long LAST = 253_402_300_799_999L;
    private static final String TOO_LARGE = "is too large for milliseconds since the epoch (microseconds?)";

    private static final Pattern TIMESTAMP = Pattern.compile(
            "\"(\\d{4})-(\\d\\d)-(\\d\\d)(?:[T ](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?(?: ?(Z|[+-]\\d\\d:?\\d\\d))?)?\"");

    /** Many records in a row say the same: all those of a window, say. */
    private String lastText = "";

    private long last;

    /** Of a record's timestamp. */
    static long ofTimestamp(long timestamp) throws Unusable {
        if (timestamp < 0) {
            throw new Unusable("it has no timestamp, and no field is named as its event time");
        }
        if (timestamp >= FIRST_MICROSECONDS) {
            throw new Unusable("it has a timestamp that " + TOO_LARGE);
        }
        return timestamp;
    }

    /** Of a field: a number of seconds or milliseconds (told apart by their size), an ISO timestamp or a SQL one. */
    long ofField(String path, Leaf leaf) throws Unusable {
        if (leaf == null) {
            throw new Unusable("it has no field " + path + ", the event time");
        }
        try {
            long eventTime = of(leaf);
            if (eventTime < FIRST) {
                throw new Unusable("lies before the year 1");
            }
            if (eventTime > LAST) {
                throw new Unusable("lies behind the year 9999");
            }
            return eventTime;
        } catch (Unusable reason) {
            throw new Unusable("it has an event time " + path + " that " + reason.getMessage());
        }
    }

    private long of(Leaf leaf) throws Unusable {
        switch (leaf.type()) {
            case INTEGER, NUMBER:
                // What is no number of JSON is an object that says what it is.
                return ofNumber(leaf.text().startsWith("{") ? Double.NaN : Double.parseDouble(leaf.text()));
            case STRING:
                if (!leaf.text().equals(lastText)) {
                    last = ofTimestamp(leaf.text());
                    lastText = leaf.text();
                }
                return last;
            default:
                throw new Unusable("is of type " + leaf.type().word + OTHER);
        }
    }

    private static final String OTHER = ", not epoch seconds or milliseconds, an ISO timestamp or a SQL one";

    private static long ofNumber(double value) throws Unusable {
        double size = Math.abs(value);
        if (size < FIRST_MILLISECONDS) {
            return (long) Math.floor(value * 1000);
        }
        // Not a number is no smaller than any.
        if (!(size < FIRST_MICROSECONDS)) {
            throw new Unusable(TOO_LARGE);
        }
        return (long) Math.floor(value);
    }

    private static long ofTimestamp(String text) throws Unusable {
        Matcher match = TIMESTAMP.matcher(text);
        if (!match.matches()) {
            throw new Unusable("is a string of another form" + OTHER);
        }
        try {
            LocalDateTime local = LocalDateTime.of(
                    part(match, 1), part(match, 2), part(match, 3), part(match, 4), part(match, 5), part(match, 6));
            String fraction = match.group(7) == null ? "" : match.group(7);
            int milliseconds = Integer.parseInt((fraction + "000").substring(0, 3));
            return local.toInstant(ZoneOffset.UTC).toEpochMilli() + milliseconds - offset(match.group(8));
        } catch (DateTimeException error) {
            throw new Unusable("is a timestamp that does not exist");
        }
    }

    private static int part(Matcher match, int group) {
        return match.group(group) == null ? 0 : Integer.parseInt(match.group(group));
    }

    private static long offset(String zone) {
        if (zone == null || zone.equals("Z")) {
            return 0;
        }
        long minutes = Integer.parseInt(zone.substring(1, 3)) * 60L + Integer.parseInt(zone.substring(zone.length() - 2));
        return (zone.startsWith("-") ? -1 : 1) * minutes * 60_000;
    }
}
