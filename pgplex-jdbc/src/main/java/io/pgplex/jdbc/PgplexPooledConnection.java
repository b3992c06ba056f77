package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.PooledConnection;
import javax.sql.StatementEventListener;
import org.jspecify.annotations.Nullable;

/**
 * A logical connection that a pool lends out through handles (JDBC 4.3, section 11.4). At most one handle lives: the next
 * one ends it. Confined to a thread at a time, except for its listeners.
 */
final class PgplexPooledConnection implements PooledConnection {

    /** SQLStates, by their beginning, after which the connection is of no more use: those of pgjdbc. */
    private static final List<String> FATAL =
            List.of("08", "53", "57P01", "57P02", "57P03", "58", "60", "99", "F0", "XX");

    private final List<ConnectionEventListener> listeners = new CopyOnWriteArrayList<>();
    private @Nullable Connection connection;
    private @Nullable PooledHandle handle;

    PgplexPooledConnection(Connection connection) {
        this.connection = connection;
    }

    /** A new handle; the one before is ended and its transaction rolled back. */
    @Override
    public Connection getConnection() throws SQLException {
        Connection lent = connection;
        if (lent == null) {
            SQLException closed = PgplexErrors.closed(SqlState.CONNECTION_CLOSED, "pooled connection");
            errorOccurred(closed);
            throw closed;
        }
        try {
            if (handle != null) {
                handle.end();
                handle = null;
                reset(lent);
            }
            lent.setAutoCommit(true);
        } catch (SQLException e) {
            errorOccurred(e);
            throw e;
        }
        handle = new PooledHandle(this, lent);
        return handle.proxy();
    }

    /** Closes the connection itself and with it a handle that still lives. */
    @Override
    public void close() throws SQLException {
        Connection lent = connection;
        if (lent == null) {
            return;
        }
        connection = null;
        if (handle != null) {
            handle.end();
            handle = null;
        }
        lent.close();
    }

    /** The handle was closed by its user: the connection is made clean and goes back to the pool. */
    void handleClosed(PooledHandle closed) throws SQLException {
        Connection lent = connection;
        if (handle == closed) {
            handle = null;
        }
        SQLException failure = null;
        if (lent != null && !lent.isClosed()) {
            try {
                reset(lent);
            } catch (SQLException e) {
                failure = e;
            }
        }
        for (ConnectionEventListener listener : listeners) {
            listener.connectionClosed(new ConnectionEvent(this));
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Tells the listeners about an error after which the connection must not be lent again. */
    void errorOccurredIfFatal(SQLException error) {
        String state = error.getSQLState();
        if (state == null || FATAL.stream().anyMatch(state::startsWith)) {
            errorOccurred(error);
        }
    }

    private void errorOccurred(SQLException error) {
        for (ConnectionEventListener listener : listeners) {
            listener.connectionErrorOccurred(new ConnectionEvent(this, error));
        }
    }

    private static void reset(Connection connection) throws SQLException {
        if (!connection.getAutoCommit()) {
            connection.rollback();
        }
        connection.clearWarnings();
    }

    @Override
    public void addConnectionEventListener(ConnectionEventListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeConnectionEventListener(ConnectionEventListener listener) {
        listeners.remove(listener);
    }

    /** Does nothing, as in pgjdbc: statements are not pooled one by one. */
    @Override
    public void addStatementEventListener(StatementEventListener listener) {}

    @Override
    public void removeStatementEventListener(StatementEventListener listener) {}
}
