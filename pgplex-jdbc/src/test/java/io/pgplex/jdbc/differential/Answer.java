package io.pgplex.jdbc.differential;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What a statement answered: its columns and rows, a count, or the SQLState of its error. */
public record Answer(
        String sqlState,
        String message,
        List<String> columns,
        List<String> rows,
        long count,
        List<String> errorFields) {

    /** Runs a statement; rows that have no order of their own are sorted, so that they can be compared. */
    public static Answer of(Statement statement, String sql, boolean ordered) {
        return of(statement, () -> statement.execute(sql), ordered);
    }

    /** Runs a statement with the values that are bound to it. */
    public static Answer of(PreparedStatement statement, boolean ordered) {
        return of(statement, statement::execute, ordered);
    }

    /** Whether there are rows. */
    private interface Run {
        boolean run() throws SQLException;
    }

    private static Answer of(Statement statement, Run run, boolean ordered) {
        try {
            if (!run.run()) {
                return new Answer("", "", List.of(), List.of(), statement.getLargeUpdateCount(), List.of());
            }
            try (ResultSet rows = statement.getResultSet()) {
                return read(rows, ordered);
            }
        } catch (SQLException e) {
            return new Answer(
                    String.valueOf(e.getSQLState()),
                    String.valueOf(e.getMessage()),
                    List.of(),
                    List.of(),
                    -1,
                    fields(e));
        } catch (RuntimeException e) {
            return new Answer("bug", e + " at " + e.getStackTrace()[0], List.of(), List.of(), -1, List.of());
        }
    }

    public static Answer read(ResultSet rows, boolean ordered) throws SQLException {
        ResultSetMetaData metaData = rows.getMetaData();
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i) + " " + metaData.getColumnTypeName(i));
        }
        List<String> all = new ArrayList<>();
        while (rows.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= columns.size(); i++) {
                row.append(i == 1 ? "" : " | ").append(rows.getString(i));
            }
            all.add(row.toString());
        }
        if (!ordered) {
            Collections.sort(all);
        }
        return new Answer("", "", columns, all, -1, List.of());
    }

    /** What the server says of an error beside its SQLState; the position is left out. */
    private static List<String> fields(SQLException failure) {
        ServerErrorMessage server = failure instanceof PSQLException e ? e.getServerErrorMessage() : null;
        return server == null
                ? List.of()
                : Stream.of(
                                server.getSeverity(),
                                server.getMessage(),
                                server.getDetail(),
                                server.getHint(),
                                server.getSchema(),
                                server.getTable(),
                                server.getColumn(),
                                server.getDatatype(),
                                server.getConstraint())
                        .map(String::valueOf)
                        .toList();
    }

    public boolean failed() {
        return !sqlState.isEmpty();
    }

    /** Whether pgplex said that it does not do this, rather than answer. */
    public boolean refused() {
        return sqlState.equals("0A000");
    }

    /** Whether both say the same; of errors only the SQLState counts. */
    public boolean same(Answer other) {
        return sqlState.equals(other.sqlState)
                && columns.equals(other.columns)
                && rows.equals(other.rows)
                && count == other.count;
    }

    @Override
    public String toString() {
        if (failed()) {
            return sqlState + " " + message;
        }
        return columns.isEmpty() ? "count " + count : columns + "\n    " + String.join("\n    ", rows);
    }
}
