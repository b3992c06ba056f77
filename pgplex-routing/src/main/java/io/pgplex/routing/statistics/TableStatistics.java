package io.pgplex.routing.statistics;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The size of a table. Immutable.
 *
 * @param rows how many rows it has: of a distributed table on all shards together, of a replicated one in each copy
 * @param columns its columns in their order
 * @param primaryKey the names of its primary key's columns; empty without one, or where it is deferrable
 */
public record TableStatistics(double rows, List<ColumnStatistics> columns, List<String> primaryKey) {

    public TableStatistics {
        columns = List.copyOf(columns);
        primaryKey = List.copyOf(primaryKey);
    }

    /** The column of that name, or null. */
    public @Nullable ColumnStatistics column(String name) {
        for (ColumnStatistics column : columns) {
            if (column.name().equals(name)) {
                return column;
            }
        }
        return null;
    }
}
