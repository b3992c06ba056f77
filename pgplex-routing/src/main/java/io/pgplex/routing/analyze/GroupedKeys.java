package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.SortItem;
import io.pgplex.routing.analyze.syntax.Window;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Primary keys that a block groups by. Where all columns of one are in every grouping set, PostgreSQL lets a group have
 * the table's other columns too ({@code check_functional_grouping} in src/backend/catalog/pg_constraint.c), which must be
 * said in the text where something without a key stands for the table. Immutable.
 *
 * <pre>
 * SELECT c.id, c.name, count(*) FROM customers c JOIN ... GROUP BY c.id
 * SELECT c.id, c.name, count(*) FROM (rows of customers) c JOIN ... GROUP BY c.name, c.id
 * </pre>
 */
public final class GroupedKeys {

    /** PostgreSQL's own types that nothing can be grouped by. */
    private static final Set<String> WITHOUT_EQUALITY =
            Set.of("json", "jsonpath", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle");

    private final Block block;
    private final Query.Select select;
    private final SelectShape shape;
    private final Set<Attribute> common;
    private final Set<Attribute> grouped = new HashSet<>();

    /** The keys of a SELECT that has GROUP BY. */
    public GroupedKeys(Block block) {
        this.block = block;
        this.select = Objects.requireNonNull(block.select());
        this.shape = new SelectShape(block);
        this.common = shape.commonGroupKeys();
        for (Query.GroupBy.Part part : Objects.requireNonNull(select.groupBy()).parts()) {
            group(shape.groupExpression(part.expression()));
        }
    }

    private void group(Expr part) {
        Attribute attribute = block.attribute(part);
        if (attribute != null) {
            grouped.add(attribute);
        } else if (part instanceof Expr.Row row) {
            row.fields().forEach(field -> group(shape.groupExpression(field)));
        }
    }

    /** Whether every column of a use of a table follows from what the block groups by. */
    public boolean determine(RelationUse use, Table table) {
        if (table.primaryKey().isEmpty() || !use.block().equals(block)) {
            return false;
        }
        for (String part : table.primaryKey()) {
            int position = table.columns().indexOf(Objects.requireNonNull(table.column(part)));
            String name = use.nameHere(table, position);
            if (name == null || !common.contains(new Attribute(use, name))) {
                return false;
            }
        }
        return true;
    }

    /** The same for what is a table of the map; false for anything else. */
    public boolean determine(Attribute attribute) {
        Table table = attribute.relation().table();
        return table != null && determine(attribute.relation(), table);
    }

    /** Whether some grouping set has the column, so that it is NULL in the others and follows from nothing. */
    public boolean isGrouped(Attribute attribute) {
        return grouped.contains(attribute);
    }

    /**
     * Whether a column that follows from a key may be taken from any row of the group. Where an expression over it is in
     * some of several grouping sets, it would be NULL in the others.
     */
    public boolean mayTakeAny() {
        Query.GroupBy groupBy = Objects.requireNonNull(select.groupBy());
        return !groupBy.sets() || groupBy.parts().stream().allMatch(part -> isPlain(part.expression()));
    }

    private boolean isPlain(Expr part) {
        Expr expression = shape.groupExpression(part);
        return expression instanceof Expr.Column
                || (expression instanceof Expr.Row row && row.fields().stream().allMatch(this::isPlain));
    }

    /** Whether values of the column can be compared, and so grouped by. */
    public static boolean hasEquality(Column column) {
        return !WITHOUT_EQUALITY.contains(column.type());
    }

    /**
     * The columns, stars and whole rows that the block names of its groups: outside of aggregates, in the select list,
     * HAVING, windows and ORDER BY. Those that are grouped by are among them.
     */
    public List<Expr.Column> references() {
        List<Expr.Column> references = new ArrayList<>();
        for (Query.Item item : select.items()) {
            if (!isGrouped(item)) {
                collect(item.expression(), references);
            }
        }
        if (select.distinctOn() != null) {
            select.distinctOn().forEach(each -> collectUnlessOutput(each, references));
        }
        if (select.having() != null) {
            collect(select.having(), references);
        }
        for (Window window : select.windows().values()) {
            window.expressions().forEach(each -> collect(each, references));
        }
        ResolvedQuery query = block.query();
        if (query != null) {
            for (SortItem item : query.syntax().orderBy()) {
                collectUnlessOutput(item.expression(), references);
            }
        }
        return references;
    }

    /** Whether GROUP BY names a select item, by its number or alias. */
    private boolean isGrouped(Query.Item item) {
        return Objects.requireNonNull(select.groupBy()).parts().stream()
                .anyMatch(part -> item.equals(shape.groupItem(part.expression())));
    }

    private void collectUnlessOutput(Expr expression, List<Expr.Column> references) {
        if (!(expression instanceof Expr.Column column && column.names().size() == 1 && isOutput(column.name()))) {
            collect(expression, references);
        }
    }

    private boolean isOutput(String name) {
        List<Output> outputs = block.outputs();
        return outputs != null
                ? outputs.stream().anyMatch(output -> output.name().equals(name))
                : select.items().stream()
                        .anyMatch(item -> OutputName.of(item, block.text()).equals(name));
    }

    private static void collect(Expr expression, List<Expr.Column> references) {
        if (expression instanceof Expr.Column column) {
            references.add(column);
        } else if (!(expression instanceof Expr.Call call && SelectShape.isAggregate(call))) {
            expression.children().forEach(child -> collect(child, references));
        }
    }

    /** The columns of the block's relations that subqueries among the given blocks name of the block's groups. */
    public List<Attribute> outerReferences(List<Block> blocks) {
        List<Attribute> references = new ArrayList<>();
        for (Block each : blocks) {
            if (isInside(each)) {
                each.expressions().forEach(expression -> collectOuter(expression, each, references));
            }
        }
        return references;
    }

    private boolean isInside(Block other) {
        Block at = other.outer();
        while (at != null && !at.equals(block)) {
            at = at.outer();
        }
        return at != null;
    }

    private void collectOuter(Expr expression, Block inner, List<Attribute> references) {
        Attribute attribute = inner.attribute(expression);
        // subqueries in FROM and WHERE see rows, not groups
        boolean ofGroups = expression.from() < select.itemsTo() || expression.from() >= select.tail();
        if (attribute != null && attribute.relation().block().equals(block) && ofGroups) {
            references.add(attribute);
        }
        expression.children().forEach(child -> collectOuter(child, inner, references));
    }
}
