package io.pgplex.routing.analyze.syntax;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A query expression with what may stand around its body. Spans count tokens.
 *
 * @param from its first token, an opening parenthesis of its own included
 * @param to behind its last token
 * @param bodyTo behind the body, where ORDER BY, LIMIT and locking begin
 */
public record Query(
        int from,
        int to,
        @Nullable With with,
        Body body,
        int bodyTo,
        List<SortItem> orderBy,
        @Nullable Limit limit,
        List<Locking> locking) {

    /** Whether nothing stands around the body. */
    public boolean isBare() {
        return with == null && orderBy.isEmpty() && limit == null && locking.isEmpty();
    }

    /** What gives the rows. */
    public sealed interface Body {}

    /**
     * {@code SELECT ...}.
     *
     * @param from the token SELECT
     * @param distinct whether it says DISTINCT, with or without ON
     * @param distinctOn the expressions of DISTINCT ON, null without
     * @param itemsFrom the first select item's first token
     * @param itemsTo behind the last item
     * @param into whether it is SELECT INTO
     * @param tail the first token of GROUP BY, HAVING or WINDOW, or {@code to}
     */
    public record Select(
            int from,
            int to,
            boolean distinct,
            @Nullable List<Expr> distinctOn,
            int itemsFrom,
            int itemsTo,
            List<Item> items,
            boolean into,
            List<FromItem> relations,
            @Nullable Expr where,
            int tail,
            @Nullable GroupBy groupBy,
            @Nullable Expr having,
            int havingFrom,
            int havingTo,
            Map<String, Window> windows,
            int windowsFrom,
            int windowsTo)
            implements Body {}

    /** {@code left UNION right} and its kin. */
    public record SetOperation(Query left, Operator operator, boolean all, Query right) implements Body {
        /** What it does. */
        public enum Operator {
            UNION,
            INTERSECT,
            EXCEPT
        }
    }

    /** {@code VALUES (...), (...)}. */
    public record Values(List<List<Expr>> rows) implements Body {}

    /** {@code TABLE t}. */
    public record TableCommand(FromItem.Relation relation) implements Body {}

    /** A query in parentheses that has clauses of its own. */
    public record Nested(Query query) implements Body {}

    /** One item of a select list, parentheses in its span. */
    public record Item(
            int from,
            int expressionTo,
            int to,
            Expr expression,
            @Nullable String alias) {}

    /**
     * GROUP BY.
     *
     * @param sets whether it has grouping sets, ROLLUP, CUBE, an empty set or several expressions in parentheses
     * @param always the expressions that are in every grouping set because they stand outside of all of those
     * @param alternatives the sets of GROUPING SETS, one that is no plain list as an empty one; empty without
     */
    public record GroupBy(
            int from, int to, List<Part> parts, boolean sets, List<Expr> always, List<List<Expr>> alternatives) {
        /** One expression with its parentheses. */
        public record Part(int from, int to, Expr expression) {}
    }

    /** LIMIT, OFFSET, FETCH; each expression with the span of its whole clause. */
    public record Limit(
            int from,
            int to,
            @Nullable Expr count,
            @Nullable Expr offset,
            boolean withTies) {}

    /** FOR UPDATE and its kin. */
    public record Locking(int from, int to) {}

    /** WITH. */
    public record With(int from, int to, boolean recursive, List<Cte> ctes) {}

    /** One common table expression; exactly one of query and modification is there. */
    public record Cte(
            String name,
            List<String> columns,
            @Nullable Query query,
            @Nullable Modification modification) {}
}
