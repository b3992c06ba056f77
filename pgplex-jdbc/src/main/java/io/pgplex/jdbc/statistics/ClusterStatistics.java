package io.pgplex.jdbc.statistics;

import io.pgplex.jdbc.statistics.ShardStatistics.ShardColumn;
import io.pgplex.jdbc.statistics.ShardStatistics.ShardTable;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.statistics.ColumnStatistics;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What all shards together say of a cluster's tables. Immutable. */
record ClusterStatistics(Map<TableName, TableStatistics> tables) implements Statistics {

    ClusterStatistics {
        tables = Map.copyOf(tables);
    }

    @Override
    public @Nullable TableStatistics table(TableName name) {
        return tables.get(name);
    }

    /**
     * The shards' figures put together.
     *
     * <p>A distributed table is known when all shards know it: its rows are the sum. A replicated or local table is as the
     * home shard says.
     *
     * @param shards what is known of each shard, by its name
     */
    static ClusterStatistics of(ClusterMap map, Map<String, ShardStatistics> shards) {
        Map<TableName, TableStatistics> tables = new HashMap<>();
        ShardStatistics home = shards.get(map.homeShard().name());
        if (home != null) {
            home.tables().forEach((name, table) -> {
                if (!isDistributed(map.table(name))) {
                    tables.put(name, together(List.of(table), null));
                }
            });
        }
        for (Table table : map.tables().values()) {
            if (table.distribution() instanceof Distributed distributed) {
                List<ShardTable> parts = parts(table.name(), map, shards);
                if (parts.size() == map.shards().size()) {
                    tables.put(table.name(), together(parts, distributed.keyColumn()));
                }
            }
        }
        return new ClusterStatistics(tables);
    }

    private static boolean isDistributed(@Nullable Table table) {
        return table != null && table.distribution() instanceof TableDistribution.Distributed;
    }

    private static List<ShardTable> parts(TableName name, ClusterMap map, Map<String, ShardStatistics> shards) {
        List<ShardTable> parts = new ArrayList<>();
        for (Shard shard : map.shards()) {
            ShardStatistics known = shards.get(shard.name());
            ShardTable part = known == null ? null : known.tables().get(name);
            if (part != null) {
                parts.add(part);
            }
        }
        return parts;
    }

    /** One table; its columns are those of the first part, which is the home shard's. */
    private static TableStatistics together(List<ShardTable> parts, @Nullable String key) {
        ShardTable first = parts.get(0);
        double rows = 0;
        for (ShardTable part : parts) {
            rows += part.rows();
        }
        List<ColumnStatistics> columns = new ArrayList<>();
        for (ShardColumn column : first.columns()) {
            columns.add(column(column, parts, rows, column.name().equals(key)));
        }
        return new TableStatistics(rows, columns, first.primaryKey());
    }

    /** The averages are weighted by the rows that they are of. */
    private static ColumnStatistics column(ShardColumn first, List<ShardTable> parts, double rows, boolean isKey) {
        double nulls = 0;
        double values = 0;
        double bytes = 0;
        for (ShardTable part : parts) {
            ShardColumn column = part.column(first.name());
            if (column != null) {
                double partNulls = column.nullFraction() * part.rows();
                nulls += partNulls;
                values += part.rows() - partNulls;
                bytes += (part.rows() - partNulls) * column.averageBytes();
            }
        }
        return new ColumnStatistics(
                first.name(),
                first.type(),
                first.collation(),
                rows > 0 ? nulls / rows : first.nullFraction(),
                values > 0 ? bytes / values : first.averageBytes(),
                distinctValues(first.name(), parts, rows, isKey));
    }

    /**
     * The distribution key's values add up, because equal ones are on one shard. So do those of a column of which every
     * shard says that their number grows with the rows: that is PostgreSQL's own guess about rows it has not seen. Of any
     * other column most values are on every shard (a status, a country), and the shard with the most is nearest the truth.
     */
    private static double distinctValues(String name, List<ShardTable> parts, double rows, boolean isKey) {
        double sum = 0;
        double most = 1;
        boolean grows = true;
        for (ShardTable part : parts) {
            ShardColumn column = part.column(name);
            if (column != null) {
                boolean unique = part.isPrimaryKey(name);
                double values = PlannerEstimates.distinctValues(column.distinct(), part.rows(), column.type(), unique);
                sum += values;
                most = Math.max(most, values);
                grows &= column.distinct() < 0 || (column.distinct() == 0 && unique);
            }
        }
        return Math.max(1, Math.min(rows, isKey || grows ? sum : most));
    }
}
