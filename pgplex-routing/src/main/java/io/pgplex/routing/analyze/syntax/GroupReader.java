package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import net.sf.jsqlparser.expression.Expression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.statement.select.GroupByElement;
import org.jspecify.annotations.Nullable;

/** Reads GROUP BY. */
final class GroupReader {

    private final Readers readers;
    private final Cursor cursor;

    GroupReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    Query.GroupBy groupBy(GroupByElement tree) {
        int from = cursor.at;
        cursor.expect("GROUP");
        cursor.expect("BY");
        cursor.accept("ALL");
        List<Query.GroupBy.Part> parts = new ArrayList<>();
        List<Expr> always = new ArrayList<>();
        List<List<Expr>> alternatives = new ArrayList<>();
        boolean sets = false;
        boolean first = true;
        for (Expression element : elements(tree.getGroupByExpressionList())) {
            separator(first);
            first = false;
            sets |= element(element, parts, always);
        }
        List<ExpressionList<Expression>> groupingSets = tree.getGroupingSets();
        if (groupingSets != null && !groupingSets.isEmpty()) {
            separator(first);
            sets = true;
            groupingSets(groupingSets, parts, alternatives);
        } else if (first) {
            sets |= acceptEmpty();
        }
        return new Query.GroupBy(from, cursor.at, parts, sets, always, alternatives);
    }

    private List<? extends Expression> elements(@Nullable ExpressionList<Expression> tree) {
        if (tree == null || tree.isEmpty()) {
            return List.of();
        }
        return tree instanceof ParenthesedExpressionList ? List.of(tree) : tree;
    }

    private void separator(boolean first) {
        if (!first) {
            cursor.expect(',');
        }
    }

    private boolean acceptEmpty() {
        if (cursor.isPunctuation('(') && cursor.text.isPunctuation(cursor.at + 1, ')')) {
            cursor.at += 2;
            return true;
        }
        return false;
    }

    /** Reads one element, what it always groups by into {@code set}; true when it is more than an expression. */
    private boolean element(Expression tree, List<Query.GroupBy.Part> parts, List<Expr> set) {
        int at = cursor.at;
        if (acceptEmpty() || acceptRollup(tree, parts)) {
            return true;
        }
        Expr expression = readers.expressions().expression(tree);
        parts.add(new Query.GroupBy.Part(at, cursor.at, expression));
        if (expression instanceof Expr.Row row && !cursor.text.is(at, "ROW")) {
            // GROUP BY (a, b) groups by both, not by the row
            set.addAll(row.fields());
            return true;
        }
        set.add(expression);
        return false;
    }

    private boolean acceptRollup(Expression tree, List<Query.GroupBy.Part> parts) {
        if (!cursor.is("ROLLUP", "CUBE") || !(tree instanceof Function function) || function.getParameters() == null) {
            return false;
        }
        cursor.at++;
        cursor.expect('(');
        boolean first = true;
        for (Expression parameter : function.getParameters()) {
            separator(first);
            first = false;
            int at = cursor.at;
            Expr expression = readers.expressions().expression(parameter);
            parts.add(new Query.GroupBy.Part(at, cursor.at, expression));
        }
        cursor.expect(')');
        return true;
    }

    private void groupingSets(
            List<ExpressionList<Expression>> trees, List<Query.GroupBy.Part> parts, List<List<Expr>> alternatives) {
        cursor.expect("GROUPING");
        cursor.expect("SETS");
        cursor.expect('(');
        boolean first = true;
        for (ExpressionList<Expression> tree : trees) {
            separator(first);
            first = false;
            List<Expr> set = new ArrayList<>();
            alternatives.add(set);
            if (tree instanceof ParenthesedExpressionList || tree.size() != 1) {
                element(tree, parts, set);
            } else {
                element(tree.get(0), parts, set);
            }
        }
        cursor.expect(')');
    }
}
