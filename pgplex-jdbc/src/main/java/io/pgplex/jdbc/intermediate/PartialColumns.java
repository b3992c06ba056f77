package io.pgplex.jdbc.intermediate;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.merge.ShardRows;
import io.pgplex.jdbc.merge.TypeNames;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGResultSetMetaData;
import org.postgresql.jdbc.PgResultSet;

/**
 * The columns of the shards' partial results. Immutable.
 *
 * <p>The fragments must have been executed with text transfer ({@code PGStatement.setPrepareThreshold(0)}) and without
 * {@link java.sql.Statement#setMaxFieldSize}: pgjdbc prints binary values in its own way and cuts long ones.
 */
public record PartialColumns(List<Column> columns) {

    /** A fragment's result column. */
    record Column(String label, int oid, String type) {}

    public PartialColumns {
        columns = List.copyOf(columns);
    }

    /**
     * Looks at answers of the same fragment; the rows are not moved.
     *
     * @param shards at least one
     */
    public static PartialColumns of(List<ShardRows> shards) throws SQLException {
        ResultSet first = shards.get(0).rows();
        List<String> types = TypeNames.of(first);
        ResultSetMetaData metaData = first.getMetaData();
        List<Column> columns = new ArrayList<>(types.size());
        for (int i = 1; i <= types.size(); i++) {
            int oid = first.unwrap(PgResultSet.class).getColumnOID(i);
            columns.add(new Column(metaData.getColumnLabel(i), oid, types.get(i - 1)));
        }
        for (ShardRows shard : shards) {
            checkShape(shard, columns.size());
        }
        return new PartialColumns(columns);
    }

    /** The rows as the finishing query sees them: columns c1, c2 and so on. */
    public Shape shape() {
        List<RowArrays.Column> named = new ArrayList<>(columns.size());
        for (int i = 1; i <= columns.size(); i++) {
            named.add(new RowArrays.Column("c" + i, columns.get(i - 1).type(), null));
        }
        return new Shape(named);
    }

    private static void checkShape(ShardRows shard, int columns) throws SQLException {
        ResultSetMetaData metaData = shard.rows().getMetaData();
        if (metaData.getColumnCount() != columns) {
            throw shard.attach(PgplexErrors.error(
                    SqlState.INTERNAL_ERROR,
                    "shards returned different numbers of columns",
                    "Does the table have the same columns on every shard?"));
        }
        PGResultSetMetaData formats = metaData.unwrap(PGResultSetMetaData.class);
        for (int i = 1; i <= columns; i++) {
            if (formats.getFormat(i) != 0) {
                throw shard.attach(PgplexErrors.bug("partial results arrived in binary form", null));
            }
        }
    }
}
