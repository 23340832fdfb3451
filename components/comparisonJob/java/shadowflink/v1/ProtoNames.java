package shadowflink.v1;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import shadowflink.v1.ProtoFile.Body;
import shadowflink.v1.ProtoFile.Enumeration;
import shadowflink.v1.ProtoFile.Extension;
import shadowflink.v1.ProtoFile.Field;
import shadowflink.v1.ProtoFile.Message;

/** The names that several <code>.proto</code> files declare together, and what each of them stands for. */
final class ProtoNames {
    /** What is neither a message nor an enum. */
    private enum Other {
        PACKAGE,
        MEMBER
    }

    private static final String OWN_TYPES = "google.protobuf.";

    private final Map<String, Object> declared = new HashMap<>();
    private final List<Message> messages = new ArrayList<>();

    ProtoNames(List<ProtoFile> files) throws Unusable {
        for (ProtoFile file : files) {
            for (int dot = 0; dot >= 0 && !file.scope.isEmpty(); ) {
                dot = file.scope.indexOf('.', dot + 1);
                String part = dot < 0 ? file.scope : file.scope.substring(0, dot);
                Object before = declared.putIfAbsent(part, Other.PACKAGE);
                if (before != null && before != Other.PACKAGE) {
                    throw twice(part);
                }
            }
            declare(file.body, file.scope);
        }
        for (ProtoFile file : files) {
            extend(file.body, file.scope);
        }
    }

    /** All of them, also those inside others. */
    List<Message> messages() {
        return messages;
    }

    /**
     * The message or the enum that a name means in a place: where its first part is found furthest inside, there the rest has
     * to be.
     */
    Object type(String name, String scope) throws Unusable {
        Object found = find(name, scope);
        if (found instanceof Message || found instanceof Enumeration) {
            return found;
        }
        throw new Unusable("it has no type " + name + (scope.isEmpty() ? "" : " in " + scope));
    }

    private Object find(String name, String scope) {
        if (name.startsWith(".")) {
            return declared.get(name.substring(1));
        }
        int dot = name.indexOf('.');
        String first = dot < 0 ? name : name.substring(0, dot);
        for (String place = scope; ; place = outer(place)) {
            Object found = declared.get(join(place, first));
            boolean isType = found instanceof Message || found instanceof Enumeration;
            if (isType || (dot >= 0 && found == Other.PACKAGE)) {
                return dot < 0 ? found : declared.get(join(place, name));
            }
            if (place.isEmpty()) {
                return null;
            }
        }
    }

    private void declare(Body body, String scope) throws Unusable {
        for (Message message : body.messages) {
            message.fullName = join(scope, message.name);
            messages.add(message);
            declare(message.fullName, message);
            for (Field field : message.fields) {
                declare(join(message.fullName, field.name()), Other.MEMBER);
            }
            declare(message.body, message.fullName);
        }
        for (Enumeration of : body.enums) {
            declare(join(scope, of.name()), of);
        }
        for (Extension extension : body.extensions) {
            declare(join(scope, extension.field().name()), Other.MEMBER);
        }
        for (String name : body.others) {
            declare(join(scope, name), Other.MEMBER);
        }
    }

    private void declare(String name, Object what) throws Unusable {
        if (declared.put(name, what) != null) {
            throw twice(name);
        }
    }

    /** Gives the messages the fields that others declare for them. */
    private void extend(Body body, String scope) throws Unusable {
        for (Extension extension : body.extensions) {
            Object found = find(extension.extended(), scope);
            if (found instanceof Message message) {
                String name = "." + join(scope, extension.field().name());
                message.fields.add(extension.field().extending(name, scope));
            } else if (found != null || !isOwn(extension.extended())) {
                throw new Unusable("it extends " + extension.extended() + ", which is no message that it knows");
            }
        }
        for (Message message : body.messages) {
            extend(message.body, message.fullName);
        }
    }

    /** Whether it is one of Protobuf's own: those that no file declares are for options, which have no part in records. */
    private static boolean isOwn(String name) {
        return name.startsWith(OWN_TYPES) || name.startsWith("." + OWN_TYPES);
    }

    private static Unusable twice(String name) {
        return new Unusable("it declares " + name + " twice");
    }

    private static String join(String scope, String name) {
        return scope.isEmpty() ? name : scope + "." + name;
    }

    private static String outer(String scope) {
        int dot = scope.lastIndexOf('.');
        return dot < 0 ? "" : scope.substring(0, dot);
    }
}
