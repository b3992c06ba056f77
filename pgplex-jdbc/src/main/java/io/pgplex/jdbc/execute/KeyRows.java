package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.merge.DriverRows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgResultSet;

/**
 * Rows that several shards returned for rows that one statement wrote (RETURNING, generated keys), put into the order in
 * which the statement named them. They are copied, so that the shards' connections are free again; they must have been
 * fetched with text transfer. Confined to a thread.
 */
final class KeyRows {

    private record Row(@Nullable String[] values) {}

    private final TreeMap<Integer, Row> placed = new TreeMap<>();
    private final List<Row> arrived = new ArrayList<>();
    private final List<DriverRows.Column> columns = new ArrayList<>();
    private @Nullable Connection connection;
    private boolean everyPlaceKnown = true;

    /**
     * Takes one shard's rows and closes them.
     *
     * @param places where each row belongs; where the shard returned another number of rows (ON CONFLICT DO NOTHING, a
     *     trigger), no row's place is known and all rows keep the order of shards
     */
    void add(ResultSet shard, int[] places) throws SQLException {
        try (shard) {
            PgResultSet physical = shard.unwrap(PgResultSet.class);
            if (connection == null) {
                describe(physical);
            }
            int found = 0;
            while (physical.next()) {
                Row row = new Row(values(physical));
                arrived.add(row);
                if (found < places.length) {
                    placed.put(places[found], row);
                }
                found++;
            }
            everyPlaceKnown &= found == places.length;
        }
    }

    private @Nullable String[] values(PgResultSet physical) throws SQLException {
        @Nullable String[] values = new String[columns.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = physical.getString(i + 1);
        }
        return values;
    }

    private void describe(PgResultSet physical) throws SQLException {
        connection = physical.getStatement().getConnection();
        ResultSetMetaData metaData = physical.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(new DriverRows.Column(metaData.getColumnLabel(i), physical.getColumnOID(i)));
        }
    }

    /** All rows, in memory; null where no shard returned any result set. */
    @Nullable
    ResultSet open() throws SQLException {
        if (connection == null) {
            return null;
        }
        DriverRows all = new DriverRows(connection, columns);
        for (Row row : everyPlaceKnown ? placed.values() : arrived) {
            all.add(row.values());
        }
        return all.open();
    }
}
