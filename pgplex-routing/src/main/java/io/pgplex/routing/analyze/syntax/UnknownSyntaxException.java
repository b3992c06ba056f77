package io.pgplex.routing.analyze.syntax;

/** Text that the parser does not know; PostgreSQL may. Has no stack trace, since it is an expected answer. */
public final class UnknownSyntaxException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int offset;
    private final boolean tooComplex;

    UnknownSyntaxException(int offset, boolean tooComplex) {
        super("unknown syntax", null, false, false);
        this.offset = offset;
        this.tooComplex = tooComplex;
    }

    /** Where in the text, from 0. */
    public int offset() {
        return offset;
    }

    /** Whether the text was not read to its end, because it is beyond a limit there. */
    public boolean isTooComplex() {
        return tooComplex;
    }
}
