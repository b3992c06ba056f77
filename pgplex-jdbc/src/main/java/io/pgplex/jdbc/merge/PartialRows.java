package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGResultSetMetaData;
import org.postgresql.jdbc.PgResultSet;

/**
 * The shards' partial results, read whole: column by column, every value in the text form of the server that sent it, so
 * that another server reads exactly that value. Immutable once read.
 *
 * <p>The fragments must have been executed with text transfer ({@code PGStatement.setPrepareThreshold(0)}) and without
 * {@link java.sql.Statement#setMaxFieldSize}: pgjdbc prints binary values in its own way and cuts long ones.
 */
public final class PartialRows {

    /** What a value costs in the heap beside its characters: two object headers, length, reference. */
    private static final int VALUE_OVERHEAD_BYTES = 56;

    /** A fragment's result column. */
    record Column(String label, int oid, String type, List<@Nullable String> values) {}

    private final List<Column> columns;
    private final int rows;

    private PartialRows(List<Column> columns, int rows) {
        this.columns = columns;
        this.rows = rows;
    }

    /**
     * Reads all rows; the result sets stay open.
     *
     * @param shards at least one; all answers of the same fragment
     * @param maxBytes most heap that the values may take, about
     * @throws SQLException 54000 when they take more, or a shard's own error with its place
     */
    public static PartialRows read(List<ShardRows> shards, long maxBytes) throws SQLException {
        List<Column> columns = columns(shards.get(0));
        long bytes = 0;
        int rows = 0;
        for (ShardRows shard : shards) {
            checkShape(shard, columns.size());
            while (shard.next()) {
                bytes += readRow(shard.rows(), columns);
                rows++;
                if (bytes > maxBytes) {
                    throw PgplexErrors.error(
                            SqlState.LIMIT_EXCEEDED,
                            "partial results of this statement exceed maxIntermediateBytes (" + maxBytes + ")",
                            "Narrow the statement, or raise maxIntermediateBytes.");
                }
            }
        }
        return new PartialRows(columns, rows);
    }

    List<Column> columns() {
        return columns;
    }

    /** The number of rows of all shards together. */
    public int rowCount() {
        return rows;
    }

    private static long readRow(ResultSet rows, List<Column> columns) throws SQLException {
        long bytes = 0;
        for (int i = 0; i < columns.size(); i++) {
            String value = rows.getString(i + 1);
            columns.get(i).values().add(value);
            bytes += VALUE_OVERHEAD_BYTES + (value == null ? 0 : value.length());
        }
        return bytes;
    }

    private static List<Column> columns(ShardRows shard) throws SQLException {
        PgResultSet rows = shard.rows().unwrap(PgResultSet.class);
        ResultSetMetaData metaData = rows.getMetaData();
        List<Column> columns = new ArrayList<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            int oid = rows.getColumnOID(i);
            columns.add(new Column(metaData.getColumnLabel(i), oid, TypeNames.of(rows, i), new ArrayList<>()));
        }
        return columns;
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
