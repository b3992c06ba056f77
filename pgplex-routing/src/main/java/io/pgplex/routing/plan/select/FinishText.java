package io.pgplex.routing.plan.select;

import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.OutputName;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.scan.Identifiers;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What the two ways to finish have in common: the columns that the shards give, numbered, and the final query's text with
 * references to them. Confined to one thread.
 */
abstract class FinishText {

    static final String ROWS = "pgplex_rows";

    final Block block;
    final ScannedStatement text;
    final Query.Select select;
    final SelectShape shape;
    final Collations collations;
    final Splice fragment;
    final Splice finish;
    final SqlText columns = new SqlText();
    private final Map<Integer, String> implicit = new HashMap<>();
    private int columnCount;

    FinishText(Block block, Query.Select select, SelectShape shape, Collations collations, Splice fragment) {
        this.block = block;
        this.text = block.text();
        this.select = select;
        this.shape = shape;
        this.collations = collations;
        this.fragment = fragment;
        this.finish = fragment.copy();
    }

    /** Adds a column to what the shards give; its number from 1. */
    int addColumn(SqlText sql) {
        columns.append(columnCount == 0 ? "" : ", ").append(sql);
        return ++columnCount;
    }

    SqlText fragmentColumns() {
        return columnCount == 0 ? new SqlText().append("NULL") : columns;
    }

    static String column(int number) {
        return ROWS + ".c" + number;
    }

    /**
     * The column with the collation that the expression had, which rows that travelled have lost. A collation that the
     * statement does not write is given to the rows, not here, where it would not go with another one.
     */
    SqlText collated(int number, Collations.Found collation, Expr at) {
        if (!collation.known()) {
            throw Placements.refuse(CrossShard.COLLATION_NOT_KNOWN, block, at.from());
        }
        if (collation.sql() == null) {
            return new SqlText().append(column(number));
        }
        if (at instanceof Expr.Collate) {
            return new SqlText().append("(" + column(number) + " COLLATE " + collation.sql() + ")");
        }
        implicit.put(number, collation.sql());
        return new SqlText().append(column(number));
    }

    /** FROM: the rows, their columns with the collations that they had. */
    SqlText from() {
        if (implicit.isEmpty()) {
            return new SqlText().append(" FROM " + ROWS);
        }
        StringJoiner all = new StringJoiner(", ");
        for (int i = 1; i <= columnCount; i++) {
            String collation = implicit.get(i);
            all.add(collation == null ? "c" + i : "c" + i + " COLLATE " + collation + " AS c" + i);
        }
        return new SqlText().append(" FROM (SELECT " + all + " FROM " + ROWS + ") AS " + ROWS);
    }

    /** The value of a group's rows that they all have, where the type cannot be grouped by. */
    static SqlText anyOf(SqlText value) {
        // in parentheses, so that a subscript behind it is not one of the array
        return new SqlText().append("((array_agg(").append(value).append("))[1])");
    }

    /** The select list of the final query, every column under its own name. */
    SqlText items(Map<Query.Item, SqlText> stars) {
        SqlText sql = new SqlText();
        boolean first = true;
        for (Query.Item item : select.items()) {
            sql.append(first ? "" : ", ");
            first = false;
            SqlText star = stars.get(item);
            if (star != null) {
                sql.append(star);
                continue;
            }
            sql.append(finish.slice(item.from(), item.expressionTo()))
                    .append(" AS " + Identifiers.quote(OutputName.of(item, text)));
        }
        return sql;
    }

    /** Whether an item of ORDER BY names an output column or gives its number. */
    boolean namesOutput(SortItem item) {
        if (item.expression() instanceof Expr.Literal) {
            return true;
        }
        if (!(item.expression() instanceof Expr.Column column) || column.names().size() != 1) {
            return false;
        }
        List<Output> outputs = block.outputs();
        return outputs != null
                ? outputs.stream().anyMatch(output -> output.name().equals(column.name()))
                : select.items().stream()
                        .anyMatch(each -> OutputName.of(each, text).equals(column.name()));
    }

    SqlText orderBy(List<SortItem> items) {
        SqlText sql = new SqlText();
        boolean first = true;
        for (SortItem item : items) {
            sql.append(first ? " ORDER BY " : ", ").append(finish.slice(item.from(), item.to()));
            first = false;
        }
        return sql;
    }

    static boolean holdsQuery(Expr expression) {
        return expression instanceof Expr.Exists
                || expression instanceof Expr.Subquery
                || expression instanceof Expr.Membership;
    }
}
