package io.pgplex.jdbc.random;

import static io.pgplex.jdbc.random.SqlType.BOOL;
import static io.pgplex.jdbc.random.SqlType.INT;
import static io.pgplex.jdbc.random.SqlType.INTS;
import static io.pgplex.jdbc.random.SqlType.JSONB;
import static io.pgplex.jdbc.random.SqlType.TEXT;
import static io.pgplex.jdbc.random.SqlType.TEXTS;

import java.util.ArrayList;
import java.util.List;

/** Conditions: comparisons, tests, and those with subqueries. Confined to the making of one statement. */
final class Predicates {

    private final Dice dice;
    private final Expressions expressions;
    private final Queries queries;

    Predicates(Dice dice, Expressions expressions, Queries queries) {
        this.dice = dice;
        this.expressions = expressions;
        this.queries = queries;
    }

    /** A condition of any kind. */
    Expr any(Scope scope, int depth) {
        if (depth <= 0) {
            return simple(scope, 0);
        }
        return switch (dice.weighted(10, 3, 2, 1, 4)) {
            case 0 -> simple(scope, depth - 1);
            case 1 ->
                Expr.of(
                        BOOL,
                        dice.one("($ AND $)", "($ OR $)", "($ OR $)"),
                        any(scope, depth - 1),
                        any(scope, depth - 1));
            case 2 -> Expr.of(BOOL, "(NOT $)", any(scope, depth - 1));
            case 3 ->
                Expr.of(
                        BOOL,
                        "($ IS " + dice.one("TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN") + ")",
                        any(scope, depth - 1));
            default -> withSubquery(scope, depth - 1);
        };
    }

    private Expr simple(Scope scope, int depth) {
        SqlType type = expressions.likelyType(scope);
        return switch (dice.weighted(8, 3, 2, 2, 2, 2, 1, 2)) {
            case 0 -> comparison(type, scope, depth);
            case 1 -> expressions.of(BOOL, dice.one("($ IS NULL)", "($ IS NOT NULL)"), scope, depth, type);
            case 2 ->
                expressions.of(
                        BOOL,
                        dice.one("($ IS DISTINCT FROM $)", "($ IS NOT DISTINCT FROM $)"),
                        scope,
                        depth,
                        type,
                        type);
            case 3 ->
                expressions.of(
                        BOOL,
                        dice.one("($ BETWEEN $ AND $)", "($ NOT BETWEEN $ AND $)", "($ BETWEEN SYMMETRIC $ AND $)"),
                        scope,
                        depth,
                        type,
                        type,
                        type);
            case 4 -> list(type, scope, depth);
            case 5 -> like(scope, depth);
            case 6 -> containment(scope, depth);
            default -> expressions.atom(BOOL, scope);
        };
    }

    /** Two values of comparable types, often equal ones. */
    Expr comparison(SqlType type, Scope scope, int depth) {
        SqlType other =
                type.isNumber() && type != SqlType.FLOAT ? dice.one(INT, SqlType.BIGINT, SqlType.NUMERIC, type) : type;
        if (dice.chance(0.1)) {
            return rows(type, scope, depth);
        }
        String operator = dice.one("=", "=", "=", "<>", "<", "<=", ">", ">=");
        return expressions.of(BOOL, "($ " + operator + " $)", scope, depth, type, other);
    }

    private Expr rows(SqlType type, Scope scope, int depth) {
        SqlType second = expressions.likelyType(scope);
        List<Expr> left =
                new ArrayList<>(List.of(expressions.any(type, scope, depth), expressions.any(type, scope, depth)));
        List<Expr> first = Expr.aligned(left);
        List<Expr> last =
                Expr.aligned(List.of(expressions.any(second, scope, depth), expressions.any(second, scope, depth)));
        return Expr.of(
                BOOL,
                Collation.DEFAULT,
                "(($, $) " + dice.one("=", "<>", "<", ">=", "IS DISTINCT FROM") + " ($, $))",
                first.get(0).node(),
                last.get(0).node(),
                first.get(1).node(),
                last.get(1).node());
    }

    private Expr list(SqlType type, Scope scope, int depth) {
        List<Expr> all = new ArrayList<>();
        all.add(expressions.any(type, scope, depth));
        int count = dice.between(1, 4);
        for (int i = 0; i < count; i++) {
            all.add(dice.chance(0.8) ? expressions.value(type) : expressions.any(type, scope, depth));
        }
        List<Expr> aligned = Expr.aligned(all);
        Node values = Node.list(aligned.stream().skip(1).map(Expr::node).toList(), ", ");
        String template = type == JSONB || type == INTS || type == TEXTS || dice.chance(0.7)
                ? "($ " + dice.one("IN", "IN", "NOT IN") + " ($))"
                : "($ " + dice.one("= ANY", "<> ALL", "< ANY", ">= ALL") + " (ARRAY[$]))";
        return Expr.of(BOOL, Collation.DEFAULT, template, aligned.get(0).node(), values);
    }

    private Expr like(Scope scope, int depth) {
        String pattern = dice.one("'a%'", "'%n%'", "'_o_'", "'Z%'", "'%ß%'", "''", "'%'");
        return dice.chance(0.7)
                ? expressions.of(
                        BOOL, "($ " + dice.one("LIKE", "NOT LIKE", "ILIKE") + " " + pattern + ")", scope, depth, TEXT)
                : expressions.of(
                        BOOL,
                        "($ " + dice.one("~ '^[ab]'", "!~ 'n'", "~* 'ANN'", "SIMILAR TO '(a|Z)%'") + ")",
                        scope,
                        depth,
                        TEXT);
    }

    private Expr containment(Scope scope, int depth) {
        return switch (dice.below(5)) {
            case 0 -> expressions.of(BOOL, "($ @> $)", scope, depth, JSONB, JSONB);
            case 1 -> expressions.of(BOOL, dice.one("($ && $)", "($ @> $)", "($ <@ $)"), scope, depth, INTS, INTS);
            case 2 -> expressions.of(BOOL, "($ = ANY ($::text[]))", scope, depth, TEXT, TEXTS);
            case 3 -> expressions.of(BOOL, "($ <> ALL ($::integer[]))", scope, depth, INT, INTS);
            default ->
                expressions.of(
                        BOOL,
                        "(($, $) OVERLAPS ($, $))",
                        scope,
                        0,
                        SqlType.DATE,
                        SqlType.DATE,
                        SqlType.DATE,
                        SqlType.DATE);
        };
    }

    private Expr withSubquery(Scope scope, int depth) {
        SqlType type = expressions.likelyType(scope);
        if (dice.chance(0.35)) {
            Queries.Query query = queries.rows(scope);
            return query == null
                    ? simple(scope, depth)
                    : Expr.of(BOOL, Collation.DEFAULT, dice.one("EXISTS ($)", "(NOT EXISTS ($))"), query.node());
        }
        Queries.Query query = queries.column(type, scope);
        if (query == null) {
            return simple(scope, depth);
        }
        Expr subject = expressions.any(type, scope, depth);
        Collation collation = query.columns().get(0).collation();
        if (collation != subject.collation() && type.collatable()) {
            subject = subject.collate(dice.one(Collation.C, Collation.ROOT));
        }
        boolean ordered = type != JSONB && dice.chance(0.3);
        String operator = ordered
                ? dice.one("<", ">", "<=", ">=", "<>", "=") + " " + dice.one("ANY", "ALL", "SOME")
                : dice.one("IN", "IN", "NOT IN");
        return Expr.of(BOOL, Collation.DEFAULT, "($ " + operator + " ($))", subject.node(), query.node());
    }
}
