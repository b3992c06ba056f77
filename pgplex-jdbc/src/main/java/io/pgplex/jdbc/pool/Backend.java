package io.pgplex.jdbc.pool;

import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.Node;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.PgConnection;

/**
 * A physical connection and what pgplex knows about it: the session state it was last given and the statements prepared
 * on it. Confined to the lease that holds it.
 *
 * <p>HikariCP keeps it behind {@link #handle}; its own proxies are never used for statements, because they would drop a
 * connection for any 0A000 and because {@link #isFatal} is the one place that decides that a connection is broken.
 */
public final class Backend {

    /** Prepared statements kept open on one physical connection; beyond it the least recently used is closed. */
    static final int MAXIMUM_STATEMENTS = 256;

    private final Node node;
    private final PgConnection connection;
    private final Map<String, PreparedEntry> statements = new LinkedHashMap<>(64, 0.75f, true);
    private SessionState applied = SessionState.INITIAL;
    private int networkTimeoutMillis;
    private boolean broken;

    Backend(Node node, PgConnection connection) {
        this.node = node;
        this.connection = connection;
    }

    /** The connection as HikariCP sees it: it unwraps to this backend. */
    Connection handle() {
        return (Connection) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "unwrap" -> unwrap((Class<?>) arguments[0]);
                        case "isWrapperFor" -> arguments[0] == Backend.class;
                        // called at every return to the pool; warnings were cleared by the statements' owners
                        case "clearWarnings" -> null;
                        default -> call(method, arguments);
                    };
                });
    }

    private @Nullable Object call(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(connection, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private Object unwrap(Class<?> type) throws SQLException {
        if (type != Backend.class) {
            throw new SQLException("not a wrapper for " + type.getName(), "22023");
        }
        return this;
    }

    public Node node() {
        return node;
    }

    public PgConnection connection() {
        return connection;
    }

    /** Brings the server's session to this state; no round trip where it is there already. */
    public void apply(SessionState wanted) throws SQLException {
        if (applied == wanted) {
            return;
        }
        List<String> difference = applied.statementsTo(wanted);
        if (!difference.isEmpty()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(String.join(";", difference));
            } catch (SQLException e) {
                // half of it may have been applied
                broken = true;
                throw e;
            }
        }
        applied = wanted;
    }

    /** Sets the longest wait for the server's answers; 0 for no limit. */
    public void networkTimeout(int millis) throws SQLException {
        if (networkTimeoutMillis != millis) {
            connection.setNetworkTimeout(Runnable::run, millis);
            networkTimeoutMillis = millis;
        }
    }

    /** Tells that the server's session is now in this state, after the application's own statement made it so. */
    public void applied(SessionState state) {
        applied = state;
    }

    public SessionState applied() {
        return applied;
    }

    /**
     * A statement prepared for this text with the defaults of {@link Connection#prepareStatement(String)}; the same one
     * at the next call, unless it is in use. It must be given back with {@link #giveBack}.
     */
    public PreparedStatement prepared(String sql) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry == null || entry.statement.isClosed()) {
            entry = new PreparedEntry(connection.prepareStatement(sql));
            statements.put(sql, entry);
            closeEldest();
        } else if (entry.inUse) {
            return connection.prepareStatement(sql);
        }
        entry.inUse = true;
        return entry.statement;
    }

    private void closeEldest() throws SQLException {
        if (statements.size() <= MAXIMUM_STATEMENTS) {
            return;
        }
        String eldest = null;
        for (Map.Entry<String, PreparedEntry> candidate : statements.entrySet()) {
            if (!candidate.getValue().inUse) {
                eldest = candidate.getKey();
                break;
            }
        }
        PreparedEntry removed = eldest == null ? null : statements.remove(eldest);
        if (removed != null) {
            removed.statement.close();
        }
    }

    /** Takes a statement back; one that is not kept is closed. */
    public void giveBack(String sql, PreparedStatement statement) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry != null && entry.statement == statement) {
            entry.inUse = false;
        } else {
            statement.close();
        }
    }

    /** Forgets a kept statement whose settings were changed, and closes it. */
    public void forget(String sql, PreparedStatement statement) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry != null && entry.statement == statement) {
            statements.remove(sql);
        }
        statement.close();
    }

    /** Looks at an exception from this connection and remembers whether it means that the connection is lost. */
    public void failed(SQLException failure) {
        if (isFatal(failure)) {
            broken = true;
        }
    }

    /** Never gives this connection to another session. */
    public void taint() {
        broken = true;
    }

    /** Whether this connection may be given to another session: alive and outside a transaction. */
    public boolean isReusable() throws SQLException {
        return !broken && !connection.isClosed() && connection.getTransactionState() == TransactionState.IDLE;
    }

    public boolean isBroken() {
        return broken;
    }

    /** Whether an exception means that its physical connection is lost: class 08, and a server that goes away. */
    public static boolean isFatal(@Nullable SQLException failure) {
        if (failure == null) {
            return false;
        }
        String state = failure.getSQLState();
        return state != null
                && (state.startsWith("08")
                        || state.equals("57P01")
                        || state.equals("57P02")
                        || state.equals("57P03")
                        || state.equals("57P05"));
    }

    private static final class PreparedEntry {
        private final PreparedStatement statement;
        private boolean inUse;

        PreparedEntry(PreparedStatement statement) {
            this.statement = statement;
        }
    }
}
