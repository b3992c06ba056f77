package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/**
 * The common table expressions that a query can name, innermost first. Immutable.
 *
 * @param cte the innermost one
 * @param next those around it
 * @param text the text that its tokens count in
 * @param own whether that is the statement's own text
 * @param outer where names are looked up that the CTE does not find itself
 * @param recursive whether the CTE sees itself
 */
record Environment(
        Query.Cte cte,
        @Nullable Environment next,
        ScannedStatement text,
        boolean own,
        @Nullable Block outer,
        boolean recursive) {

    static @Nullable Environment find(@Nullable Environment from, String name) {
        Environment at = from;
        while (at != null && !at.cte.name().equals(name)) {
            at = at.next;
        }
        return at;
    }
}
