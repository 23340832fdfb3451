package shadowflink.v1;

import java.util.HashMap;
import java.util.Map;

/**
 * A member's name where it stands in JSON objects, with its path. The records of a topic mostly have the same names in the same
 * order, so each one knows which one it had behind it the last time.
 */
final class Name {
    /** More characters of paths are not remembered: ids as names, or very long ones. */
    private static final int MOST_CHARACTERS = 200_000;

    private final String name;
    /** Of the field that it names. */
    final String path;

    private final String prefix;
    private final boolean isPlain;
    private final Name root;
    private int characters;
    private Map<String, Name> members;
    private Name first;
    private Name next;
    private long lastRecord;

    private Name(Name root, String name, String path, String prefix) {
        this.name = name;
        this.path = path;
        this.root = root == null ? this : root;
        this.prefix = prefix;
        isPlain = name != null && Texts.string(name).length() == name.length() + 2;
    }

    /** What stands above the names of a record; <code>prefix</code> stands in front of their paths. */
    static Name root(String prefix) {
        return new Name(null, null, null, prefix);
    }

    /** Whether a root has more below it than is worth remembering. */
    boolean isFull() {
        return characters > MOST_CHARACTERS;
    }

    /** The first member that it had the last time; null where it had none. */
    Name first() {
        return first;
    }

    /** The member that was behind it the last time; null where it was the last one. */
    Name next() {
        return next;
    }

    int length() {
        return name.length();
    }

    /** Whether a text has this name at a place, without an escape, and a quote behind it. */
    boolean standsIn(String text, int at) {
        int end = at + name.length();
        return isPlain && end < text.length() && text.charAt(end) == '"' && text.startsWith(name, at);
    }

    /** The member of this name, which is behind another one, if any. */
    Name member(String name, Name before) {
        if (members == null) {
            members = new HashMap<>();
        }
        Name member = members.get(name);
        if (member == null) {
            String path = prefix + escaped(name);
            member = new Name(root, name, path, path + ".");
            root.characters += path.length() + 1;
            members.put(name, member);
        }
        if (before == null) {
            first = member;
        } else {
            before.next = member;
        }
        return member;
    }

    /** Whether this is the first time in a record, each of which has a number of its own. */
    boolean isNewIn(long record) {
        boolean isNew = lastRecord != record;
        lastRecord = record;
        return isNew;
    }

    /** A name as it stands in a path. One that is called as the record's key is must not be taken for it. */
    static String escaped(String name) {
        if (name.equals("$key")) {
            return "\\$key";
        }
        return name.indexOf('.') < 0 && name.indexOf('\\') < 0
                ? name
                : name.replace("\\", "\\\\").replace(".", "\\.");
    }
}
