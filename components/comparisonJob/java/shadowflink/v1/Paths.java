package shadowflink.v1;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The paths of a record type's fields, which are the same for all of its records at one place. */
final class Paths {
    /** Most prefixes that are remembered: behind a map's keys there may be any number of them. */
    private static final int MOST_PREFIXES = 256;

    private final String[] escaped;
    private final Map<String, String[]> byPrefix = new HashMap<>();

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
        for (int i = 0; i < paths.length; i++) {
            paths[i] = prefix + escaped[i];
        }
        if (byPrefix.size() < MOST_PREFIXES) {
            byPrefix.put(prefix, paths);
        }
        return paths;
    }
}
