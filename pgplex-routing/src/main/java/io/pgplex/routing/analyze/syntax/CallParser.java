package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads function calls with all that may follow their parentheses. */
final class CallParser {

    /** Calls whose arguments have words between them instead of commas. */
    private static final Set<String> WORDY = Set.of("extract", "overlay", "position", "substring", "trim");

    private static final String[] ARGUMENT_WORDS = {"FROM", "FOR", "PLACING", "USING", "IN", "SIMILAR", "ESCAPE"};

    private final Cursor cursor;
    private final ExpressionParser expressions;
    private final QueryParser queries;

    CallParser(Cursor cursor, ExpressionParser expressions, QueryParser queries) {
        this.cursor = cursor;
        this.expressions = expressions;
        this.queries = queries;
    }

    /** {@code current_timestamp}, {@code current_timestamp(3)}. */
    Expr valueFunction(int start) {
        String name = cursor.text.identifier(start);
        cursor.at++;
        List<Expr> arguments = List.of();
        if (cursor.isPunctuation('(') && cursor.text.hasKind(cursor.at + 1, TokenKind.NUMBER)) {
            cursor.expect('(');
            arguments = expressions.list();
            cursor.expect(')');
        }
        return new Expr.Call(
                start, cursor.at, List.of(name), arguments, true, true, false, false, List.of(), List.of(), null, null);
    }

    /** A call whose opening parenthesis is here. */
    Expr call(int start, List<String> name) {
        cursor.expect('(');
        List<Expr> arguments = new ArrayList<>();
        List<SortItem> orderBy = List.of();
        boolean star = false;
        boolean distinct = false;
        boolean plain = true;
        if (cursor.acceptOperator("*")) {
            star = true;
        } else if (!cursor.isPunctuation(')')) {
            distinct = cursor.accept("DISTINCT");
            if (!distinct) {
                cursor.accept("ALL");
            }
            boolean wordy = name.size() == 1 && WORDY.contains(name.get(0));
            plain = wordy ? wordyArguments(arguments) : arguments(arguments);
            if (cursor.is("ORDER")) {
                orderBy = queries.orderBy();
            }
        }
        cursor.expect(')');
        List<SortItem> withinGroup = withinGroup();
        Expr filter = filter();
        Window over = over();
        return new Expr.Call(
                start, cursor.at, name, arguments, false, plain, star, distinct, orderBy, withinGroup, filter, over);
    }

    private boolean arguments(List<Expr> arguments) {
        boolean plain = true;
        do {
            if (cursor.accept("VARIADIC")) {
                plain = false;
            }
            if (cursor.text.isName(cursor.at)
                    && (cursor.text.isOperator(cursor.at + 1, "=>") || cursor.text.isOperator(cursor.at + 1, ":="))) {
                cursor.at += 2;
                plain = false;
            }
            arguments.add(expressions.expression());
        } while (cursor.accept(','));
        return plain;
    }

    private boolean wordyArguments(List<Expr> arguments) {
        boolean plain = true;
        if (cursor.is("BOTH", "LEADING", "TRAILING")) {
            cursor.at++;
            plain = false;
        }
        while (true) {
            if (!cursor.is(ARGUMENT_WORDS)) {
                arguments.add(expressions.restricted());
            }
            if (cursor.accept(',')) {
                continue;
            }
            if (cursor.is(ARGUMENT_WORDS)) {
                cursor.at++;
                plain = false;
                continue;
            }
            return plain;
        }
    }

    private List<SortItem> withinGroup() {
        if (!cursor.acceptSequence("WITHIN", "GROUP")) {
            return List.of();
        }
        cursor.expect('(');
        List<SortItem> items = queries.orderBy();
        cursor.expect(')');
        return items;
    }

    private @Nullable Expr filter() {
        if (!cursor.is("FILTER") || !cursor.text.isPunctuation(cursor.at + 1, '(')) {
            return null;
        }
        cursor.at += 2;
        cursor.expect("WHERE");
        Expr condition = expressions.expression();
        cursor.expect(')');
        return condition;
    }

    private @Nullable Window over() {
        if (cursor.isSequence("IGNORE", "NULLS") || cursor.isSequence("RESPECT", "NULLS")) {
            throw cursor.unknown();
        }
        if (!cursor.accept("OVER")) {
            return null;
        }
        if (!cursor.isPunctuation('(')) {
            return new Window(cursor.name(), List.of(), List.of(), List.of());
        }
        return window();
    }

    /** A window's definition in parentheses. */
    Window window() {
        cursor.expect('(');
        String base = null;
        if (cursor.atName() && !cursor.is("PARTITION", "RANGE", "ROWS", "GROUPS")) {
            base = cursor.name();
        }
        List<Expr> partitionBy = cursor.acceptSequence("PARTITION", "BY") ? expressions.list() : List.of();
        List<SortItem> orderBy = cursor.is("ORDER") ? queries.orderBy() : List.of();
        List<Expr> bounds = new ArrayList<>();
        if (cursor.is("RANGE", "ROWS", "GROUPS")) {
            cursor.at++;
            boolean between = cursor.accept("BETWEEN");
            bound(bounds);
            if (between) {
                cursor.expect("AND");
                bound(bounds);
            }
            if (cursor.accept("EXCLUDE")) {
                if (!cursor.acceptSequence("CURRENT", "ROW") && !cursor.acceptSequence("NO", "OTHERS")) {
                    cursor.label();
                }
            }
        }
        cursor.expect(')');
        return new Window(base, partitionBy, orderBy, bounds);
    }

    private void bound(List<Expr> bounds) {
        if (cursor.acceptSequence("CURRENT", "ROW") || cursor.accept("UNBOUNDED")) {
            if (cursor.is("PRECEDING", "FOLLOWING")) {
                cursor.at++;
            }
            return;
        }
        bounds.add(expressions.restricted());
        if (!cursor.is("PRECEDING", "FOLLOWING")) {
            throw cursor.unknown();
        }
        cursor.at++;
    }
}
