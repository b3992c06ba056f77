package io.pgplex.routing.analyze.syntax;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * INSERT, UPDATE, DELETE or MERGE. Spans count tokens.
 *
 * @param verbFrom the token INSERT, UPDATE, DELETE or MERGE
 * @param target the relation that is written
 * @param columns INSERT's column list; empty where it has none
 * @param source INSERT's query; null for DEFAULT VALUES and for other kinds
 * @param assignments of UPDATE's SET or of ON CONFLICT DO UPDATE
 * @param relations UPDATE's FROM, DELETE's and MERGE's USING
 * @param where WHERE of UPDATE and DELETE, MERGE's ON
 * @param whereCurrentOf whether WHERE is CURRENT OF
 * @param others further expressions: MERGE's conditions and values, ON CONFLICT's
 * @param onConflict whether INSERT has ON CONFLICT
 * @param returning RETURNING's items, null without
 */
public record Modification(
        Verb verb,
        int from,
        int to,
        Query.@Nullable With with,
        int verbFrom,
        FromItem.Relation target,
        List<String> columns,
        @Nullable Query source,
        List<Assignment> assignments,
        List<FromItem> relations,
        @Nullable Expr where,
        boolean whereCurrentOf,
        List<Expr> others,
        boolean onConflict,
        @Nullable List<Query.Item> returning) {

    /** The statement's first word. */
    public enum Verb {
        INSERT,
        UPDATE,
        DELETE,
        MERGE
    }

    /** {@code columns = value}; several columns for {@code (a, b) = ...}; value null for DEFAULT. */
    public record Assignment(List<String> columns, @Nullable Expr value, boolean plain) {}
}
