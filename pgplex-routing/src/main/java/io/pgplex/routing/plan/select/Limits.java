package io.pgplex.routing.plan.select;

import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.EvaluateOnce;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/**
 * LIMIT and OFFSET of a statement that runs on several shards: each shard gives enough rows, the client skips and counts.
 *
 * <pre>
 * ... LIMIT 10 OFFSET 20     each shard: ... LIMIT 30
 * ... OFFSET 20              each shard: ...
 * </pre>
 */
final class Limits {

    private final ScannedStatement text;
    private final Query.@Nullable Limit clause;
    private final RowLimit rows;

    /** Reads the clause; an expression that is neither a number nor a parameter is computed once. */
    Limits(Query query, Block block, EvaluateOnce once) {
        this.text = block.text();
        this.clause = query.limit();
        if (clause == null) {
            this.rows = RowLimit.UNLIMITED;
            return;
        }
        if (clause.withTies()) {
            throw Placements.refuse(CrossShard.FETCH_WITH_TIES, block, clause.from());
        }
        this.rows = new RowLimit(count(clause.count(), block, once), count(clause.offset(), block, once));
    }

    /** What the client applies. */
    RowLimit rows() {
        return rows;
    }

    boolean isUnlimited() {
        return rows.limit() == null && rows.offset() == null;
    }

    private RowLimit.@Nullable Count count(@Nullable Expr expression, Block block, EvaluateOnce once) {
        if (expression == null) {
            return null;
        }
        if (expression instanceof Expr.Parameter parameter) {
            return new RowLimit.Parameter(parameter.index());
        }
        if (expression instanceof Expr.Literal literal) {
            if (literal.kind() == Expr.Literal.Kind.NULL) {
                return null;
            }
            Long rowCount = literal.kind() == Expr.Literal.Kind.NUMBER ? number(literal.value()) : null;
            if (rowCount != null) {
                return new RowLimit.Literal(rowCount);
            }
        }
        if (holdsQuery(expression)) {
            throw Placements.refuse(CrossShard.LIMIT_EXPRESSION, block, expression.from());
        }
        SqlText value = new SqlText()
                .append("CAST((")
                .append(new Splice(text).slice(expression.from(), end(expression, block)))
                .append(") AS bigint)");
        return new RowLimit.Parameter(once.add(value, "bigint"));
    }

    /** An expression's span leaves out parentheses around it, which open before its first token. */
    private static int end(Expr expression, Block block) {
        return Math.min(expression.to(), block.text().tokenCount());
    }

    private static boolean holdsQuery(Expr expression) {
        return expression instanceof Expr.Subquery
                || expression instanceof Expr.Exists
                || expression instanceof Expr.Membership
                || expression.children().stream().anyMatch(Limits::holdsQuery);
    }

    private static @Nullable Long number(String digits) {
        boolean plain =
                digits.length() <= 18 && !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return plain ? Long.valueOf(digits) : null;
    }

    /** Changes the text so that a shard gives the rows that the answer may need, from its first row on. */
    void pushDown(Splice splice) {
        if (clause != null) {
            splice.replace(clause.from(), clause.to(), fragmentLimit());
        }
    }

    private SqlText fragmentLimit() {
        RowLimit.Count limit = rows.limit();
        RowLimit.Count offset = rows.offset();
        if (limit == null) {
            return new SqlText();
        }
        if (limit instanceof RowLimit.Literal most && (offset == null || offset instanceof RowLimit.Literal)) {
            long skipped = offset instanceof RowLimit.Literal literal ? literal.rows() : 0;
            return new SqlText().append("LIMIT " + (most.rows() + skipped));
        }
        SqlText sql = new SqlText().append("LIMIT ");
        if (offset == null) {
            return value(sql, limit);
        }
        // as numeric, since the sum of two bigints may be none; least() leaves out NULL, which means no limit
        value(sql.append("least(CAST("), limit).append(" AS numeric) + coalesce(");
        return value(sql, offset).append(", 0), 9223372036854775807)");
    }

    /** LIMIT and OFFSET as they are meant, for a query that finishes on one server. */
    SqlText whole() {
        SqlText sql = new SqlText();
        if (rows.limit() != null) {
            value(sql.append(" LIMIT "), rows.limit());
        }
        if (rows.offset() != null) {
            value(sql.append(" OFFSET "), rows.offset());
        }
        return sql;
    }

    private static SqlText value(SqlText sql, RowLimit.Count count) {
        if (count instanceof RowLimit.Parameter parameter) {
            return sql.append("CAST(").parameter(parameter.index()).append(" AS bigint)");
        }
        return sql.append(Long.toString(((RowLimit.Literal) count).rows()));
    }
}
