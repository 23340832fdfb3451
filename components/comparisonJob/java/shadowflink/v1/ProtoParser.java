package shadowflink.v1;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import shadowflink.v1.ProtoFile.Body;
import shadowflink.v1.ProtoFile.Enumeration;
import shadowflink.v1.ProtoFile.Extension;
import shadowflink.v1.ProtoFile.Field;
import shadowflink.v1.ProtoFile.Kind;
import shadowflink.v1.ProtoFile.Message;
import shadowflink.v1.ProtoFile.Reserved;

/**
 * Reads a <code>.proto</code> file, in recursive descent. What it does not understand makes the file unusable: of a schema
 * nothing is guessed.
 */
final class ProtoParser {
    private static final int LARGEST_NUMBER = (1 << 29) - 1;
    /** Messages inside each other, as many as protoc takes. */
    private static final int DEEPEST_MESSAGES = 32;
    private static final int DEEPEST_OPTIONS = 100;
    private static final Set<String> KEY_TYPES = Set.of(
            "int32", "int64", "uint32", "uint64", "sint32", "sint64",
            "fixed32", "fixed64", "sfixed32", "sfixed64", "bool", "string");

    private final ProtoTokens tokens;
    private final ProtoFile file = new ProtoFile();
    private ProtoSyntax syntax = ProtoSyntax.PROTO2;
    private ProtoFeatures features;
    private int depth;

    private ProtoParser(ProtoTokens tokens) {
        this.tokens = tokens;
    }

    static ProtoFile parse(String text) throws Unusable {
        ProtoParser parser = new ProtoParser(new ProtoTokens(text));
        parser.file();
        return parser.file;
    }

    private void file() throws Unusable {
        syntax();
        features = ProtoFeatures.ofFile(syntax);
        Map<String, String> options = new HashMap<>();
        while (!tokens.isAtEnd()) {
            if (tokens.skip("import")) {
                importFile();
            } else if (tokens.peek().equals("package") && file.scope.isEmpty()) {
                tokens.skip("package");
                file.scope = tokens.dottedName();
                tokens.expect(";");
            } else if (tokens.skip("service")) {
                service();
            } else if (!declaration(file.body, features, options)) {
                throw tokens.unexpected("a declaration");
            }
        }
        features.set(options, syntax);
    }

    private void syntax() throws Unusable {
        boolean isEdition = tokens.peek().equals("edition");
        if (!isEdition && !tokens.peek().equals("syntax")) {
            return;
        }
        tokens.name();
        tokens.expect("=");
        String name = tokens.string();
        syntax = isEdition ? ProtoSyntax.ofEdition(name) : ProtoSyntax.ofSyntax(name);
        if (syntax == null) {
            throw new Unusable("its " + (isEdition ? "edition" : "syntax") + " is not known");
        }
        tokens.expect(";");
    }

    private void importFile() throws Unusable {
        // What is imported for options only has no part in records.
        boolean isForOptions = syntax.hasVisibility && tokens.skip("option");
        if (!isForOptions && !tokens.skip("public")) {
            tokens.skip("weak");
        }
        String name = tokens.string();
        if (!isForOptions) {
            file.imports.add(name);
        }
        tokens.expect(";");
    }

    /** What may stand in a file and in a message alike; false where something else does. */
    private boolean declaration(Body into, ProtoFeatures outer, Map<String, String> options) throws Unusable {
        if (tokens.skip(";")) {
            return true;
        }
        String declared = tokens.peek(1);
        if (syntax.hasVisibility
                && (tokens.peek().equals("export") || tokens.peek().equals("local"))
                && (declared.equals("message") || declared.equals("enum"))) {
            tokens.name();
        }
        if (tokens.skip("message")) {
            into.messages.add(message(new Message(tokens.name(), false, outer)));
        } else if (tokens.skip("enum")) {
            into.enums.add(enumeration());
        } else if (tokens.skip("extend")) {
            extend(into, outer);
        } else if (tokens.skip("option")) {
            option(options);
            tokens.expect(";");
        } else {
            return false;
        }
        return true;
    }

    private Message message(Message message) throws Unusable {
        if (++depth > DEEPEST_MESSAGES) {
            throw tokens.problem("it has messages more than " + DEEPEST_MESSAGES + " levels deep");
        }
        Map<String, String> options = new HashMap<>();
        tokens.expect("{");
        while (!tokens.skip("}")) {
            if (tokens.skip("reserved")) {
                reserved(message.reserved);
            } else if (!message.isGroup && tokens.skip("oneof")) {
                oneof(message);
            } else if (!message.isGroup && tokens.skip("extensions")) {
                ranges(new Reserved());
                fieldOptions();
                tokens.expect(";");
            } else if (tokens.skip("map")) {
                message.fields.add(map(message.features));
            } else if (message.isGroup && tokens.peek().equals("extend")) {
                throw tokens.unexpected("a field");
            } else if (!declaration(message.body, message.features, options)) {
                Field field = field(message.body, message.features, null);
                message.fields.add(field);
                if (syntax == ProtoSyntax.PROTO3 && field.isOptional()) {
                    // Such a field is alone in a oneof, which has this name.
                    message.body.others.add("_" + field.name());
                }
            }
        }
        message.features.set(options, syntax);
        depth--;
        return message;
    }

    private void oneof(Message message) throws Unusable {
        String name = tokens.name();
        message.body.others.add(name);
        ProtoFeatures features = new ProtoFeatures(message.features);
        Map<String, String> options = new HashMap<>();
        tokens.expect("{");
        while (!tokens.skip("}")) {
            if (tokens.skip("option")) {
                option(options);
                tokens.expect(";");
            } else {
                message.fields.add(field(message.body, features, name));
            }
        }
        features.set(options, syntax);
    }

    private void extend(Body into, ProtoFeatures outer) throws Unusable {
        String extended = tokens.typeName();
        tokens.expect("{");
        while (!tokens.skip("}")) {
            into.extensions.add(new Extension(extended, field(into, outer, null)));
        }
    }

    /** @param body where a group declares its message */
    private Field field(Body body, ProtoFeatures outer, String oneof) throws Unusable {
        String label = label(oneof != null);
        if (tokens.peek().equals("group") && syntax == ProtoSyntax.PROTO2) {
            return group(body, outer, oneof, label);
        }
        String type = tokens.typeName();
        String name = tokens.name();
        int number = number();
        ProtoFeatures own = fieldFeatures(outer);
        tokens.expect(";");
        return new Field(name, number, kindOf(label), type, null, oneof, isOptional(oneof, label), own, null);
    }

    /** A field and its message in one. */
    private Field group(Body body, ProtoFeatures outer, String oneof, String label) throws Unusable {
        tokens.expect("group");
        String type = tokens.name();
        if (!Character.isUpperCase(type.charAt(0))) {
            throw tokens.problem("it has a group whose name begins with no capital");
        }
        if (oneof != null) {
            throw tokens.problem("it has a group in a oneof, which shadow-flink does not read");
        }
        int number = number();
        body.messages.add(message(new Message(type, true, outer)));
        String name = Character.toLowerCase(type.charAt(0)) + type.substring(1);
        return new Field(name, number, kindOf(label), type, null, null, isOptional(null, label), outer, null);
    }

    private Field map(ProtoFeatures outer) throws Unusable {
        tokens.expect("<");
        String keyType = tokens.peek();
        if (!KEY_TYPES.contains(keyType)) {
            throw tokens.unexpected("the type of a map's keys");
        }
        tokens.name();
        tokens.expect(",");
        String type = tokens.typeName();
        tokens.expect(">");
        String name = tokens.name();
        int number = number();
        ProtoFeatures own = fieldFeatures(outer);
        tokens.expect(";");
        return new Field(name, number, Kind.MAP, type, keyType, null, false, own, null);
    }

    /** How often a field may be there; empty where nothing says so. */
    private String label(boolean isInOneof) throws Unusable {
        boolean isLabel = switch (tokens.peek()) {
            case "repeated" -> true;
            case "optional" -> !syntax.isEdition;
            case "required" -> syntax == ProtoSyntax.PROTO2;
            default -> false;
        };
        if (isInOneof ? isLabel : !isLabel && syntax == ProtoSyntax.PROTO2) {
            throw tokens.unexpected(isInOneof ? "a field without a label" : "a declaration");
        }
        return isLabel ? tokens.name() : "";
    }

    private static Kind kindOf(String label) {
        return label.equals("repeated") ? Kind.MANY : Kind.ONE;
    }

    private static boolean isOptional(String oneof, String label) {
        return oneof != null || label.equals("optional") || label.equals("required");
    }

    private int number() throws Unusable {
        tokens.expect("=");
        long number = tokens.integer();
        if (number < 1 || number > LARGEST_NUMBER || (number >= 19_000 && number <= 19_999)) {
            throw tokens.problem("it has a field with the number " + number + ", which none may have");
        }
        return (int) number;
    }

    private Enumeration enumeration() throws Unusable {
        Enumeration of = new Enumeration(tokens.name());
        Map<String, String> options = new HashMap<>();
        tokens.expect("{");
        while (!tokens.skip("}")) {
            if (tokens.skip("option")) {
                option(options);
                tokens.expect(";");
            } else if (tokens.skip("reserved")) {
                reserved(of.reserved());
            } else if (!tokens.skip(";")) {
                value(of);
            }
        }
        boolean hasAliases = "true".equals(options.get("allow_alias"));
        if (!hasAliases && new HashSet<>(of.values().values()).size() < of.values().size()) {
            throw tokens.problem("it has an enum with a number twice, which does not allow aliases");
        }
        for (Map.Entry<String, Integer> value : of.values().entrySet()) {
            of.reserved().check(value.getKey(), value.getValue());
        }
        return of;
    }

    private void value(Enumeration of) throws Unusable {
        String name = tokens.name();
        tokens.expect("=");
        long number = tokens.integer();
        if (number != (int) number) {
            throw tokens.problem("it has an enum's value of more than 32 bits");
        }
        if (of.values().put(name, (int) number) != null) {
            throw tokens.problem("it has an enum with the value " + name + " twice");
        }
        fieldOptions();
        tokens.expect(";");
    }

    /** Numbers and names: protoc wants them apart, but registries write them in one. */
    private void reserved(Reserved into) throws Unusable {
        do {
            char first = firstOf(tokens.peek());
            if (first == '-' || Decimal.isDigit(first)) {
                range(into);
            } else {
                into.add(syntax.isEdition ? tokens.name() : tokens.string());
            }
        } while (tokens.skip(","));
        tokens.expect(";");
    }

    private void ranges(Reserved into) throws Unusable {
        do {
            range(into);
        } while (tokens.skip(","));
    }

    private void range(Reserved into) throws Unusable {
        long first = tokens.integer();
        long last = !tokens.skip("to") ? first : tokens.skip("max") ? Integer.MAX_VALUE : tokens.integer();
        into.add(first, last);
    }

    private void service() throws Unusable {
        file.body.others.add(tokens.name());
        tokens.expect("{");
        while (!tokens.skip("}")) {
            if (tokens.skip("rpc")) {
                tokens.name();
                streamed();
                tokens.expect("returns");
                streamed();
                if (!tokens.skip(";")) {
                    options();
                }
            } else {
                optionOrNothing();
            }
        }
    }

    /** A type of messages that a service takes or gives. */
    private void streamed() throws Unusable {
        tokens.expect("(");
        // A type may have that name, too.
        if (!tokens.peek(1).equals(")") && !tokens.peek(1).equals(".")) {
            tokens.skip("stream");
        }
        tokens.typeName();
        tokens.expect(")");
    }

    /** Nothing but options, in braces. */
    private void options() throws Unusable {
        tokens.expect("{");
        while (!tokens.skip("}")) {
            optionOrNothing();
        }
        tokens.skip(";");
    }

    private void optionOrNothing() throws Unusable {
        if (!tokens.skip(";")) {
            tokens.expect("option");
            option(new HashMap<>());
            tokens.expect(";");
        }
    }

    private ProtoFeatures fieldFeatures(ProtoFeatures outer) throws Unusable {
        ProtoFeatures own = new ProtoFeatures(outer);
        own.set(fieldOptions(), syntax);
        return own;
    }

    /** In brackets, if there are any. */
    private Map<String, String> fieldOptions() throws Unusable {
        Map<String, String> options = new HashMap<>();
        if (tokens.skip("[")) {
            do {
                option(options);
            } while (tokens.skip(","));
            tokens.expect("]");
        }
        return options;
    }

    private void option(Map<String, String> into) throws Unusable {
        StringBuilder name = new StringBuilder();
        do {
            name.append(name.length() > 0 ? "." : "");
            if (tokens.skip("(")) {
                name.append('(').append(tokens.typeName()).append(')');
                tokens.expect(")");
            } else {
                name.append(tokens.name());
            }
        } while (tokens.skip("."));
        tokens.expect("=");
        set(name.toString(), into, 0);
    }

    /** Reads what an option, or a member of one, is set to. */
    private void set(String name, Map<String, String> into, int depth) throws Unusable {
        if (depth > DEEPEST_OPTIONS) {
            throw tokens.problem("it has an option more than " + DEEPEST_OPTIONS + " levels deep");
        }
        if (tokens.skip("{")) {
            while (!tokens.skip("}")) {
                String member = name + "." + member();
                if (!tokens.skip(":") && !tokens.peek().equals("{") && !tokens.peek().equals("[")) {
                    throw tokens.unexpected("':'");
                }
                set(member, into, depth + 1);
                if (!tokens.skip(",")) {
                    tokens.skip(";");
                }
            }
        } else if (depth > 0 && tokens.skip("[")) {
            if (!tokens.skip("]")) {
                do {
                    set(name + "[]", into, depth + 1);
                } while (tokens.skip(","));
                tokens.expect("]");
            }
        } else {
            String value = tokens.constant();
            boolean counts = name.equals("allow_alias") || name.startsWith("features.");
            if (counts && into.put(name, value) != null) {
                throw tokens.problem("it sets the option " + name + " twice");
            }
        }
    }

    /** The name of an option's member: a plain one, or that of an extension. */
    private String member() throws Unusable {
        if (!tokens.skip("[")) {
            return tokens.name();
        }
        String name = tokens.dottedName();
        if (tokens.skip("/")) {
            name += "/" + tokens.dottedName();
        }
        tokens.expect("]");
        return "[" + name + "]";
    }

    private static char firstOf(String token) {
        return token.isEmpty() ? '\0' : token.charAt(0);
    }
}
