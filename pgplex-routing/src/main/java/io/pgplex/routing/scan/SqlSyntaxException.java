package io.pgplex.routing.scan;

/**
 * Text that PostgreSQL would refuse, or that is beyond a stated limit, in PostgreSQL's words.
 *
 * <p>{@link #position()} counts characters from 1 as the server's error field does, that is, a surrogate pair is one.
 */
public class SqlSyntaxException extends RuntimeException {
    /** {@code syntax_error}. */
    public static final String SYNTAX_ERROR = "42601";
    /** {@code invalid_escape_sequence}. */
    public static final String INVALID_ESCAPE_SEQUENCE = "22025";
    /** {@code character_not_in_repertoire}. */
    public static final String CHARACTER_NOT_IN_REPERTOIRE = "22021";
    /** {@code statement_too_complex}. */
    public static final String STATEMENT_TOO_COMPLEX = "54001";

    private static final long serialVersionUID = 1L;

    private final String sqlState;
    private final int position;
    private final String hint;

    /** An error at {@code offset} (0-based, UTF-16) of {@code text}, with SQLState 42601. */
    public SqlSyntaxException(String message, String text, int offset) {
        this(SYNTAX_ERROR, message, text, offset, "");
    }

    /**
     * An error at {@code offset} (0-based, UTF-16) of {@code text}.
     *
     * @param hint what to do about it; empty when there is nothing to say
     */
    public SqlSyntaxException(String sqlState, String message, String text, int offset, String hint) {
        super(message);
        this.sqlState = sqlState;
        this.position = text.codePointCount(0, Math.min(Math.max(offset, 0), text.length())) + 1;
        this.hint = hint;
    }

    /** The SQLState, 42601 unless the error is a more special one. */
    public String sqlState() {
        return sqlState;
    }

    /** Where the error is: characters from 1 in the text that was scanned or parsed. */
    public int position() {
        return position;
    }

    /** What to do about it; empty when there is nothing to say. */
    public String hint() {
        return hint;
    }
}
