package io.pgplex.jdbc.merge;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.BaseStatement;
import org.postgresql.core.Field;
import org.postgresql.core.Oid;
import org.postgresql.core.Tuple;

/**
 * Result sets of rows that pgplex computed itself (SHOW, EXPLAIN, DISCOVER), with all of pgjdbc's conversions. They live
 * in memory and stay readable until they are closed. Confined to a thread.
 */
public final class DriverRows {

    /**
     * A column.
     *
     * @param type its type's OID, one of {@link Oid}; of a type that every server has
     */
    public record Column(String name, int type) {

        public static Column text(String name) {
            return new Column(name, Oid.TEXT);
        }
    }

    private final BaseConnection connection;
    private final Field[] fields;
    private final List<Tuple> rows = new ArrayList<>();

    /** @param connection whose encoding and session settings the values are read with */
    public DriverRows(Connection connection, List<Column> columns) throws SQLException {
        this.connection = connection.unwrap(BaseConnection.class);
        this.fields = columns.stream()
                .map(column -> new Field(column.name(), column.type()))
                .toArray(Field[]::new);
    }

    /**
     * Adds a row.
     *
     * @param values one a column in PostgreSQL's text form; null for SQL NULL
     */
    public DriverRows add(@Nullable String... values) throws SQLException {
        if (values.length != fields.length) {
            throw new IllegalArgumentException(values.length + " values for " + fields.length + " columns");
        }
        byte[] @Nullable [] tuple = new byte[values.length][];
        for (int i = 0; i < values.length; i++) {
            String value = values[i];
            tuple[i] = value == null ? null : connection.encodeString(value);
        }
        rows.add(new Tuple(tuple));
        return this;
    }

    /** The rows as a result set before its first row. */
    public ResultSet open() throws SQLException {
        return open(connection, fields, rows);
    }

    /** A result set of raw values, each in the format of its field. */
    static ResultSet open(Connection connection, Field[] fields, List<Tuple> rows) throws SQLException {
        return connection.createStatement().unwrap(BaseStatement.class).createDriverResultSet(fields, rows);
    }

    /** The bytes of ASCII text, which are the same in every encoding that PostgreSQL has for clients. */
    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
