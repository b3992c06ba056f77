package io.pgplex.jdbc.random;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.util.PSQLException;

/**
 * What a statement answered: columns and rows, a count, or an error.
 *
 * @param sqlState of its error; empty if there was none
 * @param byServer whether a PostgreSQL raised the error, not the driver
 * @param labels of the columns
 * @param types of the columns, by PostgreSQL's names
 * @param count rows written, or -1
 */
record Answer(
        String sqlState,
        boolean byServer,
        String message,
        List<String> labels,
        List<String> types,
        List<List<String>> rows,
        long count) {

    /** More rows than that are not looked at. */
    private static final int MOST_ROWS = 20_000;

    private static final int MOST_SHOWN = 15;

    /** Runs a statement, prepared where it has parameters; {@code fetchSize} counts only in a transaction. */
    static Answer of(Connection connection, Sql sql, int fetchSize, int timeoutSeconds) {
        try (Statement statement =
                sql.parameters().isEmpty() ? connection.createStatement() : connection.prepareStatement(sql.text())) {
            statement.setFetchSize(fetchSize);
            statement.setQueryTimeout(timeoutSeconds);
            boolean rows;
            if (statement instanceof PreparedStatement prepared
                    && !sql.parameters().isEmpty()) {
                for (int i = 0; i < sql.parameters().size(); i++) {
                    sql.parameters().get(i).bind(prepared, i + 1);
                }
                rows = prepared.execute();
            } else {
                rows = statement.execute(sql.text());
            }
            return rows ? read(statement) : count(statement.getLargeUpdateCount());
        } catch (SQLException e) {
            boolean byServer = e instanceof PSQLException server && server.getServerErrorMessage() != null;
            return failure(String.valueOf(e.getSQLState()), byServer, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return failure("bug", false, e + " at " + e.getStackTrace()[0]);
        }
    }

    private static Answer failure(String sqlState, boolean byServer, String message) {
        return new Answer(sqlState, byServer, message, List.of(), List.of(), List.of(), -1);
    }

    private static Answer count(long count) {
        return new Answer("", false, "", List.of(), List.of(), List.of(), count);
    }

    private static Answer read(Statement statement) throws SQLException {
        try (ResultSet result = statement.getResultSet()) {
            ResultSetMetaData metaData = result.getMetaData();
            List<String> labels = new ArrayList<>();
            List<String> types = new ArrayList<>();
            for (int i = 1; i <= metaData.getColumnCount(); i++) {
                labels.add(metaData.getColumnLabel(i));
                types.add(metaData.getColumnTypeName(i));
            }
            List<List<String>> rows = new ArrayList<>();
            while (result.next()) {
                List<String> row = new ArrayList<>();
                for (int i = 1; i <= labels.size(); i++) {
                    row.add(String.valueOf(result.getString(i)));
                }
                rows.add(row);
                if (rows.size() > MOST_ROWS) {
                    return failure("54000", false, "more than " + MOST_ROWS + " rows");
                }
            }
            return new Answer("", false, "", labels, types, rows, -1);
        }
    }

    /** This answer, and what was then in a table. */
    Answer then(Answer contents) {
        List<List<String>> all = new ArrayList<>(rows);
        contents.rows.forEach(row -> {
            List<String> kept = new ArrayList<>(List.of("then"));
            kept.addAll(row);
            all.add(kept);
        });
        return contents.failed() ? contents : new Answer(sqlState, byServer, message, labels, types, all, count);
    }

    boolean failed() {
        return !sqlState.isEmpty();
    }

    /** The error without the names in it; empty if there was none. */
    String error() {
        String line = message.lines().findFirst().orElse("").replaceAll("\"[^\"]*\"", "\"...\"");
        return failed() ? sqlState + " " + line.replaceAll("position \\d+", "position ...") : "";
    }

    /** Whether the driver said that it does not do this; a server has features that it does not support, too. */
    boolean refused() {
        return sqlState.equals("0A000") && !byServer;
    }

    /** Whether it took too long or was too much to compare. */
    boolean tooMuch() {
        return sqlState.equals("57014") || sqlState.equals("54000") && message.startsWith("more than");
    }

    /** An error that only some rows cause: a division by zero, say, or a subquery with two rows. */
    boolean failedAtRunTime() {
        return sqlState.startsWith("22") || sqlState.startsWith("21");
    }

    @Override
    public String toString() {
        if (failed()) {
            return sqlState + " " + message;
        }
        if (labels.isEmpty() && count >= 0) {
            return "count " + count;
        }
        StringBuilder text = new StringBuilder(labels + " " + types + ", " + rows.size() + " rows");
        rows.stream().limit(MOST_SHOWN).forEach(row -> text.append("\n    ").append(String.join(" | ", row)));
        return text + (rows.size() > MOST_SHOWN ? "\n    ..." : "");
    }
}
