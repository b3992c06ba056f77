package io.pgplex.routing.plan;

import org.jspecify.annotations.Nullable;

/**
 * Why a statement is not run. Immutable; never holds data values.
 *
 * @param sqlState five characters, 0A000 for what cannot run across shards
 * @param message names the construct, in PostgreSQL's style
 * @param detail more, or null
 * @param hint what to do instead, or null
 * @param position where in the statement, from 1, or 0 when unknown
 */
public record Refusal(
        String sqlState,
        String message,
        @Nullable String detail,
        @Nullable String hint,
        int position) {

    /** {@code statement_too_complex}: the statement is beyond a limit of pgplex's own. */
    public static final String STATEMENT_TOO_COMPLEX = "54001";

    /**
     * What a statement gets that is too large, nested too deeply or too much work to analyse.
     *
     * @param position where in the statement the limit was passed, from 1, or 0 when it is no one place
     */
    public static Refusal tooComplex(int position) {
        return new Refusal(
                STATEMENT_TOO_COMPLEX,
                "statement is too complex to be routed",
                null,
                "Name the shard or key with a hint: /*!pgplex shard=... */ or /*!pgplex key=... */, or run it in parts.",
                position);
    }

    /** Whether it is one of {@link #tooComplex}. */
    public boolean isTooComplex() {
        return sqlState.equals(STATEMENT_TOO_COMPLEX);
    }
}
