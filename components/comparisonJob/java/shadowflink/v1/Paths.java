package shadowflink.v1;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The paths of a record type's fields, which are the same for all of its records at one place. */
final class Paths {
    /** More characters of paths are not remembered: behind a map's keys there may be any number of them. */
    private static final int MOST_CHARACTERS = 200_000;

    private final String[] escaped;
    private final Map<String, String[]> byPrefix = new HashMap<>();
    private int characters;

    Paths(List<String> names) {
        escaped = names.stream().map(Name::escaped).toArray(String[]::new);
    }

    /** In the order of the names. */
    String[] behind(String prefix) {
        String[] known = byPrefix.get(prefix);
        if (known != null) {
            return known;
        }
        String[] paths = new String[escaped.length];
        int length = 0;
        for (int i = 0; i < paths.length; i++) {
            paths[i] = prefix + escaped[i];
            length += paths[i].length() + 1;
        }
        if (characters + length <= MOST_CHARACTERS) {
            byPrefix.put(prefix, paths);
            characters += length;
        }
        return paths;
    }
}
