package io.pgplex.routing.plan;

import org.jspecify.annotations.Nullable;

/**
 * LIMIT and OFFSET that the client applies to merged rows. Immutable.
 *
 * @param limit the most rows to return, or null for all
 * @param offset rows to skip first, or null for none
 */
public record RowLimit(@Nullable Count limit, @Nullable Count offset) {

    public static final RowLimit UNLIMITED = new RowLimit(null, null);

    /** A number of rows. */
    public sealed interface Count {}

    /** A number in the text. */
    public record Literal(long rows) implements Count {}

    /** A parameter's value; SQL NULL means no limit and no offset. */
    public record Parameter(int index) implements Count {}
}
