package io.pgplex.jdbc.tpch;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collections;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Brings rows into a database in the fastest way that it has. */
final class TpchLoader {

    private static final int BATCH_ROWS = 2000;

    private final TpchData data;

    TpchLoader(TpchData data) {
        this.data = data;
    }

    /** COPY, one a table. */
    void copy(Connection postgres) throws SQLException {
        for (TpchTable table : TpchTable.values()) {
            CopyIn copy =
                    postgres.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY " + table.sqlName() + " FROM STDIN");
            data.rows(table, values -> {
                byte[] line = line(values).getBytes(StandardCharsets.UTF_8);
                copy.writeToCopy(line, 0, line.length);
            });
            copy.endCopy();
        }
    }

    /** No value holds a character that COPY's text format would have to escape. */
    private static String line(Object[] values) {
        StringBuilder line = new StringBuilder();
        for (Object value : values) {
            line.append(line.isEmpty() ? "" : "\t").append(value);
        }
        return line.append('\n').toString();
    }

    /** Batches of INSERT, each table in one transaction. */
    void insert(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        for (TpchTable table : TpchTable.values()) {
            String markers = String.join(", ", Collections.nCopies(table.columns(), "?"));
            String sql = "INSERT INTO " + table.sqlName() + " VALUES (" + markers + ")";
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                insert(insert, table);
            }
            connection.commit();
        }
        connection.setAutoCommit(true);
    }

    private void insert(PreparedStatement insert, TpchTable table) throws SQLException {
        int[] rows = {0};
        data.rows(table, values -> {
            for (int i = 0; i < values.length; i++) {
                insert.setObject(i + 1, values[i]);
            }
            insert.addBatch();
            if (++rows[0] % BATCH_ROWS == 0) {
                insert.executeBatch();
            }
        });
        insert.executeBatch();
    }
}
