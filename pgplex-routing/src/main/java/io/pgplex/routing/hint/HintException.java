package io.pgplex.routing.hint;

/** A hint that cannot be understood. */
public final class HintException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final String hint;

    HintException(String sqlState, String message, String hint) {
        super(message);
        this.sqlState = sqlState;
        this.hint = hint;
    }

    /** 42601 for a malformed hint, 22023 for an unknown option or value. */
    public String sqlState() {
        return sqlState;
    }

    /** What to write instead. */
    public String hint() {
        return hint;
    }
}
