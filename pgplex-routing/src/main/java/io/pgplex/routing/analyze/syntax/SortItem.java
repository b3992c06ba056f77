package io.pgplex.routing.analyze.syntax;

import org.jspecify.annotations.Nullable;

/**
 * One item of ORDER BY. Spans count tokens.
 *
 * @param from its first token
 * @param expressionTo behind the expression's last token, parentheses included
 * @param to behind its last token
 * @param using whether it has USING operator
 * @param nullsFirst what it says about NULL, null where nothing
 */
public record SortItem(
        int from,
        int expressionTo,
        int to,
        Expr expression,
        boolean descending,
        boolean using,
        @Nullable Boolean nullsFirst) {

    /** Where NULL goes: what it says, or PostgreSQL's default. */
    public boolean putsNullsFirst() {
        return nullsFirst == null ? descending : nullsFirst;
    }
}
