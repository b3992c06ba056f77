package io.pgplex.jdbc.statistics;

import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.jdbc.statistics.ShardStatistics.ShardColumn;
import io.pgplex.jdbc.statistics.ShardStatistics.ShardTable;
import io.pgplex.metadata.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads what one server's catalogs say of its tables: one round trip for the rows, one to end the transaction. */
final class ShardStatisticsReader {

    /** Most tables that are read of a server, the largest first: what moving costs is decided by those. */
    static final int MAXIMUM_TABLES = 10_000;

    private final int pageBytes;
    private final Map<TableName, Open> tables = new HashMap<>();

    private ShardStatisticsReader(int pageBytes) {
        this.pageBytes = pageBytes;
    }

    /** A table whose columns are still being read. */
    private static final class Open {
        private final double analysedRows;
        private final double otherPages;
        private final List<ShardColumn> columns = new ArrayList<>();
        private final TreeMap<Integer, String> primaryKey = new TreeMap<>();

        Open(double analysedRows, double otherPages) {
            this.analysedRows = analysedRows;
            this.otherPages = otherPages;
        }

        ShardTable table(int pageBytes) {
            double dataBytes = 0;
            for (ShardColumn column : columns) {
                dataBytes += column.averageBytes();
            }
            double rows = analysedRows + otherPages * PlannerEstimates.rowsPerPage(pageBytes, dataBytes);
            return new ShardTable(Math.rint(rows), columns, List.copyOf(primaryKey.values()));
        }
    }

    /**
     * The tables of these names, or with null all that an application may have. The connection is idle before and after.
     *
     * @throws SQLException 55P03 when a table's lock is not to be had soon
     */
    static ShardStatistics read(Connection connection, @Nullable Collection<TableName> names) throws SQLException {
        connection.setAutoCommit(false);
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.TABLE_STATISTICS)) {
            statement.setArray(1, names == null ? null : texts(connection, names, TableName::schema));
            statement.setArray(2, names == null ? null : texts(connection, names, TableName::name));
            statement.setInt(3, MAXIMUM_TABLES);
            boolean isRows = statement.execute();
            while (!isRows) {
                isRows = statement.getMoreResults();
            }
            try (ResultSet row = statement.getResultSet()) {
                return read(row);
            }
        } finally {
            connection.rollback();
        }
    }

    private static Array texts(Connection connection, Collection<TableName> names, Function<TableName, String> part)
            throws SQLException {
        return connection.createArrayOf("text", names.stream().map(part).toArray());
    }

    private static ShardStatistics read(ResultSet row) throws SQLException {
        ShardStatisticsReader reader = null;
        while (row.next()) {
            if (reader == null) {
                reader = new ShardStatisticsReader(row.getInt("page_bytes"));
            }
            reader.add(row);
        }
        return reader == null ? new ShardStatistics(Map.of()) : reader.result();
    }

    private void add(ResultSet row) throws SQLException {
        TableName name = new TableName(row.getString("nspname"), row.getString("relname"));
        Open table = tables.get(name);
        if (table == null) {
            table = new Open(row.getDouble("analysed_rows"), row.getDouble("other_pages"));
            tables.put(name, table);
        }
        String column = row.getString("attname");
        if (column == null) {
            return; // a table without columns
        }
        double averageBytes = row.getDouble("avg_width");
        table.columns.add(new ShardColumn(
                column,
                row.getString("type"),
                row.getString("collation"),
                row.getDouble("null_frac"),
                averageBytes > 0
                        ? averageBytes
                        : PlannerEstimates.averageBytes(
                                (int) row.getLong("atttypid"), row.getInt("atttypmod"), row.getInt("typlen")),
                row.getDouble("n_distinct")));
        int place = row.getInt("key_place");
        if (!row.wasNull()) {
            table.primaryKey.put(place, column);
        }
    }

    private ShardStatistics result() {
        Map<TableName, ShardTable> read = new HashMap<>();
        tables.forEach((name, table) -> read.put(name, table.table(pageBytes)));
        return new ShardStatistics(read);
    }
}
