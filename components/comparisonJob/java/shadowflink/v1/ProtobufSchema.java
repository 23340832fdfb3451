package shadowflink.v1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import shadowflink.v1.ProtoFile.Body;
import shadowflink.v1.ProtoFile.Enumeration;
import shadowflink.v1.ProtoFile.Field;
import shadowflink.v1.ProtoFile.Kind;
import shadowflink.v1.ProtoFile.Message;
import shadowflink.v1.ProtobufMessage.Plan;

/** The messages of a <code>.proto</code> file, and how records of each are read. */
final class ProtobufSchema implements ReadFields {
    private final Part part;
    private final ProtoFile file;
    private final ProtoNames names;
    private final Map<Message, ProtobufMessage> readers = new HashMap<>();

    /** @param referred the files that it may import, by the names by which they are imported */
    ProtobufSchema(String text, Map<String, String> referred, Part part) throws Unusable {
        this.part = part;
        file = ProtoParser.parse(text);
        names = new ProtoNames(files(file, referred));
        for (Message message : names.messages()) {
            readers.put(message, new ProtobufMessage());
        }
        for (Message message : names.messages()) {
            readers.get(message).define(message.fullName, plans(message));
        }
    }

    @Override
    public void read(byte[] bytes, int start, Fields fields) throws Unusable {
        Cursor cursor = new Cursor(bytes, start);
        readers.get(chosen(indexes(cursor))).read(cursor, part, fields);
    }

    /** A file and all that it imports, directly and not. */
    private static List<ProtoFile> files(ProtoFile first, Map<String, String> referred) throws Unusable {
        List<ProtoFile> files = new ArrayList<>(List.of(first));
        Set<String> seen = new HashSet<>();
        // Grows while it is gone through: files import files.
        for (int i = 0; i < files.size(); i++) {
            for (String name : files.get(i).imports) {
                String text = referred.getOrDefault(name, ProtobufOwnFiles.BY_NAME.get(name));
                if (!seen.add(name)) {
                    continue;
                }
                if (text != null) {
                    files.add(imported(name, text));
                } else if (!name.startsWith("google/protobuf/")) {
                    // Those that are not there describe schemas, for options that have no part in records.
                    throw new Unusable(name + ", which it imports, is not among its references");
                }
            }
        }
        return files;
    }

    private static ProtoFile imported(String name, String text) throws Unusable {
        try {
            return ProtoParser.parse(text);
        } catch (Unusable reason) {
            throw new Unusable("of " + name + ", which it imports: " + reason.getMessage());
        }
    }

    private List<Plan> plans(Message message) throws Unusable {
        Map<Integer, Field> byNumber = new HashMap<>();
        for (Field field : message.fields) {
            message.reserved.check(field.name(), field.number());
            if (byNumber.put(field.number(), field) != null) {
                throw new Unusable("it declares two fields " + field.number() + " of " + message.fullName);
            }
        }
        Map<String, int[]> oneofs = oneofs(message);
        List<Plan> plans = new ArrayList<>();
        for (Field field : message.fields) {
            plans.add(plan(field, message, oneofs.getOrDefault(field.oneof(), ProtobufMessage.NONE)));
        }
        return plans;
    }

    private Plan plan(Field field, Message message, int[] oneof) throws Unusable {
        ProtobufScalar scalar = ProtobufScalar.BY_NAME.get(field.type());
        Message type = null;
        if (scalar == null) {
            Object found = names.type(field.type(), field.scope() == null ? message.fullName : field.scope());
            if (found instanceof Enumeration of) {
                scalar = ProtobufScalar.ofEnum(of.values());
            } else {
                type = (Message) found;
            }
        }
        ProtobufMessage reader = readers.get(type);
        if (field.kind() == Kind.MAP) {
            ProtobufMessage entry = ProtobufMessage.ofEntry(ProtobufScalar.ofKey(field.keyType()), scalar, reader);
            return new Plan(
                    field.name(), field.number(), Kind.MAP, null, entry, ProtobufScalar.DELIMITED, ProtobufMessage.NONE, null);
        }
        boolean isAbsent = type != null || field.kind() == Kind.MANY || field.isOptional() || !field.features().isImplicit();
        int wireType = type == null ? scalar.wireType() : wireTypeOf(type, field);
        String unwritten = isAbsent ? null : scalar.unwritten();
        return new Plan(field.name(), field.number(), field.kind(), scalar, reader, wireType, oneof, unwritten);
    }

    private static int wireTypeOf(Message type, Field field) {
        return type.isGroup || field.features().isDelimited() ? ProtobufScalar.START_GROUP : ProtobufScalar.DELIMITED;
    }

    /** The slots of the fields of each oneof. */
    private static Map<String, int[]> oneofs(Message message) {
        return IntStream.range(0, message.fields.size())
                .boxed()
                .filter(slot -> message.fields.get(slot).oneof() != null)
                .collect(Collectors.groupingBy(
                        slot -> message.fields.get(slot).oneof(),
                        Collectors.collectingAndThen(
                                Collectors.toList(), slots -> slots.stream().mapToInt(Integer::intValue).toArray())));
    }

    /** Which message of the file a record is: an index, and the one inside that message, and so on. */
    private static long[] indexes(Cursor cursor) throws Unusable {
        long count = cursor.zigzag();
        if (count < 0 || count > cursor.left()) {
            throw new Unusable("it has no list of message indexes behind its schema id");
        }
        // The first message of a file, which most have only, is written as an empty list.
        long[] indexes = new long[count == 0 ? 1 : (int) count];
        for (int i = 0; i < count; i++) {
            indexes[i] = cursor.zigzag();
        }
        return indexes;
    }

    private Message chosen(long[] indexes) throws Unusable {
        Body among = file.body;
        Message found = null;
        for (long index : indexes) {
            List<Message> messages = among.messages.stream().filter(message -> !message.isGroup).collect(Collectors.toList());
            found = index < 0 || index >= messages.size() ? null : messages.get((int) index);
            if (found == null) {
                throw new Unusable("it is message " + shown(indexes) + " of its schema, which has no such message");
            }
            among = found.body;
        }
        return found;
    }

    private static String shown(long[] indexes) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(8, indexes.length); i++) {
            shown.append(i == 0 ? "" : ".").append(indexes[i]);
        }
        return shown.toString();
    }
}
