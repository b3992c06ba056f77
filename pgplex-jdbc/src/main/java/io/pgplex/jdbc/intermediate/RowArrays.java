package io.pgplex.jdbc.intermediate;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Rows that stand before a query as a common table expression over array parameters, one text array a column, which works
 * on a standby and in a transaction that will be prepared:
 *
 * <pre>
 * name(a, b) AS (SELECT u.c1::pg_catalog."int8", u.c2::pg_catalog."text"
 *     FROM ROWS FROM (pg_catalog.unnest(?::pg_catalog.text[]), pg_catalog.unnest(?::pg_catalog.text[])) AS u(c1, c2))
 * </pre>
 *
 * Rows without columns are counted instead. Stateless.
 */
final class RowArrays {

    private RowArrays() {}

    /**
     * A column.
     *
     * @param name its name as SQL
     * @param type its type as SQL
     * @param collation its collation as SQL, or null for the type's own
     */
    record Column(String name, String type, @Nullable String collation) {

        /** The type with the collation, as a cast and a column's definition have them. */
        String typeAndCollation() {
            return collation == null ? type : type + " COLLATE " + collation;
        }
    }

    /** The common table expression. */
    static String definition(String name, List<Column> columns) {
        if (columns.isEmpty()) {
            return name + " AS (SELECT FROM pg_catalog.generate_series(1, ?))";
        }
        StringJoiner names = new StringJoiner(", ");
        StringJoiner values = new StringJoiner(", ");
        StringJoiner arrays = new StringJoiner(", ");
        StringJoiner elements = new StringJoiner(", ");
        for (int i = 1; i <= columns.size(); i++) {
            Column column = columns.get(i - 1);
            names.add(column.name());
            values.add("u.c" + i + "::" + column.typeAndCollation());
            arrays.add("pg_catalog.unnest(?::pg_catalog.text[])");
            elements.add("c" + i);
        }
        return name + "(" + names + ") AS (SELECT " + values + " FROM ROWS FROM (" + arrays + ") AS u(" + elements
                + "))";
    }

    /**
     * Sets the parameters of one definition.
     *
     * @param values the columns' values, each in the text form of the server that sent it
     * @return the position of the next parameter
     */
    static int bind(PreparedStatement statement, int position, List<? extends List<@Nullable String>> values, int rows)
            throws SQLException {
        int next = position;
        if (values.isEmpty()) {
            statement.setInt(next++, rows);
        }
        for (List<@Nullable String> column : values) {
            Array array = statement.getConnection().createArrayOf("text", column.toArray(String[]::new));
            statement.setArray(next++, array);
        }
        return next;
    }
}
