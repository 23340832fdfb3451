package shadowflink.v1;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The schemas of one part of the records, by id: each is fetched and made ready once. */
final class Library {
    /** How the records of a schema are read; <code>referred</code> are those that it refers to, by name, each behind its own. */
    interface Format {
        ReadFields reader(String schema, Map<String, String> referred) throws Unusable;
    }

    /** Corrupt records may name any id; past so many different ones the registry is not asked for more. */
    private static final int MOST_SCHEMAS = 1_000;
    /** A schema that refers to more others than this is taken for broken. */
    private static final int MOST_REFERENCES = 1_000;

    /** A registry may hear later than a producer of a schema: what it does not know it is asked again. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final String type;
    private final Format format;
    private final Registry registry;
    private final Map<Integer, Known> known = new HashMap<>();

    /** Of schemas that the registry says are of this type. */
    Library(String type, Format format, Registry registry) {
        this.type = type;
        this.format = format;
        this.registry = registry;
    }

    /** How records with this schema are read. */
    ReadFields get(int id) throws Unusable {
        Known found = known.get(id);
        if (found == null || found.isOver()) {
            found = look(id);
        }
        if (found.refused != null) {
            throw found.refused;
        }
        return found.reader;
    }

    /** Or why there is none, and until when that is so. */
    private record Known(ReadFields reader, Unusable refused, long until) {
        boolean isOver() {
            return refused != null && System.nanoTime() - until > 0;
        }
    }

    private Known look(int id) throws Unusable {
        String what = "its schema id " + Integer.toUnsignedString(id);
        if (known.size() >= MOST_SCHEMAS && !known.containsKey(id)) {
            throw new Unusable(what + " was not looked up, as " + MOST_SCHEMAS + " others were before it");
        }
        Known found;
        try {
            found = new Known(load(what, id), null, 0);
        } catch (Unusable reason) {
            found = new Known(null, reason, System.nanoTime() + PATIENCE.toNanos());
        }
        known.put(id, found);
        return found;
    }

    private ReadFields load(String what, int id) throws Unusable {
        Registry.Schema schema = registry.schema(id);
        if (schema == null) {
            throw new Unusable(what + " is not known to the registry at " + registry.url());
        }
        if (!schema.type().equals(type)) {
            throw new Unusable(what + " is " + schema.type() + ", not " + type);
        }
        try {
            Map<String, String> referred = new LinkedHashMap<>();
            visit(schema, new HashSet<>(), referred);
            return format.reader(schema.text(), referred);
        } catch (Unusable reason) {
            throw new Unusable(what + " cannot be used: " + reason.getMessage());
        }
    }

    /** Finds the schemas that one refers to, each behind those that it refers to itself. */
    private void visit(Registry.Schema schema, Set<String> seen, Map<String, String> found) throws Unusable {
        for (Registry.Reference reference : schema.references()) {
            if (!seen.add(reference.name())) {
                continue;
            }
            if (seen.size() > MOST_REFERENCES) {
                throw new Unusable("it refers to more than " + MOST_REFERENCES + " others");
            }
            Registry.Schema referred = registry.version(reference.subject(), reference.version());
            if (referred == null) {
                throw new Unusable("it refers to " + reference.name() + ", version " + reference.version()
                        + " of subject " + reference.subject() + ", which the registry does not know");
            }
            visit(referred, seen, found);
            found.put(reference.name(), referred.text());
        }
    }
}
