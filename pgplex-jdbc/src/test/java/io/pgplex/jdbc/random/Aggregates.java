package io.pgplex.jdbc.random;

import static io.pgplex.jdbc.random.SqlType.BIGINT;
import static io.pgplex.jdbc.random.SqlType.BOOL;
import static io.pgplex.jdbc.random.SqlType.FLOAT;
import static io.pgplex.jdbc.random.SqlType.INT;
import static io.pgplex.jdbc.random.SqlType.INTERVAL;
import static io.pgplex.jdbc.random.SqlType.NUMERIC;
import static io.pgplex.jdbc.random.SqlType.TEXT;

import java.util.List;

/**
 * Aggregates and window functions whose value does not depend on the order in which rows are read: lists have an ORDER BY that
 * ends with what is listed, frames one that tells all rows apart, and of equal numbers that look different a canonical form is
 * taken. Floats are rounded where an average would show its last digit. Confined to the making of one statement.
 */
final class Aggregates {

    private final Dice dice;
    private final Expressions expressions;

    Aggregates(Dice dice, Expressions expressions) {
        this.dice = dice;
        this.expressions = expressions;
    }

    /** An aggregate of that type over the rows of that scope. */
    Expr aggregate(SqlType type, Scope rows) {
        Expr call = call(type, rows);
        if (dice.chance(0.2)) {
            Expr condition = expressions.predicates().any(rows, 1);
            // sums of nothing are NULL, so a cast or index around the aggregate would not take FILTER
            return endsWithParenthesis(call)
                    ? Expr.of(type, call.collation(), "$ FILTER (WHERE $)", call.node(), condition.node())
                    : call;
        }
        return call;
    }

    private static boolean endsWithParenthesis(Expr call) {
        String text = Sql.of(call.node()).text();
        return text.matches(
                "(?s)(count|sum|min|max|bool_and|bool_or|every|array_agg|string_agg|jsonb_agg|avg|stddev|var_pop)\\(.*\\)");
    }

    private Expr call(SqlType type, Scope rows) {
        return switch (type) {
            case INT ->
                dice.chance(0.5)
                        ? extreme(INT, rows)
                        : one(INT, dice.one("bit_or($)", "count($)::int", "bit_and($)"), INT, rows);
            case BIGINT -> counting(rows);
            case NUMERIC -> number(rows);
            case FLOAT -> dice.chance(0.5) ? extreme(FLOAT, rows) : one(FLOAT, "sum($)", FLOAT, rows);
            case TEXT -> text(rows);
            case BOOL -> one(BOOL, dice.one("bool_and($)", "bool_or($)", "every($)"), BOOL, rows);
            case DATE, TIMESTAMP, TIMESTAMPTZ, MOOD -> dice.chance(0.8) ? extreme(type, rows) : percentile(type, rows);
            case INTERVAL -> dice.chance(0.5) ? extreme(INTERVAL, rows) : one(INTERVAL, "sum($)", INTERVAL, rows);
            case UUID, BYTEA -> sorted(type, "(array_agg($ ORDER BY $))[1]", type, rows);
            case JSONB -> sorted(type, "jsonb_agg($ ORDER BY $)", dice.one(SqlType.JSONB, INT, TEXT), rows);
            case INTS ->
                sorted(type, dice.one("array_agg($ ORDER BY $ DESC)", "array_agg(DISTINCT $ ORDER BY $)"), INT, rows);
            case TEXTS ->
                sorted(type, dice.one("array_agg($ ORDER BY $)", "array_agg(DISTINCT $ ORDER BY $)"), TEXT, rows);
        };
    }

    private Expr one(SqlType type, String template, SqlType argument, Scope rows) {
        return Expr.of(type, template, expressions.any(argument, rows, 1));
    }

    private Expr extreme(SqlType type, Scope rows) {
        return Expr.of(
                type,
                dice.one("max($)", "min($)"),
                expressions.any(type, rows, 1).canonical());
    }

    private Expr percentile(SqlType type, Scope rows) {
        Expr value = expressions.any(type, rows, 1).canonical();
        return Expr.of(type, dice.one("percentile_disc(0.4)", "mode()") + " WITHIN GROUP (ORDER BY $)", value);
    }

    private Expr counting(Scope rows) {
        SqlType type = expressions.likelyType(rows);
        return switch (dice.below(5)) {
            case 0, 1 -> Expr.of(BIGINT, "count(*)");
            case 2 -> one(BIGINT, "count($)", type, rows);
            case 3 -> one(BIGINT, "count(DISTINCT $)", type, rows);
            default -> one(BIGINT, "sum($)", INT, rows);
        };
    }

    private Expr number(Scope rows) {
        return switch (dice.below(9)) {
            case 0, 1 -> one(NUMERIC, "sum($)", dice.one(NUMERIC, BIGINT), rows);
            case 2, 3 -> one(NUMERIC, "avg($)", dice.one(NUMERIC, INT, BIGINT), rows);
            case 4 -> one(NUMERIC, dice.one("stddev($)", "var_pop($)"), dice.one(INT, NUMERIC), rows);
            case 5 ->
                Expr.of(
                        NUMERIC,
                        "sum(DISTINCT $)",
                        expressions.any(NUMERIC, rows, 1).canonical());
            case 6 -> extreme(NUMERIC, rows);
            case 7 ->
                one(
                        NUMERIC,
                        "round((percentile_cont(0.3) WITHIN GROUP (ORDER BY $))::numeric, 4)",
                        dice.one(INT, FLOAT),
                        rows);
            default -> one(NUMERIC, "round((avg($))::numeric, 4)", FLOAT, rows);
        };
    }

    private Expr text(Scope rows) {
        Expr value = expressions.repeatable(TEXT, rows, 1);
        return switch (dice.below(5)) {
            case 0, 1 -> extreme(TEXT, rows);
            case 2 -> Expr.of(TEXT, "string_agg(DISTINCT $, ',' ORDER BY $)", value, value);
            case 3 -> percentile(TEXT, rows);
            default -> {
                Expr first = expressions.any(expressions.likelyType(rows), rows, 1);
                yield Expr.of(
                        TEXT,
                        value.collation(),
                        "string_agg($, ',' ORDER BY $, $)",
                        value.node(),
                        first.node(),
                        value.node());
            }
        };
    }

    private Expr sorted(SqlType type, String template, SqlType element, Scope rows) {
        Expr value = expressions.repeatable(element, rows, 1);
        return Expr.of(
                type, type.collatable() ? value.collation() : Collation.DEFAULT, template, value.node(), value.node());
    }

    /** What OVER ... stands for: a window that has a total order. */
    Node window(Scope scope) {
        List<Expr> parts = expressions.some(scope.own(), dice.below(3));
        List<Node> order = new java.util.ArrayList<>();
        expressions.some(scope.own(), dice.below(2)).forEach(key -> order.add(direction(key)));
        scope.distinguishing().forEach(key -> order.add(key.node()));
        Node partition =
                Node.optional("PARTITION BY ", parts.stream().map(Expr::node).toList(), ", ");
        Node sorting = order.isEmpty() ? Node.text("") : new Node.Items(" ORDER BY ", order, ", ", order.size());
        return Node.phrase("", "$$", partition, sorting);
    }

    private Node direction(Expr key) {
        return Node.phrase("", "$" + dice.one("", " DESC", " DESC NULLS LAST", " NULLS FIRST"), key.node());
    }

    private String frame() {
        return dice.chance(0.5)
                ? ""
                : dice.one(
                        " ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
                        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                        " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW",
                        " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                        " RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE TIES");
    }

    /** A window function of that type over that window, or the window named so. */
    Expr windowFunction(SqlType type, Scope scope, String name) {
        Node over = name.isEmpty() ? Node.phrase("", "($" + frame() + ")", window(scope)) : Node.text(name);
        if (type == BIGINT && dice.chance(0.7)) {
            String function = dice.one("row_number()", "rank()", "dense_rank()", "count(*)");
            return Expr.of(type, Collation.DEFAULT, function + " OVER $", over);
        }
        if (type == INT && dice.chance(0.3)) {
            return Expr.of(type, Collation.DEFAULT, "ntile(3) OVER $", over);
        }
        Expr value = expressions.any(type, scope, 1);
        boolean summed = type == NUMERIC || type == FLOAT;
        String function = dice.one(
                "lag($)",
                "lead($, 2)",
                "first_value($)",
                "last_value($)",
                "nth_value($, 2)",
                summed ? "sum($)" : "lag($, 1)");
        return Expr.of(type, value.collation(), function + " OVER $", value.node(), over);
    }
}
