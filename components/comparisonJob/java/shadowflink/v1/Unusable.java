package shadowflink.v1;

/** Why a record cannot be compared, as the rest of a sentence: "it is not valid JSON". No payload is in it. */
final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
        // Nobody looks at where a record was refused, and of records there are many.
        super(message, null, false, false);
    }
}
