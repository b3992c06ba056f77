package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads FROM and USING. */
final class FromParser {

    private final Cursor cursor;
    private final ExpressionParser expressions;

    FromParser(Cursor cursor, ExpressionParser expressions) {
        this.cursor = cursor;
        this.expressions = expressions;
    }

    List<FromItem> list() {
        List<FromItem> items = new ArrayList<>();
        do {
            items.add(item());
        } while (cursor.accept(','));
        return items;
    }

    FromItem item() {
        cursor.enter();
        FromItem left = primary();
        while (true) {
            FromItem joined = join(left);
            if (joined == null) {
                cursor.leave();
                return left;
            }
            left = joined;
        }
    }

    private @Nullable FromItem join(FromItem left) {
        if (cursor.acceptSequence("CROSS", "JOIN")) {
            return new FromItem.Join(left, primary(), FromItem.Join.Type.INNER, false, null, null, null);
        }
        boolean natural = cursor.accept("NATURAL");
        FromItem.Join.Type type;
        if (cursor.accept("LEFT")) {
            type = FromItem.Join.Type.LEFT;
            cursor.accept("OUTER");
        } else if (cursor.accept("RIGHT")) {
            type = FromItem.Join.Type.RIGHT;
            cursor.accept("OUTER");
        } else if (cursor.accept("FULL")) {
            type = FromItem.Join.Type.FULL;
            cursor.accept("OUTER");
        } else if (cursor.is("INNER", "JOIN")) {
            type = FromItem.Join.Type.INNER;
            cursor.accept("INNER");
        } else if (natural) {
            throw cursor.unknown();
        } else {
            return null;
        }
        cursor.expect("JOIN");
        // "a JOIN b JOIN c ON y ON x" nests to the right
        FromItem right = natural ? primary() : rightSide();
        if (natural) {
            return new FromItem.Join(left, right, type, true, null, null, null);
        }
        if (cursor.accept("USING")) {
            List<String> columns = cursor.nameList();
            String alias = cursor.accept("AS") ? cursor.name() : null;
            return new FromItem.Join(left, right, type, false, columns, null, alias);
        }
        cursor.expect("ON");
        return new FromItem.Join(left, right, type, false, null, expressions.expression(), null);
    }

    private FromItem rightSide() {
        cursor.enter();
        FromItem right = primary();
        while (!cursor.is("ON", "USING")) {
            FromItem joined = join(right);
            if (joined == null) {
                throw cursor.unknown();
            }
            right = joined;
        }
        cursor.leave();
        return right;
    }

    private FromItem primary() {
        boolean lateral = cursor.accept("LATERAL");
        if (cursor.isPunctuation('(')) {
            return parenthesis(lateral);
        }
        if (cursor.isSequence("ROWS", "FROM") && cursor.text.isPunctuation(cursor.at + 2, '(')) {
            cursor.at += 3;
            List<Expr> calls = new ArrayList<>();
            do {
                calls.add(expressions.primaries().primary());
                if (cursor.is("AS")) {
                    throw cursor.unknown();
                }
            } while (cursor.accept(','));
            cursor.expect(')');
            return function(calls);
        }
        if (isCall()) {
            return function(List.of(expressions.primaries().primary()));
        }
        return relation();
    }

    private boolean isCall() {
        if (Keywords.VALUE_FUNCTIONS.contains(cursor.text.word(cursor.at))) {
            return true;
        }
        int i = cursor.at;
        while (cursor.text.isName(i) && cursor.text.isPunctuation(i + 1, '.')) {
            i += 2;
        }
        return cursor.text.isName(i) && cursor.text.isPunctuation(i + 1, '(');
    }

    private FromItem parenthesis(boolean lateral) {
        Query query = expressions.primaries().queryInParentheses();
        if (query != null) {
            Alias alias = alias();
            return new FromItem.Derived(query, lateral, alias.name, alias.columns);
        }
        cursor.expect('(');
        FromItem joined = item();
        cursor.expect(')');
        if (!(joined instanceof FromItem.Join join)) {
            throw cursor.unknown();
        }
        Alias alias = alias();
        if (alias.name == null) {
            return join;
        }
        return new FromItem.Join(
                join.left(), join.right(), join.type(), join.natural(), join.using(), join.on(), alias.name);
    }

    private FromItem function(List<Expr> calls) {
        boolean ordinality = cursor.acceptSequence("WITH", "ORDINALITY");
        if (cursor.is("AS") && cursor.text.isPunctuation(cursor.at + 1, '(')) {
            throw cursor.unknown();
        }
        Alias alias = functionAlias();
        return new FromItem.Function(calls, alias.name, alias.columns, ordinality);
    }

    /** A function's alias may be followed by columns with types. */
    private Alias functionAlias() {
        Alias alias = aliasName();
        if (alias.name == null || !cursor.isPunctuation('(')) {
            return alias;
        }
        List<String> columns = new ArrayList<>();
        int close = cursor.text.matching(cursor.at);
        cursor.at++;
        columns.add(cursor.name());
        if (cursor.isPunctuation(',') || cursor.isPunctuation(')')) {
            while (cursor.accept(',')) {
                columns.add(cursor.name());
                if (!cursor.isPunctuation(',') && !cursor.isPunctuation(')')) {
                    throw cursor.unknown();
                }
            }
        } else {
            columns.clear();
            if (close < 0) {
                throw cursor.unknown();
            }
            cursor.at = close;
        }
        cursor.expect(')');
        return new Alias(alias.name, columns);
    }

    private FromItem.Relation relation() {
        FromItem.Relation plain = plainRelation();
        Alias alias = alias();
        boolean sampled = cursor.accept("TABLESAMPLE");
        if (sampled) {
            cursor.qualifiedName();
            cursor.expect('(');
            expressions.list();
            cursor.expect(')');
            if (cursor.accept("REPEATABLE")) {
                cursor.expect('(');
                expressions.expression();
                cursor.expect(')');
            }
        }
        return new FromItem.Relation(plain.from(), cursor.at, plain.names(), alias.name, alias.columns, sampled);
    }

    /** {@code [ONLY] name [*]} without an alias. */
    FromItem.Relation plainRelation() {
        boolean only = cursor.accept("ONLY");
        boolean parenthesis = only && cursor.accept('(');
        int from = cursor.at;
        List<String> names = cursor.qualifiedName();
        if (parenthesis) {
            cursor.expect(')');
        }
        cursor.acceptOperator("*");
        return new FromItem.Relation(from, cursor.at, names, null, List.of(), false);
    }

    private Alias alias() {
        Alias alias = aliasName();
        if (alias.name == null || !cursor.isPunctuation('(')) {
            return alias;
        }
        return new Alias(alias.name, cursor.nameList());
    }

    private Alias aliasName() {
        if (cursor.accept("AS")) {
            return new Alias(cursor.name(), List.of());
        }
        boolean quoted = cursor.text.hasKind(cursor.at, TokenKind.QUOTED_IDENTIFIER);
        return cursor.atName() && (quoted || !cursor.is("SET"))
                ? new Alias(cursor.name(), List.of())
                : new Alias(null, List.of());
    }

    private record Alias(@Nullable String name, List<String> columns) {}
}
