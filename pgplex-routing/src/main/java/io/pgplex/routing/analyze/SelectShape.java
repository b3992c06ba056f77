package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.ResolvedQuery.Output;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.Window;
import io.pgplex.routing.function.Functions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a SELECT does to rows beyond WHERE: groups, windows, DISTINCT. Immutable. */
public final class SelectShape {

    private final Block block;
    private final Query.Select select;
    private final List<Expr.Call> aggregates = new ArrayList<>();
    private final List<Expr.Call> windowCalls = new ArrayList<>();

    public SelectShape(Block block) {
        this(block, List.of());
    }

    /** The shape with the query's ORDER BY, where aggregates and windows may stand too. */
    public SelectShape(Block block, List<Expr> orderBy) {
        this.block = block;
        this.select = Objects.requireNonNull(block.select());
        select.items().forEach(item -> collect(item.expression()));
        if (select.having() != null) {
            collect(select.having());
        }
        orderBy.forEach(this::collect);
    }

    private void collect(Expr expression) {
        if (expression instanceof Expr.Call call) {
            if (call.over() != null) {
                windowCalls.add(call);
            } else if (isAggregate(call)) {
                aggregates.add(call);
                return;
            }
        }
        expression.children().forEach(this::collect);
    }

    /** Whether a call without OVER is an aggregate, as far as the text tells. */
    public static boolean isAggregate(Expr.Call call) {
        return call.over() == null
                && (Functions.isAggregate(String.join(".", call.name()))
                        || call.star()
                        || call.distinct()
                        || call.filter() != null
                        || !call.orderBy().isEmpty()
                        || !call.withinGroup().isEmpty());
    }

    /** The outermost aggregate calls. */
    public List<Expr.Call> aggregates() {
        return aggregates;
    }

    public List<Expr.Call> windowCalls() {
        return windowCalls;
    }

    /** Whether rows become groups. */
    public boolean isGrouped() {
        return select.groupBy() != null || select.having() != null || !aggregates.isEmpty();
    }

    /** The attributes that rows are grouped by, as far as they are plain columns; empty with grouping sets. */
    public Set<Attribute> groupKeys() {
        Set<Attribute> keys = new HashSet<>();
        Query.GroupBy groupBy = select.groupBy();
        if (groupBy != null && !groupBy.sets()) {
            for (Query.GroupBy.Part part : groupBy.parts()) {
                Attribute attribute = block.attribute(groupExpression(part.expression()));
                if (attribute != null) {
                    keys.add(attribute);
                }
            }
        }
        return keys;
    }

    /** The attributes that rows are grouped by in every grouping set, as far as they are plain columns. */
    Set<Attribute> commonGroupKeys() {
        Query.GroupBy groupBy = select.groupBy();
        if (groupBy == null) {
            return Set.of();
        }
        Set<Attribute> common = null;
        for (List<Expr> set : groupBy.alternatives()) {
            Set<Attribute> keys = attributes(set);
            if (common == null) {
                common = keys;
            } else {
                common.retainAll(keys);
            }
        }
        Set<Attribute> keys = attributes(groupBy.always());
        if (common != null) {
            keys.addAll(common);
        }
        return keys;
    }

    private Set<Attribute> attributes(List<Expr> parts) {
        Set<Attribute> attributes = new HashSet<>();
        for (Expr part : parts) {
            Attribute attribute = block.attribute(groupExpression(part));
            if (attribute != null) {
                attributes.add(attribute);
            }
        }
        return attributes;
    }

    /** What a part of GROUP BY means: a number is a select item, a name is a column or else an item's alias. */
    public Expr groupExpression(Expr part) {
        Query.Item item = groupItem(part);
        return item == null ? part : item.expression();
    }

    /** The select item that a part of GROUP BY names by number or alias, or null. */
    public Query.@Nullable Item groupItem(Expr part) {
        if (part instanceof Expr.Literal literal && literal.kind() == Expr.Literal.Kind.NUMBER) {
            return ordinal(select.items(), literal.value());
        }
        if (part instanceof Expr.Column column && column.names().size() == 1 && !isInputColumn(column.name())) {
            for (Query.Item item : select.items()) {
                if (column.name().equals(item.alias())) {
                    return item;
                }
            }
        }
        return null;
    }

    /** The item of that number, null when there is none or stars make the numbers differ. */
    static Query.@Nullable Item ordinal(List<Query.Item> items, String number) {
        int position = number.length() > 4 || !number.chars().allMatch(c -> c >= '0' && c <= '9')
                ? 0
                : Integer.parseInt(number);
        if (position < 1 || position > items.size()) {
            return null;
        }
        for (int i = 0; i < position; i++) {
            Expr expression = items.get(i).expression();
            if ((expression instanceof Expr.Column column && column.star())
                    || (expression instanceof Expr.Indirection indirection && indirection.star())) {
                return null;
            }
        }
        return items.get(position - 1);
    }

    /** Whether a relation of the block itself may have a column of that name. */
    private boolean isInputColumn(String name) {
        for (RelationUse relation : block.relations()) {
            if (relation.columns() == null || relation.columns().contains(name)) {
                return true;
            }
        }
        return false;
    }

    /** Whether every row keeps its group, window and DISTINCT mates when only rows of one value of the attribute stay. */
    boolean passes(Attribute attribute) {
        if (select.groupBy() != null && !groupKeys().contains(attribute)) {
            return false;
        }
        if (select.distinctOn() != null
                && select.distinctOn().stream().noneMatch(on -> attribute.equals(block.attribute(on)))) {
            return false;
        }
        for (Expr.Call call : windowCalls) {
            if (!partition(call).contains(attribute)) {
                return false;
            }
        }
        return true;
    }

    /** The attributes in PARTITION BY of a window call, through named windows. */
    public Set<Attribute> partition(Expr.Call call) {
        Set<Attribute> attributes = new HashSet<>();
        Window window = call.over();
        int steps = 0;
        while (window != null && steps++ < 50) {
            for (Expr each : window.partitionBy()) {
                Attribute attribute = block.attribute(each);
                if (attribute != null) {
                    attributes.add(attribute);
                }
            }
            window = window.base() == null ? null : select.windows().get(window.base());
        }
        return attributes;
    }

    /** The attributes among the output columns. */
    public Set<Attribute> outputAttributes() {
        Set<Attribute> attributes = new HashSet<>();
        List<Output> outputs = block.outputs();
        if (outputs != null) {
            for (Output output : outputs) {
                if (output.attribute() != null) {
                    attributes.add(output.attribute());
                }
            }
        }
        return attributes;
    }

    /** The attributes of DISTINCT ON. */
    public Set<Attribute> distinctOnAttributes() {
        Set<Attribute> attributes = new HashSet<>();
        if (select.distinctOn() != null) {
            for (Expr each : select.distinctOn()) {
                Attribute attribute = block.attribute(groupExpression(each));
                if (attribute != null) {
                    attributes.add(attribute);
                }
            }
        }
        return attributes;
    }
}
