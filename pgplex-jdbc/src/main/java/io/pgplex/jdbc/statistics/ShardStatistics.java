package io.pgplex.jdbc.statistics;

import io.pgplex.metadata.model.TableName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What one shard's catalogs say of the tables there. Immutable. */
record ShardStatistics(Map<TableName, ShardTable> tables) {

    ShardStatistics {
        tables = Map.copyOf(tables);
    }

    /**
     * A table on one shard. Immutable.
     *
     * @param rows how many rows its planner would expect there
     * @param columns its columns in their order
     * @param primaryKey the names of its primary key's columns; empty without one
     */
    record ShardTable(double rows, List<ShardColumn> columns, List<String> primaryKey) {

        ShardTable {
            columns = List.copyOf(columns);
            primaryKey = List.copyOf(primaryKey);
        }

        /** The column of that name, or null. */
        @Nullable
        ShardColumn column(String name) {
            for (ShardColumn column : columns) {
                if (column.name().equals(name)) {
                    return column;
                }
            }
            return null;
        }

        /** Whether this column alone tells rows apart. */
        boolean isPrimaryKey(String name) {
            return primaryKey.size() == 1 && primaryKey.get(0).equals(name);
        }
    }

    /**
     * A column on one shard. Immutable.
     *
     * @param type its type as {@code format_type} prints it, every name qualified
     * @param collation its collation as quoted SQL where it is not the database's default; otherwise null
     * @param nullFraction the part of the rows that is NULL; 0 where nothing is known
     * @param averageBytes the average size of a value; what the type suggests where nothing is known
     * @param distinct how many different values there are as {@code pg_stats.n_distinct} says it: negative for a part of
     *     the rows; 0 where nothing is known
     */
    record ShardColumn(
            String name,
            String type,
            @Nullable String collation,
            double nullFraction,
            double averageBytes,
            double distinct) {}
}
