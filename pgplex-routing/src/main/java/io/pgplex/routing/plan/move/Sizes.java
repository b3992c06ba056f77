package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.analyze.syntax.FromItem;
import io.pgplex.routing.statistics.ColumnStatistics;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What travels, guessed. Selectivities follow PostgreSQL's own defaults (src/include/utils/selfuncs.h: DEFAULT_EQ_SEL,
 * DEFAULT_INEQ_SEL, DEFAULT_RANGE_INEQ_SEL, DEFAULT_MATCH_SEL), but for equality, for which the number of distinct values
 * is known. Immutable.
 */
final class Sizes {

    /** DEFAULT_EQ_SEL. */
    private static final double EQUAL = 0.005;

    /** DEFAULT_INEQ_SEL. */
    private static final double INEQUALITY = 1.0 / 3;

    /** DEFAULT_RANGE_INEQ_SEL, for BETWEEN. */
    private static final double RANGE = 0.005;

    /** DEFAULT_MATCH_SEL, for LIKE; as large as prefixes make it in practice. */
    private static final double MATCH = 0.02;

    /** For conditions of any other kind. */
    private static final double OTHER = 0.5;

    /** The rows of a table of which nothing is known. */
    private static final double UNKNOWN_ROWS = 1000;

    /** The bytes of a value of which nothing is known; what PostgreSQL assumes of text. */
    private static final double UNKNOWN_BYTES = 32;

    /** What a value costs beside its bytes: its length, in COPY's binary form. */
    private static final double VALUE_OVERHEAD_BYTES = 4;

    private final Statistics statistics;
    private final RoutingScope scope;

    Sizes(Statistics statistics, RoutingScope scope) {
        this.statistics = statistics;
        this.scope = scope;
    }

    /** The table of a use, local ones included where their columns are known; otherwise null. */
    @Nullable
    Table table(RelationUse use) {
        FromItem.Relation item = use.item();
        if (use.table() != null || use.kind() != RelationUse.Kind.LOCAL || item == null) {
            return use.table();
        }
        int size = item.names().size();
        if (size == 1 && scope.temporaryRelations().contains(item.name())) {
            return null;
        }
        List<String> schemas = size > 1 ? List.of(item.names().get(size - 2)) : scope.searchPath();
        for (String schema : schemas) {
            TableName name = new TableName(schema, item.name());
            TableStatistics known = statistics.table(name);
            if (known != null) {
                List<Column> columns = known.columns().stream()
                        .map(column -> Draft.column(column.name(), column.type(), column.collation()))
                        .toList();
                return new Table(
                        name, new TableDistribution.Replicated(), columns, known.primaryKey(), Table.State.ACTIVE);
            }
        }
        return null;
    }

    private @Nullable TableStatistics of(RelationUse use) {
        Table table = table(use);
        return table == null ? null : statistics.table(table.name());
    }

    /** Whether anything is known of the table. */
    boolean isKnown(RelationUse use) {
        return of(use) != null;
    }

    double rows(RelationUse use) {
        TableStatistics known = of(use);
        return known == null ? UNKNOWN_ROWS : Math.max(1, known.rows());
    }

    /** How many rows are left when all of the conditions hold. */
    double rows(RelationUse use, List<Expr> filters, Block block) {
        double rows = rows(use);
        for (Expr filter : filters) {
            rows *= selectivity(filter, use, block);
        }
        return Math.max(1, rows);
    }

    /** The bytes of a row of these columns. */
    double rowBytes(RelationUse use, Collection<String> columns) {
        TableStatistics known = of(use);
        double bytes = 0;
        for (String name : columns) {
            ColumnStatistics column = known == null ? null : known.column(name);
            bytes += VALUE_OVERHEAD_BYTES
                    + (column == null ? UNKNOWN_BYTES : (1 - column.nullFraction()) * column.averageBytes());
        }
        return bytes;
    }

    /** How many different values a column has. */
    double distinct(Attribute attribute) {
        ColumnStatistics column = column(attribute);
        return column == null ? rows(attribute.relation()) : Math.max(1, column.distinctValues());
    }

    private @Nullable ColumnStatistics column(Attribute attribute) {
        TableStatistics known = of(attribute.relation());
        return known == null ? null : known.column(attribute.column());
    }

    private double selectivity(Expr condition, RelationUse use, Block block) {
        if (condition instanceof Expr.Logical logical) {
            double all = logical.and() ? 1 : 0;
            for (Expr operand : logical.operands()) {
                double one = selectivity(operand, use, block);
                all = logical.and() ? all * one : all + one - all * one;
            }
            return all;
        }
        if (condition instanceof Expr.Not not) {
            return 1 - selectivity(not.operand(), use, block);
        }
        if (condition instanceof Expr.Operation operation && operation.left() != null) {
            return switch (operation.operator()) {
                case "=" -> equality(operation.left(), operation.right(), use, block);
                case "<", "<=", ">", ">=" -> INEQUALITY;
                case "<>", "!=" -> 1 - equality(operation.left(), operation.right(), use, block);
                case "~~", "~~*", "~", "~*" -> MATCH;
                default -> OTHER;
            };
        }
        if (condition instanceof Expr.In in) {
            double listed = Math.min(1, in.list().size() * equality(in.left(), in.left(), use, block));
            return in.negated() ? 1 - listed : listed;
        }
        if (condition instanceof Expr.IsNull isNull) {
            Attribute attribute = block.attribute(isNull.operand());
            ColumnStatistics column = attribute == null ? null : column(attribute);
            double nulls = column == null ? EQUAL : column.nullFraction();
            return isNull.negated() ? 1 - nulls : nulls;
        }
        if (condition instanceof Expr.Other other && other.children().size() == 3) {
            return RANGE * 10;
        }
        return OTHER;
    }

    private double equality(Expr left, Expr right, RelationUse use, Block block) {
        for (Expr side : List.of(left, right)) {
            Attribute attribute = block.attribute(side);
            if (attribute != null && attribute.relation().equals(use)) {
                ColumnStatistics column = column(attribute);
                return column == null ? EQUAL : (1 - column.nullFraction()) / Math.max(1, column.distinctValues());
            }
        }
        return EQUAL;
    }
}
