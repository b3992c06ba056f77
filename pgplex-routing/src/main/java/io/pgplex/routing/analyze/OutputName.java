package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.scan.ScannedStatement;
import org.jspecify.annotations.Nullable;

/** The name that PostgreSQL gives to an output column without an alias: FigureColname of parse_target.c. Stateless. */
public final class OutputName {

    private static final String NONE = "?column?";

    private OutputName() {}

    /** The name of a select item. */
    public static String of(Query.Item item, ScannedStatement text) {
        return item.alias() != null ? item.alias() : of(item.expression(), text);
    }

    /** The name of an expression's column. */
    public static String of(Expr expression, ScannedStatement text) {
        Guess guess = guess(expression, text);
        return guess == null ? NONE : guess.name;
    }

    /** A name; a weak one gives way to the name of what is inside. */
    private record Guess(String name, boolean strong) {}

    private static @Nullable Guess guess(Expr expression, ScannedStatement text) {
        if (expression instanceof Expr.Column column) {
            return column.star() ? null : new Guess(column.name(), true);
        }
        if (expression instanceof Expr.Call call) {
            return new Guess(functionName(call, text), true);
        }
        if (expression instanceof Expr.Cast cast) {
            Guess inner = guess(cast.operand(), text);
            return inner != null && inner.strong ? inner : new Guess(cast.type().written(), false);
        }
        if (expression instanceof Expr.Literal literal) {
            return literal.kind() == Expr.Literal.Kind.BOOLEAN ? new Guess("bool", false) : null;
        }
        if (expression instanceof Expr.Case cases) {
            Guess inner = cases.result() == null ? null : guess(cases.result(), text);
            return inner != null && inner.strong ? inner : new Guess("case", false);
        }
        if (expression instanceof Expr.Indirection indirection) {
            return indirection.field() != null
                    ? new Guess(indirection.field(), true)
                    : indirection.star() ? null : guess(indirection.operand(), text);
        }
        if (expression instanceof Expr.Collate collate) {
            return guess(collate.operand(), text);
        }
        return guessConstruct(expression, text);
    }

    private static @Nullable Guess guessConstruct(Expr expression, ScannedStatement text) {
        if (expression instanceof Expr.Exists) {
            return new Guess("exists", true);
        }
        if (expression instanceof Expr.ArrayOf) {
            return new Guess("array", true);
        }
        if (expression instanceof Expr.Row) {
            return new Guess("row", true);
        }
        if (expression instanceof Expr.Subquery subquery) {
            if (subquery.array()) {
                return new Guess("array", true);
            }
            Query query = subquery.query();
            while (query.body() instanceof Query.SetOperation operation) {
                query = operation.left();
            }
            if (query.body() instanceof Query.Nested nested) {
                query = nested.query();
            }
            if (query.body() instanceof Query.Select select && !select.items().isEmpty()) {
                return new Guess(of(select.items().get(0), text), true);
            }
        }
        return null;
    }

    private static String functionName(Expr.Call call, ScannedStatement text) {
        String name = call.function();
        if (call.name().size() == 1 && name.equals("trim") && text.is(call.from(), "TRIM")) {
            return text.is(call.from() + 2, "LEADING")
                    ? "ltrim"
                    : text.is(call.from() + 2, "TRAILING") ? "rtrim" : "btrim";
        }
        return name;
    }
}
