package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.statement.select.PlainSelect;
import net.sf.jsqlparser.statement.select.SelectItem;
import org.jspecify.annotations.Nullable;

/** Reads SELECT up to its WINDOW clause. */
final class SelectReader {

    private final Readers readers;
    private final Cursor cursor;

    SelectReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    Query.Select select(PlainSelect tree) {
        int start = cursor.at;
        cursor.expect("SELECT");
        boolean distinct = cursor.accept("DISTINCT");
        List<Expr> distinctOn = distinct && cursor.accept("ON") ? distinctOn(tree) : null;
        if (!distinct) {
            cursor.accept("ALL");
        }
        int itemsFrom = cursor.at;
        // JSqlParser is shown an asterisk where there are no items
        List<Query.Item> items = cursor.is("FROM", "WHERE") ? List.of() : items(tree.getSelectItems());
        int itemsTo = cursor.at;
        List<FromItem> from = List.of();
        if (tree.getFromItem() != null) {
            cursor.expect("FROM");
            from = readers.relations().list(tree.getFromItem(), tree.getJoins());
        }
        Expr where = condition("WHERE", tree.getWhere());
        int tail = cursor.at;
        Query.GroupBy groupBy =
                tree.getGroupBy() == null ? null : readers.groups().groupBy(tree.getGroupBy());
        int havingFrom = cursor.at;
        Expr having = condition("HAVING", tree.getHaving());
        int havingTo = cursor.at;
        Map<String, Window> windows = tree.getWindowDefinitions() == null
                ? Map.of()
                : readers.windows().clause(tree.getWindowDefinitions());
        return new Query.Select(
                start,
                cursor.at,
                distinct,
                distinctOn,
                itemsFrom,
                itemsTo,
                items,
                false,
                from,
                where,
                tail,
                groupBy,
                having,
                havingFrom,
                havingTo,
                windows,
                havingTo,
                cursor.at);
    }

    private List<Expr> distinctOn(PlainSelect tree) {
        List<Expr> list = new ArrayList<>();
        cursor.expect('(');
        for (SelectItem<?> item : tree.getDistinct().getOnSelectItems()) {
            if (!list.isEmpty()) {
                cursor.expect(',');
            }
            list.add(readers.expressions().expression(item.getExpression()));
        }
        cursor.expect(')');
        return list;
    }

    @Nullable
    Expr condition(String word, @Nullable Expression tree) {
        if (tree == null) {
            return null;
        }
        cursor.expect(word);
        return readers.expressions().expression(tree);
    }

    /** A select list or the list of RETURNING. */
    List<Query.Item> items(List<SelectItem<?>> trees) {
        List<Query.Item> items = new ArrayList<>();
        for (SelectItem<?> tree : trees) {
            if (!items.isEmpty()) {
                cursor.expect(',');
            }
            int from = cursor.at;
            Expr expression = readers.expressions().expression(tree.getExpression());
            int expressionTo = cursor.at;
            String alias = tree.getAlias() == null ? null : alias();
            items.add(new Query.Item(from, expressionTo, cursor.at, expression, alias));
        }
        return items;
    }

    private String alias() {
        if (!cursor.accept("AS") && Keywords.NEEDS_AS.contains(cursor.text.word(cursor.at))) {
            throw cursor.unknown();
        }
        return cursor.label();
    }
}
