package io.pgplex.jdbc.consistency;

import io.pgplex.jdbc.error.SqlState;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Transactions of one client, which goes on whatever befalls its connection. Confined to one thread. */
final class Attempts implements AutoCloseable {

    /** What a transaction does before its commit. */
    interface Body {
        /** Returns whether to commit. */
        boolean run(Connection connection) throws SQLException;
    }

    /**
     * How a transaction ended.
     *
     * @param state the SQLState of the error that ended it; empty without an error
     */
    record End(ListTransaction.Outcome outcome, String state) {}

    private static final Duration PAUSE = Duration.ofMillis(20);

    private final String url;
    private @Nullable Connection connection;

    Attempts(String url) {
        this.url = url;
    }

    /**
     * Runs a transaction once.
     *
     * @param isolation a constant of {@link Connection}
     */
    End run(int isolation, Body body) {
        try {
            Connection open = open();
            open.setTransactionIsolation(isolation);
            if (!body.run(open)) {
                open.rollback();
                return new End(ListTransaction.Outcome.ABORTED, "");
            }
        } catch (SQLException e) {
            recover();
            return new End(ListTransaction.Outcome.ABORTED, state(e));
        }
        return commit();
    }

    private End commit() {
        try {
            open().commit();
            return new End(ListTransaction.Outcome.COMMITTED, "");
        } catch (SQLException e) {
            recover();
            boolean unknown = state(e).equals(SqlState.COMMIT_UNKNOWN.code());
            return new End(
                    unknown ? ListTransaction.Outcome.UNKNOWN : ListTransaction.Outcome.ABORTED, "commit " + state(e));
        }
    }

    /** The one value of a query outside a transaction; null when that failed. */
    @Nullable
    String ask(String sql) {
        try {
            Connection open = open();
            open.setAutoCommit(true);
            try (Statement statement = open.createStatement();
                    ResultSet row = statement.executeQuery(sql)) {
                row.next();
                String answer = row.getString(1);
                open.setAutoCommit(false);
                return answer;
            }
        } catch (SQLException e) {
            // its transactions begin on another one
            close();
            LockSupport.parkNanos(PAUSE.toNanos());
            return null;
        }
    }

    private static String state(SQLException e) {
        String state = e.getSQLState();
        return state == null ? e.toString() : state;
    }

    private Connection open() throws SQLException {
        Connection current = connection;
        if (current == null) {
            current = DriverManager.getConnection(url);
            connection = current;
            current.setAutoCommit(false);
        }
        return current;
    }

    /** After an error: rolls back, or leaves the connection, and gives the servers a moment. */
    private void recover() {
        LockSupport.parkNanos(PAUSE.toNanos());
        Connection current = connection;
        if (current != null) {
            try {
                current.rollback();
            } catch (SQLException e) {
                close();
            }
        }
    }

    @Override
    public void close() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            try {
                current.close();
            } catch (SQLException e) {
                // it is of no use any more
            }
        }
    }
}
