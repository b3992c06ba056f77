package io.pgplex.routing.plan.select;

import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.GroupedKeys;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.analyze.syntax.Window;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.scan.Identifiers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What only whole rows can answer: the shards give the columns that are needed, and the statement's own clauses run over
 * them on one server.
 *
 * <pre>
 * SELECT city, count(DISTINCT name) FROM t WHERE x > 3 GROUP BY city
 * shards: SELECT DISTINCT city, name FROM t WHERE x > 3
 * finish: SELECT c1 AS "city", count(DISTINCT c2) AS "count" FROM pgplex_rows GROUP BY c1
 * </pre>
 */
final class RowsFinish extends FinishText {

    /** Aggregates that do not mind rows that are there once instead of often. */
    private static final Set<String> IGNORE_REPEATS = Set.of("min", "max", "bool_and", "bool_or", "every");

    private final ResolvedQuery query;
    private final @Nullable GroupedKeys keys;
    private final Set<Expr.Column> anyOfGroup = new HashSet<>();
    private final Set<Integer> dependents = new LinkedHashSet<>();
    private final Map<Object, Integer> known = new HashMap<>();
    private final Map<Query.Item, SqlText> stars = new HashMap<>();
    private boolean equalMeansSame = true;

    RowsFinish(
            ResolvedQuery query,
            Block block,
            Query.Select select,
            SelectShape shape,
            Collations collations,
            Splice splice) {
        super(block, select, shape, collations, splice);
        this.query = query;
        this.keys = select.groupBy() == null ? null : new GroupedKeys(block);
    }

    void rewrite() {
        if (keys != null) {
            keys.references().forEach(this::dependent);
        }
        int position = 0;
        for (Query.Item item : select.items()) {
            if (SortPlanner.isStar(item.expression())) {
                position = star(item, position);
            } else {
                visit(item.expression());
                position++;
            }
        }
        if (select.distinctOn() != null) {
            select.distinctOn().forEach(this::visitUnlessAlias);
        }
        if (select.groupBy() != null) {
            select.groupBy().parts().forEach(part -> visitUnlessAlias(part.expression()));
        }
        if (select.having() != null) {
            visit(select.having());
        }
        for (Window window : select.windows().values()) {
            window.partitionBy().forEach(this::visit);
            window.orderBy().forEach(item -> visit(item.expression()));
            window.bounds().forEach(this::visit);
        }
        for (SortItem item : query.syntax().orderBy()) {
            if (!namesOutput(item)) {
                visit(item.expression());
            }
        }
    }

    private void visitUnlessAlias(Expr expression) {
        if (shape.groupItem(expression) == null) {
            visit(expression);
        }
    }

    private void visit(Expr expression) {
        if (expression instanceof Expr.Column column) {
            if (column.star()) {
                throw wholeRow(column, column.names().isEmpty() ? "*" : column.name());
            }
            SqlText sql = reference(column);
            finish.replace(column.from(), column.to(), anyOfGroup.contains(column) ? anyOf(sql) : sql);
        } else if (holdsQuery(expression)) {
            throw Placements.refuse(CrossShard.SUBQUERY_BESIDE_AGGREGATE, block, expression.from());
        } else {
            expression.children().forEach(this::visit);
        }
    }

    /** The rows have no key any more, from which a column that is not grouped by could follow. */
    private void dependent(Expr.Column column) {
        Attribute attribute = block.attribute(column);
        if (attribute == null || !follows(attribute)) {
            return;
        }
        Column origin = attribute.origin();
        if (origin != null && !GroupedKeys.hasEquality(origin)) {
            takeAny(column);
        } else {
            dependents.add(number(attribute, fragment.slice(column.from(), column.to())));
        }
    }

    private void takeAny(Expr.Column column) {
        if (keys != null && keys.mayTakeAny()) {
            anyOfGroup.add(column);
        }
    }

    private boolean follows(Attribute attribute) {
        return keys != null && !keys.isGrouped(attribute) && keys.determine(attribute);
    }

    private SqlText reference(Expr.Column column) {
        Attribute attribute = block.attribute(column);
        if (attribute == null
                && block.relations().stream().anyMatch(each -> each.name().equals(column.name()))) {
            throw wholeRow(column, column.name());
        }
        Object key = attribute == null ? TokenKeys.of(text, column.from(), column.to()) : attribute;
        Integer number = known.get(key);
        if (number == null) {
            number = addColumn(fragment.slice(column.from(), column.to()));
            known.put(key, number);
            equalMeansSame &= attribute != null && isIdentity(attribute.origin());
        }
        return collated(number, collations.of(column, block), column);
    }

    /** Whether equal values are the same in every respect; 1.0 and 1.00 are not, and json has no equality. */
    private static boolean isIdentity(@Nullable Column column) {
        return column != null
                && column.collation() == null
                && switch (column.type()) {
                    case "smallint", "integer", "bigint", "text", "uuid", "date", "boolean", "bytea" -> true;
                    default ->
                        column.type().startsWith("character varying")
                                || column.type().startsWith("timestamp");
                };
    }

    private RuntimeException wholeRow(Expr at, String name) {
        return Placements.refuse(CrossShard.WHOLE_ROW, block, at.from(), name);
    }

    /** Writes a star out; the place behind its last column. */
    private int star(Query.Item item, int position) {
        List<Output> outputs = block.outputs();
        Expr.Column column = item.expression() instanceof Expr.Column star ? star : null;
        if (outputs == null || column == null) {
            throw wholeRow(item.expression(), "*");
        }
        SqlText sql = new SqlText();
        int at = position;
        while (at < outputs.size() && outputs.get(at).expression() == null && isOf(outputs.get(at), column)) {
            Output output = outputs.get(at);
            Attribute attribute = output.attribute();
            if (attribute == null) {
                throw wholeRow(item.expression(), "*");
            }
            sql.append(at == position ? "" : ", ")
                    .append(reference(attribute, item.expression()))
                    .append(" AS " + Identifiers.quote(output.name()));
            at++;
        }
        stars.put(item, sql);
        return at;
    }

    private static boolean isOf(Output output, Expr.Column star) {
        return star.names().isEmpty()
                || (output.attribute() != null
                        && output.attribute().relation().name().equals(star.name()));
    }

    private SqlText reference(Attribute attribute, Expr at) {
        String qualifier = attribute.relation().name();
        String name = Identifiers.quote(attribute.column());
        int number = number(
                attribute,
                new SqlText().append(qualifier.isEmpty() ? name : Identifiers.quote(qualifier) + "." + name));
        Column origin = attribute.origin();
        SqlText sql = collated(number, collations.of(origin), at);
        if (!follows(attribute)) {
            return sql;
        }
        if (origin != null && !GroupedKeys.hasEquality(origin)) {
            return anyOf(sql);
        }
        dependents.add(number);
        return sql;
    }

    private int number(Attribute attribute, SqlText sql) {
        Integer number = known.get(attribute);
        if (number == null) {
            number = addColumn(sql);
            known.put(attribute, number);
            equalMeansSame &= isIdentity(attribute.origin());
        }
        return number;
    }

    @Override
    SqlText fragmentColumns() {
        boolean once = equalMeansSame
                && shape.windowCalls().isEmpty()
                && (shape.isGrouped()
                        ? shape.aggregates().stream().allMatch(RowsFinish::ignoresRepeats)
                        : select.distinct())
                && select.distinctOn() == null;
        SqlText sql = new SqlText().append(once ? "DISTINCT " : "");
        return sql.append(super.fragmentColumns());
    }

    private static boolean ignoresRepeats(Expr.Call call) {
        return call.distinct() || IGNORE_REPEATS.contains(call.function());
    }

    SqlText finish(Limits limits) {
        SqlText sql = new SqlText().append("SELECT ");
        if (select.distinct()) {
            sql.append(finish.slice(select.from() + 1, select.itemsFrom())).append(" ");
        }
        sql.append(items(stars)).append(from());
        groupBy(sql);
        if (select.having() != null) {
            sql.append(" ").append(finish.slice(select.havingFrom(), select.havingTo()));
        }
        if (!select.windows().isEmpty()) {
            sql.append(" ").append(finish.slice(select.windowsFrom(), select.windowsTo()));
        }
        return sql.append(orderBy(query.syntax().orderBy())).append(limits.whole());
    }

    private void groupBy(SqlText sql) {
        Query.GroupBy groupBy = select.groupBy();
        if (groupBy == null) {
            return;
        }
        if (groupBy.sets()) {
            sql.append(" ").append(finish.slice(groupBy.from(), groupBy.to()));
            dependents.forEach(number -> sql.append(", " + column(number)));
            return;
        }
        boolean first = true;
        for (Query.GroupBy.Part part : groupBy.parts()) {
            sql.append(first ? " GROUP BY " : ", ");
            first = false;
            Integer item = itemNumber(part.expression());
            sql.append(item == null ? finish.slice(part.from(), part.to()) : new SqlText().append(item.toString()));
        }
        dependents.forEach(number -> sql.append(", " + column(number)));
    }

    /** The number of the item that a part of GROUP BY names by its alias; a number keeps what it is. */
    private @Nullable Integer itemNumber(Expr part) {
        Query.Item item = part instanceof Expr.Column ? shape.groupItem(part) : null;
        if (item == null || !stars.isEmpty()) {
            return null;
        }
        return select.items().indexOf(item) + 1;
    }
}
