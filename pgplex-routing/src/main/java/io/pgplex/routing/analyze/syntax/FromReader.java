package io.pgplex.routing.analyze.syntax;

import io.pgplex.routing.scan.TokenKind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.select.Join;
import net.sf.jsqlparser.statement.select.ParenthesedFromItem;
import net.sf.jsqlparser.statement.select.ParenthesedSelect;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.TableFunction;
import net.sf.jsqlparser.statement.select.Values;
import org.jspecify.annotations.Nullable;

/** Reads FROM and USING. JSqlParser lists what is joined; which join takes which is told by where ON and USING stand. */
final class FromReader {

    private final Readers readers;
    private final Cursor cursor;

    FromReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    /** What JSqlParser knows of a list, in the order of the text. */
    private record Trees(Deque<net.sf.jsqlparser.statement.select.FromItem> items, Deque<Expression> conditions) {
        static Trees of(net.sf.jsqlparser.statement.select.FromItem first, @Nullable List<Join> joins) {
            Trees trees = new Trees(new ArrayDeque<>(), new ArrayDeque<>());
            trees.items.add(first);
            for (Join join : joins == null ? List.<Join>of() : joins) {
                trees.items.add(join.getFromItem());
                trees.conditions.addAll(join.getOnExpressions());
            }
            return trees;
        }
    }

    List<FromItem> list(net.sf.jsqlparser.statement.select.FromItem first, @Nullable List<Join> joins) {
        cursor.enter();
        Trees trees = Trees.of(first, joins);
        List<FromItem> list = new ArrayList<>();
        do {
            FromItem item = primary(next(trees.items));
            FromItem joined = item;
            while (joined != null) {
                item = joined;
                joined = join(item, trees);
            }
            list.add(item);
        } while (!trees.items.isEmpty() && cursor.accept(','));
        if (!trees.items.isEmpty() || !trees.conditions.isEmpty()) {
            throw cursor.unknown();
        }
        cursor.leave();
        return list;
    }

    private <T> T next(Deque<T> trees) {
        T next = trees.poll();
        if (next == null) {
            throw cursor.unknown();
        }
        return next;
    }

    private @Nullable FromItem join(FromItem left, Trees trees) {
        if (cursor.acceptSequence("CROSS", "JOIN")) {
            FromItem right = primary(next(trees.items));
            return new FromItem.Join(left, right, FromItem.Join.Type.INNER, false, null, null, null);
        }
        boolean natural = cursor.accept("NATURAL");
        FromItem.Join.Type type = joinType();
        if (type == null) {
            if (natural) {
                throw cursor.unknown();
            }
            return null;
        }
        FromItem right = primary(next(trees.items));
        if (natural) {
            return new FromItem.Join(left, right, type, true, null, null, null);
        }
        // "a JOIN b JOIN c ON y ON x" nests to the right
        while (!cursor.is("ON", "USING")) {
            FromItem joined = join(right, trees);
            if (joined == null) {
                throw cursor.unknown();
            }
            right = joined;
        }
        if (cursor.accept("USING")) {
            List<String> columns = cursor.nameList();
            String alias = cursor.accept("AS") ? cursor.name() : null;
            return new FromItem.Join(left, right, type, false, columns, null, alias);
        }
        cursor.expect("ON");
        Expr on = readers.expressions().expression(next(trees.conditions));
        return new FromItem.Join(left, right, type, false, null, on, null);
    }

    private FromItem.Join.@Nullable Type joinType() {
        FromItem.Join.Type type = null;
        if (cursor.accept("LEFT")) {
            type = FromItem.Join.Type.LEFT;
        } else if (cursor.accept("RIGHT")) {
            type = FromItem.Join.Type.RIGHT;
        } else if (cursor.accept("FULL")) {
            type = FromItem.Join.Type.FULL;
        } else if (cursor.accept("INNER")) {
            cursor.expect("JOIN");
            return FromItem.Join.Type.INNER;
        }
        if (type == null) {
            return cursor.accept("JOIN") ? FromItem.Join.Type.INNER : null;
        }
        cursor.accept("OUTER");
        cursor.expect("JOIN");
        return type;
    }

    private FromItem primary(net.sf.jsqlparser.statement.select.FromItem tree) {
        boolean lateral = cursor.accept("LATERAL");
        if (tree instanceof Table) {
            return readers.names().atValueFunction()
                    ? function(List.of(readers.names().valueFunction(cursor.at)))
                    : relation();
        }
        if (tree instanceof ParenthesedSelect || tree instanceof Values) {
            return derived(readers.queries().inParentheses((Select) tree), lateral);
        }
        if (tree instanceof ParenthesedFromItem parentheses) {
            return parentheses(parentheses, lateral);
        }
        if (tree instanceof TableFunction function) {
            return function(calls(function));
        }
        throw cursor.unknown();
    }

    private FromItem derived(Query query, boolean lateral) {
        Alias alias = alias();
        return new FromItem.Derived(query, lateral, alias.name, alias.columns);
    }

    private FromItem parentheses(ParenthesedFromItem tree, boolean lateral) {
        if (tree.getJoins() == null || tree.getJoins().isEmpty()) {
            return derived(query(tree), lateral);
        }
        cursor.expect('(');
        List<FromItem> list = list(tree.getFromItem(), tree.getJoins());
        cursor.expect(')');
        if (list.size() != 1 || !(list.get(0) instanceof FromItem.Join join)) {
            throw cursor.unknown();
        }
        Alias alias = alias();
        if (alias.name == null) {
            return join;
        }
        return new FromItem.Join(
                join.left(), join.right(), join.type(), join.natural(), join.using(), join.on(), alias.name);
    }

    /** A query in more parentheses than one, or VALUES. */
    private Query query(ParenthesedFromItem tree) {
        net.sf.jsqlparser.statement.select.FromItem inner = tree.getFromItem();
        if (inner instanceof Values values) {
            return readers.queries().inParentheses(values);
        }
        cursor.expect('(');
        Query query;
        if (inner instanceof ParenthesedSelect select) {
            query = readers.queries().inParentheses(select);
        } else if (inner instanceof ParenthesedFromItem parentheses
                && (parentheses.getJoins() == null || parentheses.getJoins().isEmpty())) {
            query = query(parentheses);
        } else {
            throw cursor.unknown();
        }
        cursor.expect(')');
        return query;
    }

    private List<Expr> calls(TableFunction tree) {
        if (!tree.isRowsFrom()) {
            return List.of(readers.calls().function(cursor.at, tree.getFunction()));
        }
        cursor.expect("ROWS");
        cursor.expect("FROM");
        cursor.expect('(');
        List<Expr> calls = new ArrayList<>();
        for (Function call : tree.getRowsFromFunctions()) {
            if (!calls.isEmpty()) {
                cursor.expect(',');
            }
            calls.add(readers.calls().function(cursor.at, call));
        }
        cursor.expect(')');
        return calls;
    }

    private FromItem function(List<Expr> calls) {
        boolean ordinality = cursor.acceptSequence("WITH", "ORDINALITY");
        Alias alias = functionAlias();
        return new FromItem.Function(calls, alias.name, alias.columns, ordinality);
    }

    /** A function's alias may be followed by columns with types. */
    private Alias functionAlias() {
        Alias alias = aliasName();
        if (alias.name == null || !cursor.isPunctuation('(')) {
            return alias;
        }
        boolean untyped =
                cursor.text.isPunctuation(cursor.at + 2, ',') || cursor.text.isPunctuation(cursor.at + 2, ')');
        if (untyped) {
            return new Alias(alias.name, cursor.nameList());
        }
        cursor.skipParentheses();
        return alias;
    }

    private FromItem.Relation relation() {
        FromItem.Relation plain = plainRelation();
        Alias alias = alias();
        boolean sampled = cursor.accept("TABLESAMPLE");
        if (sampled) {
            cursor.qualifiedName();
            cursor.skipParentheses();
            if (cursor.accept("REPEATABLE")) {
                cursor.skipParentheses();
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
        return alias.name == null || !cursor.isPunctuation('(') ? alias : new Alias(alias.name, cursor.nameList());
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
