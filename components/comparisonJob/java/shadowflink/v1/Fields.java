package shadowflink.v1;

import java.util.Arrays;

/**
 * A record's fields, in the order in which they were found: by path, <code>a.b</code> for nested ones, with a backslash before a
 * dot or a backslash that belongs to a name. Arrays, and objects without members, are one value.
 */
final class Fields {
    private String[] paths = new String[16];
    private Leaf[] leaves = new Leaf[16];
    private int size;

    /** To be used for another record: there are many. */
    void clear() {
        size = 0;
    }

    /** Whoever adds them sees to it that no path is there twice. */
    void add(String path, Leaf leaf) {
        if (size == paths.length) {
            paths = Arrays.copyOf(paths, 2 * size);
            leaves = Arrays.copyOf(leaves, 2 * size);
        }
        paths[size] = path;
        leaves[size++] = leaf;
    }

    int size() {
        return size;
    }

    String path(int place) {
        return paths[place];
    }

    Leaf leaf(int place) {
        return leaves[place];
    }

    /** Null where there is none. */
    Leaf get(String path) {
        for (int i = 0; i < size; i++) {
            if (paths[i].equals(path)) {
                return leaves[i];
            }
        }
        return null;
    }
}
