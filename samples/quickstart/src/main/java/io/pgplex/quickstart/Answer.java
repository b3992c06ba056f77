package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a database answered. Immutable.
 *
 * @param columns the columns' names
 * @param types the columns' types, as PostgreSQL names them
 * @param rows each column's value as text
 * @param updateCount rows written, or -1 for a statement that answers with rows
 * @param nanos from the call until the last row was read
 */
record Answer(
        List<String> columns, List<String> types, List<List<@Nullable String>> rows, long updateCount, long nanos) {

    /** Asks a database. */
    static Answer of(Connection connection, Step.Question question) throws SQLException {
        return of(connection, question.sql(), question.parameters());
    }

    static Answer of(Connection connection, String sql, List<Object> parameters) throws SQLException {
        long begin = System.nanoTime();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setObject(i + 1, parameters.get(i));
            }
            if (!statement.execute()) {
                long count = statement.getLargeUpdateCount();
                return new Answer(List.of(), List.of(), List.of(), count, System.nanoTime() - begin);
            }
            try (ResultSet result = statement.getResultSet()) {
                return read(result, begin);
            }
        }
    }

    private static Answer read(ResultSet result, long begin) throws SQLException {
        ResultSetMetaData metaData = result.getMetaData();
        List<String> columns = new ArrayList<>();
        List<String> types = new ArrayList<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
            types.add(metaData.getColumnTypeName(i));
        }
        List<List<@Nullable String>> rows = new ArrayList<>();
        while (result.next()) {
            List<@Nullable String> row = new ArrayList<>();
            for (int i = 1; i <= columns.size(); i++) {
                row.add(result.getString(i));
            }
            rows.add(Collections.unmodifiableList(row));
        }
        return new Answer(columns, types, rows, -1, System.nanoTime() - begin);
    }

    /**
     * How this answer differs from the one that it should be, in words; null when it does not.
     *
     * @param order whether the rows' order counts
     */
    @Nullable
    String differenceFrom(Answer expected, Step.RowOrder order) {
        if (updateCount != expected.updateCount) {
            return "update count " + updateCount + " instead of " + expected.updateCount;
        }
        if (!columns.equals(expected.columns) || !types.equals(expected.types)) {
            return "columns " + columns + " of types " + types + " instead of " + expected.columns + " of types "
                    + expected.types;
        }
        if (rows.size() != expected.rows.size()) {
            return rows.size() + " rows instead of " + expected.rows.size();
        }
        return order == Step.RowOrder.DEFINED ? firstDifference(expected.rows) : missing(expected.rows);
    }

    private @Nullable String firstDifference(List<List<@Nullable String>> expected) {
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).equals(expected.get(i))) {
                return "row " + (i + 1) + " is " + rows.get(i) + " instead of " + expected.get(i);
            }
        }
        return null;
    }

    private @Nullable String missing(List<List<@Nullable String>> expected) {
        Map<List<@Nullable String>, Integer> counts = new HashMap<>();
        rows.forEach(row -> counts.merge(row, 1, Integer::sum));
        for (List<@Nullable String> row : expected) {
            if (counts.merge(row, -1, Integer::sum) < 0) {
                return "row " + row + " is missing";
            }
        }
        return null;
    }
}
