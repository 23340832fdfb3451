package shadowflink.v1;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Reads Protobuf messages of one type. What may be unset and is, is absent; what cannot be unset has its default. Messages that
 * come in parts are merged and of a map's equal keys the last counts, as Protobuf says.
 */
final class ProtobufMessage {
    /** What a message has: its fields by slot, and in hex those that its schema does not know. */
    static final class Scanned {
        /** Each a scalar's text, a message, or a list of either; null where there is none. */
        final Object[] slots;
        final StringBuilder unknown = new StringBuilder();

        private Scanned(int slots) {
            this.slots = new Object[slots];
        }

        private String unknownText() {
            return '"' + unknown.toString() + '"';
        }
    }

    /**
     * How a field of a message is read.
     *
     * @param scalar its type; null where that is a message
     * @param message the same for messages; of a map it is its entries'
     * @param oneof the slots of the fields of its oneof, if any: only the one that comes last counts
     * @param unwritten its text where it is there without being written; null where it is absent then
     */
    record Plan(
            String name,
            int number,
            ProtoFile.Kind kind,
            ProtobufScalar scalar,
            ProtobufMessage message,
            int wireType,
            int[] oneof,
            String unwritten) {
        static Plan ofEntry(String name, int number, ProtobufScalar scalar, ProtobufMessage message) {
            int wireType = message == null ? scalar.wireType() : ProtobufScalar.DELIMITED;
            String unwritten = message == null ? scalar.unwritten() : null;
            return new Plan(name, number, ProtoFile.Kind.ONE, scalar, message, wireType, NONE, unwritten);
        }
    }

    static final int[] NONE = {};

    /** No field has this number. */
    private static final int NO_GROUP = 0;

    private final Map<Integer, Integer> slotByNumber = new HashMap<>();
    private Plan[] plans;
    private Paths paths;
    private ProtobufMeaning meaning;
    private int[] meaningSlots;

    /** It is there before its fields are, since it may contain itself. */
    void define(String fullName, List<Plan> fields) {
        plans = fields.toArray(new Plan[0]);
        paths = new Paths(fields.stream().map(Plan::name).collect(Collectors.toList()));
        for (int slot = 0; slot < plans.length; slot++) {
            slotByNumber.put(plans[slot].number, slot);
        }
        ProtobufMeaning known = ProtobufMeaning.of(fullName);
        if (known != null) {
            meaningSlots = known.fields.stream().mapToInt(name -> slotOf(name, known)).toArray();
            meaning = Arrays.stream(meaningSlots).anyMatch(slot -> slot < 0) ? null : known;
        }
    }

    /** The entries of a map, which are messages of a key and a value. */
    static ProtobufMessage ofEntry(ProtobufScalar key, ProtobufScalar scalar, ProtobufMessage message) {
        ProtobufMessage entry = new ProtobufMessage();
        entry.define("", List.of(Plan.ofEntry("key", 1, key, null), Plan.ofEntry("value", 2, scalar, message)));
        return entry;
    }

    /** Adds the fields of the message that a part of a record is. */
    void read(Cursor cursor, Part part, Fields fields) throws Unusable {
        Scanned scanned = scan(cursor);
        Leaf leaf = meant(scanned);
        if (leaf == null) {
            place(cursor, scanned, part.prefix, fields);
        } else {
            fields.add(part.whole, leaf);
        }
    }

    private Scanned nothing() {
        return new Scanned(plans.length);
    }

    /** A message that is being read: up to <code>end</code>, or to the end of this group. */
    private record Level(ProtobufMessage message, Scanned into, int end, int group) {
        boolean isAtEnd(Cursor cursor) {
            return group == NO_GROUP && cursor.at() >= end;
        }
    }

    /** Reads what is left. Not in recursive descent, for which a thread of Flink's may have too small a stack. */
    private Scanned scan(Cursor cursor) throws Unusable {
        Deque<Level> levels = new ArrayDeque<>();
        Level level = new Level(this, nothing(), cursor.at() + cursor.left(), NO_GROUP);
        Scanned scanned = level.into;
        cursor.enter();
        while (level != null) {
            boolean isOver = level.isAtEnd(cursor);
            if (!isOver) {
                int start = cursor.at();
                int tag = readTag(cursor);
                if ((tag & 7) == ProtobufScalar.END_GROUP) {
                    checkEnd(tag >>> 3, level.group);
                    isOver = true;
                } else {
                    Level inner = level.message.take(tag, start, cursor, level);
                    if (inner != null) {
                        cursor.enter();
                        levels.push(level);
                        level = inner;
                        continue;
                    }
                }
            }
            if (isOver) {
                cursor.leave();
                level = levels.poll();
            }
            if (level != null && cursor.at() > level.end) {
                throw new Unusable("it has a field that is longer than its message");
            }
        }
        return scanned;
    }

    /** Reads a field whose tag was read; of a message it returns what is to be read before anything else. */
    private Level take(int tag, int start, Cursor cursor, Level level) throws Unusable {
        int wireType = tag & 7;
        Integer slot = slotByNumber.get(tag >>> 3);
        Plan plan = slot == null ? null : plans[slot];
        Level inner = null;
        if (plan != null && wireType == plan.wireType) {
            cursor.count();
            Object[] slots = level.into.slots;
            boolean isOne = plan.kind == ProtoFile.Kind.ONE;
            Object value;
            if (plan.message == null) {
                value = plan.scalar.text().read(cursor);
            } else {
                inner = plan.message.level(plan, cursor, isOne ? slots[slot] : null);
                value = inner.into;
            }
            if (isOne) {
                slots[slot] = value;
            } else {
                listIn(slots, slot).add(value);
            }
        } else if (plan != null && plan.kind == ProtoFile.Kind.MANY && plan.message == null
                && wireType == ProtobufScalar.DELIMITED) {
            packed(plan.scalar, cursor, listIn(level.into.slots, slot));
        } else {
            skip(cursor, tag >>> 3, wireType);
            String text = cursor.hexFrom(start);
            level.into.unknown.append(text, 1, text.length() - 1);
            return null;
        }
        for (int other : plan.oneof) {
            if (other != slot) {
                level.into.slots[other] = null;
            }
        }
        return inner;
    }

    /** What follows as a message of a field; <code>before</code> is a part of it that came earlier, if any. */
    private Level level(Plan plan, Cursor cursor, Object before) throws Unusable {
        Scanned into = before == null ? nothing() : (Scanned) before;
        if (plan.wireType == ProtobufScalar.START_GROUP) {
            return new Level(this, into, cursor.at() + cursor.left(), plan.number);
        }
        int length = cursor.unsignedLength();
        return new Level(this, into, cursor.at() + length, NO_GROUP);
    }

    /** Reads numbers one behind the other, without tags. */
    private static void packed(ProtobufScalar scalar, Cursor cursor, List<Object> into) throws Unusable {
        int length = cursor.unsignedLength();
        int end = cursor.at() + length;
        while (cursor.at() < end) {
            cursor.count();
            into.add(scalar.text().read(cursor));
        }
        if (cursor.at() != end) {
            throw new Unusable("it has packed values of another length than it says");
        }
    }

    @SuppressWarnings("unchecked")
    private static List<Object> listIn(Object[] slots, int slot) {
        if (slots[slot] == null) {
            slots[slot] = new ArrayList<>();
        }
        return (List<Object>) slots[slot];
    }

    /** The number of a field, and in the last three bits how its value stands there. */
    private static int readTag(Cursor cursor) throws Unusable {
        long tag = cursor.varint();
        if (tag < 8 || tag > 0xffff_ffffL) {
            throw new Unusable("it has a field of no possible number");
        }
        return (int) tag;
    }

    private static void checkEnd(int number, int group) throws Unusable {
        if (number != group) {
            throw new Unusable("it ends a group that it did not begin");
        }
    }

    /** Goes past a value whose tag was read. */
    private static void skip(Cursor cursor, int number, int wireType) throws Unusable {
        cursor.count();
        switch (wireType) {
            case ProtobufScalar.VARINT -> cursor.varint();
            case ProtobufScalar.FIXED64 -> cursor.skip(8);
            case ProtobufScalar.DELIMITED -> cursor.skip(cursor.unsignedLength());
            case ProtobufScalar.FIXED32 -> cursor.skip(4);
            case ProtobufScalar.START_GROUP -> skipGroup(cursor, number);
            default -> throw new Unusable("it has a field of no possible form");
        }
    }

    private static void skipGroup(Cursor cursor, int group) throws Unusable {
        cursor.enter();
        for (;;) {
            int tag = readTag(cursor);
            if ((tag & 7) == ProtobufScalar.END_GROUP) {
                checkEnd(tag >>> 3, group);
                cursor.leave();
                return;
            }
            skip(cursor, tag >>> 3, tag & 7);
        }
    }

    /** A message whose members are to be put into fields, and the path of all of them. */
    private record Placed(ProtobufMessage message, Scanned scanned, String path) {}

    /** Puts all members into fields, those of messages in it behind the others. */
    private void place(Cursor cursor, Scanned scanned, String prefix, Fields fields) throws Unusable {
        Deque<Placed> inner = new ArrayDeque<>();
        members(cursor, scanned, prefix, fields, inner);
        for (Placed next = inner.poll(); next != null; next = inner.poll()) {
            if (next.message.members(cursor, next.scanned, next.path + ".", fields, inner) == 0) {
                fields.add(next.path, Leaf.EMPTY_OBJECT);
            }
        }
    }

    /** Returns how many there were. */
    private int members(Cursor cursor, Scanned scanned, String prefix, Fields fields, Deque<Placed> inner)
            throws Unusable {
        String[] names = paths.behind(prefix);
        int members = 0;
        for (int slot = 0; slot < plans.length; slot++) {
            Object found = found(scanned, slot);
            if (found != null) {
                cursor.count();
                place(plans[slot], cursor, found, names[slot], fields, inner);
                members++;
            }
        }
        if (scanned.unknown.length() > 0) {
            // Not for its own sake, but so that two records that differ in it are not equal.
            fields.add(prefix + "$unknown", new Leaf(Leaf.Type.BYTES, scanned.unknownText()));
            members++;
        }
        return members;
    }

    private static void place(
            Plan plan, Cursor cursor, Object found, String path, Fields fields, Deque<Placed> inner)
            throws Unusable {
        if (plan.kind == ProtoFile.Kind.MAP) {
            Plan value = plan.message.plans[1];
            plan.message.entries(found).forEach((key, of) ->
                    placeValue(value, of, path + "." + Name.escaped(key), fields, inner));
        } else if (plan.kind == ProtoFile.Kind.MANY) {
            fields.add(path, new Leaf(Leaf.Type.ARRAY, text(plan, cursor, found)));
        } else {
            placeValue(plan, found, path, fields, inner);
        }
    }

    private static void placeValue(
            Plan plan, Object found, String path, Fields fields, Deque<Placed> inner) {
        if (plan.message == null) {
            fields.add(path, new Leaf(plan.scalar.type(), (String) found));
            return;
        }
        Scanned scanned = (Scanned) found;
        Leaf leaf = plan.message.meant(scanned);
        if (leaf == null) {
            inner.add(new Placed(plan.message, scanned, path));
        } else {
            fields.add(path, leaf);
        }
    }

    /** The single value that the message means, a time say; null where it is its members. */
    private Leaf meant(Scanned scanned) {
        if (meaning == null || scanned.unknown.length() > 0) {
            return null;
        }
        List<String> texts = new ArrayList<>();
        for (int slot : meaningSlots) {
            if (!(found(scanned, slot) instanceof String text)) {
                return null;
            }
            texts.add(text);
        }
        return meaning.leaf(texts, plans[meaningSlots[0]].scalar.type());
    }

    private String text(Cursor cursor, Scanned scanned) throws Unusable {
        Leaf leaf = meant(scanned);
        if (leaf != null) {
            return insideText(leaf.type(), leaf.text());
        }
        SortedMap<String, String> members = new TreeMap<>();
        for (int slot = 0; slot < plans.length; slot++) {
            Object found = found(scanned, slot);
            if (found != null) {
                cursor.count();
                members.put(plans[slot].name, text(plans[slot], cursor, found));
            }
        }
        if (scanned.unknown.length() > 0) {
            members.put("$unknown", insideText(Leaf.Type.BYTES, scanned.unknownText()));
        }
        return Texts.object(members);
    }

    /** All of a field, as it stands inside an array. */
    private static String text(Plan plan, Cursor cursor, Object found) throws Unusable {
        if (plan.kind == ProtoFile.Kind.MAP) {
            SortedMap<String, String> members = new TreeMap<>();
            for (Map.Entry<String, Object> entry : plan.message.entries(found).entrySet()) {
                members.put(entry.getKey(), valueText(plan.message.plans[1], cursor, entry.getValue()));
            }
            return Texts.object(members);
        }
        if (plan.kind == ProtoFile.Kind.ONE) {
            return valueText(plan, cursor, found);
        }
        StringBuilder array = new StringBuilder("[");
        for (Object item : (List<?>) found) {
            array.append(array.length() > 1 ? "," : "").append(valueText(plan, cursor, item));
        }
        return array.append(']').toString();
    }

    private static String valueText(Plan plan, Cursor cursor, Object found) throws Unusable {
        return plan.message == null
                ? insideText(plan.scalar.type(), (String) found)
                : plan.message.text(cursor, (Scanned) found);
    }

    /** Bytes are told from strings by their field's type, but not inside an array. */
    private static String insideText(Leaf.Type type, String text) {
        return type == Leaf.Type.BYTES ? Texts.taggedBytes(text) : text;
    }

    /** A map's values by key, of which this reads the entries; of equal keys the last one counts. */
    private Map<String, Object> entries(Object found) throws Unusable {
        Map<String, Object> entries = new LinkedHashMap<>();
        for (Object item : (List<?>) found) {
            Scanned entry = (Scanned) item;
            if (entry.unknown.length() > 0) {
                throw new Unusable("it has a map's entry with more than a key and a value");
            }
            Object value = found(entry, 1);
            entries.put((String) found(entry, 0), value == null ? plans[1].message.nothing() : value);
        }
        return entries;
    }

    private Object found(Scanned scanned, int slot) {
        Object found = scanned.slots[slot];
        return found == null ? plans[slot].unwritten : found;
    }

    private int slotOf(String name, ProtobufMeaning of) {
        for (int slot = 0; slot < plans.length; slot++) {
            Plan plan = plans[slot];
            if (plan.name.equals(name)) {
                return plan.scalar != null && of.takes(plan.scalar.type()) ? slot : -1;
            }
        }
        return -1;
    }
}
