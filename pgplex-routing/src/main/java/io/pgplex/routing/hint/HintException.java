package io.pgplex.routing.hint;

/** A hint that is malformed (SQLState 42601) or names an unknown option or value (22023). */
public final class HintException extends RuntimeException {
    static final String MALFORMED = "42601";
    static final String UNKNOWN = "22023";

    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final String hintText;
    private final int position;
    private final String hint;

    HintException(String sqlState, String message, String hintText, int offset, String hint) {
        super(message);
        this.sqlState = sqlState;
        this.hintText = hintText;
        this.position = hintText.codePointCount(0, offset) + 1;
        this.hint = hint;
    }

    /** 42601 or 22023. */
    public String sqlState() {
        return sqlState;
    }

    /** The comment that is the hint. */
    public String hintText() {
        return hintText;
    }

    /** Where in {@link #hintText()} the error is, characters from 1. */
    public int position() {
        return position;
    }

    /** What to write instead. */
    public String hint() {
        return hint;
    }
}
