package io.pgplex.routing.plan.select;

import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.GroupedKeys;
import io.pgplex.routing.analyze.OutputName;
import io.pgplex.routing.analyze.Placements;
import io.pgplex.routing.analyze.ResolvedQuery;
import io.pgplex.routing.analyze.SelectShape;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.CrossShard;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.scan.Identifiers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates that are put together from each shard's own:
 *
 * <pre>
 * SELECT city, count(*), avg(age) + 1 FROM t GROUP BY city HAVING sum(x) > 3
 * shards: SELECT city, count(*), sum(age), count(age), sum(x) FROM t GROUP BY 1
 * finish: SELECT c1 AS "city", sum(c2) AS "count", (avg of c3 over c4) + 1 FROM pgplex_rows GROUP BY c1 HAVING sum(c5) > 3
 * </pre>
 */
final class PartialAggregates extends FinishText {

    private final ResolvedQuery query;
    private final Map<String, Integer> groupColumns = new LinkedHashMap<>();
    private final Map<Integer, Expr> groupExpressions = new LinkedHashMap<>();
    private final Map<Attribute, Integer> groupAttributes = new HashMap<>();
    private final List<Integer> finalGroup = new ArrayList<>();
    private int groupParts;

    PartialAggregates(
            ResolvedQuery query,
            Block block,
            Query.Select select,
            SelectShape shape,
            Collations collations,
            Splice splice) {
        super(block, select, shape, collations, splice);
        this.query = query;
    }

    /** Whether the client may put together what this statement computes. */
    boolean isExact() {
        Query.GroupBy groupBy = select.groupBy();
        boolean plain = !select.distinct()
                && shape.windowCalls().isEmpty()
                && shape.isGrouped()
                && (groupBy == null || !groupBy.sets())
                && select.items().stream().noneMatch(item -> SortPlanner.isStar(item.expression()));
        if (!plain || !shape.aggregates().stream().allMatch(this::isDecomposable)) {
            return false;
        }
        if (groupBy != null) {
            for (Query.GroupBy.Part part : groupBy.parts()) {
                boolean ordinal = part.expression() instanceof Expr.Literal;
                Expr expression = shape.groupExpression(part.expression());
                if ((ordinal && expression instanceof Expr.Literal)
                        || expression instanceof Expr.Row
                        || !collations.of(expression, block).known()) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean isDecomposable(Expr.Call call) {
        boolean plain = call.plain()
                && !call.distinct()
                && call.orderBy().isEmpty()
                && call.withinGroup().isEmpty()
                && Functions.isDecomposable(String.join(".", call.name()))
                && (call.star() || call.arguments().size() == 1);
        if (!plain || holdsSinglePrecision(call)) {
            return false;
        }
        boolean ordered = call.function().equals("min") || call.function().equals("max");
        return !ordered || collations.of(call.arguments().get(0), block).known();
    }

    /** The sum of real values is rounded to real, which is too coarse for an average. */
    private boolean holdsSinglePrecision(Expr expression) {
        Attribute attribute = block.attribute(expression);
        Column column = attribute == null ? null : attribute.origin();
        return (column != null && column.type().equals("real"))
                || (expression instanceof Expr.Cast cast && cast.type().name().equals("real"))
                || expression.children().stream().anyMatch(this::holdsSinglePrecision);
    }

    void rewrite() {
        groups();
        select.items().forEach(this::visit);
        if (select.having() != null) {
            visit(select.having());
        }
        for (SortItem item : query.syntax().orderBy()) {
            if (!namesOutput(item)) {
                visit(item.expression());
            }
        }
    }

    private void visit(Query.Item item) {
        visit(item.expression());
        boolean oneColumn = item.alias() != null
                && select.groupBy() == null
                && item.expression() instanceof Expr.Call call
                && SelectShape.isAggregate(call)
                && !call.function().equals("avg");
        if (oneColumn) {
            // where the client combines the shards' rows itself, the application sees the fragment's names
            columns.append(" AS " + Identifiers.quote(OutputName.of(item, text)));
        }
    }

    private void groups() {
        Query.GroupBy groupBy = select.groupBy();
        if (groupBy == null) {
            return;
        }
        for (Query.GroupBy.Part part : groupBy.parts()) {
            Query.Item item = shape.groupItem(part.expression());
            int from = item == null ? part.from() : item.from();
            int to = item == null ? part.to() : item.expressionTo();
            Expr expression = item == null ? part.expression() : item.expression();
            int column = addColumn(fragment.slice(from, to));
            groupParts++;
            finalGroup.add(column);
            groupColumns.putIfAbsent(TokenKeys.of(text, from, to), column);
            groupExpressions.put(column, expression);
            Attribute attribute = block.attribute(expression);
            if (attribute != null) {
                groupAttributes.putIfAbsent(attribute, column);
            }
        }
    }

    private void visit(Expr expression) {
        Integer group = group(expression);
        if (group != null) {
            Expr grouped = Objects.requireNonNull(groupExpressions.get(group));
            replace(expression, collated(group, collations.of(grouped, block), expression));
        } else if (expression instanceof Expr.Call call && SelectShape.isAggregate(call)) {
            replace(call, aggregate(call));
        } else if (expression instanceof Expr.Column column) {
            dependent(column);
        } else if (holdsQuery(expression)) {
            throw Placements.refuse(CrossShard.SUBQUERY_BESIDE_AGGREGATE, block, expression.from());
        } else {
            expression.children().forEach(this::visit);
        }
    }

    private @Nullable Integer group(Expr expression) {
        Attribute attribute = block.attribute(expression);
        Integer group = attribute == null ? null : groupAttributes.get(attribute);
        if (group == null && groupColumns.isEmpty()) {
            return null;
        }
        return group != null ? group : groupColumns.get(TokenKeys.of(text, expression.from(), expression.to()));
    }

    /** A column that is not grouped by must depend on one that is; the shards' servers check that. */
    private void dependent(Expr.Column column) {
        int number = addColumn(fragment.slice(column.from(), column.to()));
        Attribute attribute = block.attribute(column);
        Column origin = attribute == null ? null : attribute.origin();
        if (origin != null && !GroupedKeys.hasEquality(origin)) {
            replace(column, anyOf(new SqlText().append(column(number))));
            return;
        }
        finalGroup.add(number);
        groupColumns.put(TokenKeys.of(text, column.from(), column.to()), number);
        groupExpressions.put(number, column);
        if (attribute != null) {
            groupAttributes.put(attribute, number);
        }
        replace(column, collated(number, collations.of(column, block), column));
    }

    private void replace(Expr expression, SqlText sql) {
        finish.replace(expression.from(), expression.to(), sql);
    }

    private SqlText aggregate(Expr.Call call) {
        String name = call.function();
        if (name.equals("avg")) {
            int sums = addColumn(renamed(call, "sum"));
            int counts = addColumn(renamed(call, "count"));
            return new SqlText().piece(new Finish.Average(sums, counts));
        }
        int number = addColumn(fragment.slice(call.from(), call.to()));
        return switch (name) {
            case "count" -> new SqlText().append("coalesce(CAST(sum(" + column(number) + ") AS bigint), 0)");
            case "sum" ->
                new SqlText()
                        .append("CAST(sum(" + column(number) + ") AS ")
                        .piece(new Finish.TypeOf(number))
                        .append(")");
            case "min", "max" -> {
                Expr argument = call.arguments().get(0);
                yield new SqlText()
                        .append(name + "(")
                        .append(collated(number, collations.of(argument, block), argument))
                        .append(")");
            }
            default -> new SqlText().append(name + "(" + column(number) + ")");
        };
    }

    /** The call with another function's name. */
    private SqlText renamed(Expr.Call call, String name) {
        int nameTokens = 2 * call.name().size() - 1;
        return new SqlText().append(name).append(fragment.slice(call.from() + nameTokens, call.to()));
    }

    SqlText fragmentTail() {
        SqlText sql = new SqlText();
        for (int i = 1; i <= groupParts; i++) {
            sql.append(i == 1 ? " GROUP BY " : ", ").append(Integer.toString(i));
        }
        return sql;
    }

    SqlText finish(Limits limits) {
        SqlText groups = new SqlText();
        boolean first = true;
        for (int column : finalGroup) {
            Expr grouped = Objects.requireNonNull(groupExpressions.get(column));
            groups.append(first ? " GROUP BY " : ", ").append(collated(column, collations.of(grouped, block), grouped));
            first = false;
        }
        SqlText sql = new SqlText()
                .append("SELECT ")
                .append(items(Map.of()))
                .append(from())
                .append(groups);
        if (select.having() != null) {
            // without groups, each shard gives a row of its own for the one group that there is
            sql.append(" ").append(finish.slice(select.havingFrom(), select.havingTo()));
        }
        return sql.append(orderBy(query.syntax().orderBy())).append(limits.whole());
    }

    /** How the client puts the shards' single rows together itself; null where it may not. */
    @Nullable
    List<Finish.Combine> combine(Limits limits) {
        if (select.groupBy() != null
                || select.having() != null
                || !query.syntax().orderBy().isEmpty()
                || !limits.isUnlimited()) {
            return null;
        }
        List<Finish.Combine> combine = new ArrayList<>();
        for (Query.Item item : select.items()) {
            if (!(item.expression() instanceof Expr.Call call) || !SelectShape.isAggregate(call)) {
                return null;
            }
            if ((call.function().equals("min") || call.function().equals("max"))
                    && !comparesByTypeAlone(call.arguments().get(0))) {
                return null;
            }
            Finish.Combine how =
                    switch (call.function()) {
                        case "count", "sum" -> Finish.Combine.SUM;
                        case "min" -> Finish.Combine.MINIMUM;
                        case "max" -> Finish.Combine.MAXIMUM;
                        case "bool_and", "every" -> Finish.Combine.AND;
                        case "bool_or" -> Finish.Combine.OR;
                        default -> null;
                    };
            if (how == null) {
                return null;
            }
            combine.add(how);
        }
        return combine;
    }

    /** Whether the client needs no collation to know which of two values is the smaller. */
    private boolean comparesByTypeAlone(Expr argument) {
        Attribute attribute = block.attribute(argument);
        Column column = attribute == null ? null : attribute.origin();
        boolean number = column != null
                && switch (column.type()) {
                    case "smallint", "integer", "bigint", "date" -> true;
                    default ->
                        column.type().startsWith("numeric") || column.type().startsWith("timestamp");
                };
        Collations.Found collation = collations.of(argument, block);
        return number || (collation.bytewise() && collation.sql() == null);
    }
}
