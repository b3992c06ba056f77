package io.pgplex.routing.analyze.syntax;

/** Text that the parser does not know; PostgreSQL may. Has no stack trace, since it is an expected answer. */
public final class UnknownSyntaxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int offset;

    UnknownSyntaxException(int offset) {
        super("unknown syntax", null, false, false);
        this.offset = offset;
    }

    /** Where in the text, from 0. */
    public int offset() {
        return offset;
    }
}
