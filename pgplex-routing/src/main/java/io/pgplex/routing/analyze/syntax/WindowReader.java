package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.AnalyticType;
import net.sf.jsqlparser.expression.WindowDefinition;
import net.sf.jsqlparser.expression.WindowElement;
import net.sf.jsqlparser.expression.WindowOffset;
import net.sf.jsqlparser.expression.operators.relational.ExpressionList;
import net.sf.jsqlparser.expression.operators.relational.ParenthesedExpressionList;
import net.sf.jsqlparser.statement.select.OrderByElement;
import org.jspecify.annotations.Nullable;

/** Reads windows: behind OVER and in the WINDOW clause. */
final class WindowReader {

    private final Readers readers;
    private final Cursor cursor;

    WindowReader(Readers readers) {
        this.readers = readers;
        this.cursor = readers.cursor();
    }

    /** What follows OVER. */
    Window over(AnalyticExpression tree) {
        if (!cursor.isPunctuation('(')) {
            return new Window(cursor.name(), List.of(), List.of(), List.of());
        }
        if (tree.getType() == AnalyticType.WITHIN_GROUP_OVER) {
            return window(tree.getWindowDefinition());
        }
        return window(tree.getPartitionExpressionList(), tree.getOrderByElements(), tree.getWindowElement());
    }

    /** The WINDOW clause. */
    Map<String, Window> clause(List<WindowDefinition> trees) {
        Map<String, Window> windows = new LinkedHashMap<>();
        cursor.expect("WINDOW");
        for (WindowDefinition tree : trees) {
            if (!windows.isEmpty()) {
                cursor.expect(',');
            }
            String name = cursor.name();
            cursor.expect("AS");
            windows.put(name, window(tree));
        }
        return windows;
    }

    private Window window(WindowDefinition tree) {
        return window(tree.getPartitionExpressionList(), tree.getOrderByElements(), tree.getWindowElement());
    }

    private Window window(
            @Nullable ExpressionList<?> partition,
            @Nullable List<OrderByElement> order,
            @Nullable WindowElement frame) {
        cursor.expect('(');
        String base = null;
        if (cursor.atName() && !cursor.is("PARTITION", "RANGE", "ROWS", "GROUPS")) {
            base = cursor.name();
        }
        List<Expr> partitionBy = List.of();
        if (partition != null && cursor.acceptSequence("PARTITION", "BY")) {
            partitionBy = partition instanceof ParenthesedExpressionList<?> parentheses
                    ? List.of(readers.expressions().expression(parentheses))
                    : readers.expressions().list(partition);
        }
        List<SortItem> orderBy =
                order != null && cursor.is("ORDER") ? readers.queries().orderBy(order) : List.of();
        List<Expr> bounds = new ArrayList<>();
        if (frame != null) {
            frame(frame, bounds);
        }
        cursor.expect(')');
        return new Window(base, partitionBy, orderBy, bounds);
    }

    private void frame(WindowElement tree, List<Expr> bounds) {
        if (!cursor.is("RANGE", "ROWS", "GROUPS")) {
            throw cursor.unknown();
        }
        cursor.at++;
        if (tree.getRange() == null) {
            bound(tree.getOffset(), bounds);
        } else {
            cursor.expect("BETWEEN");
            bound(tree.getRange().getStart(), bounds);
            cursor.expect("AND");
            bound(tree.getRange().getEnd(), bounds);
        }
        if (cursor.accept("EXCLUDE")
                && !cursor.acceptSequence("CURRENT", "ROW")
                && !cursor.acceptSequence("NO", "OTHERS")) {
            cursor.label();
        }
    }

    private void bound(WindowOffset tree, List<Expr> bounds) {
        if (cursor.acceptSequence("CURRENT", "ROW")) {
            return;
        }
        if (!cursor.accept("UNBOUNDED")) {
            bounds.add(readers.expressions().expression(tree.getExpression()));
        }
        if (!cursor.accept("PRECEDING")) {
            cursor.expect("FOLLOWING");
        }
    }
}
