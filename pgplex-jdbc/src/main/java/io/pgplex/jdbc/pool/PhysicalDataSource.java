package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/** Opens physical connections to one node as {@link Backend}s, for HikariCP to keep. Thread-safe. */
final class PhysicalDataSource implements DataSource {

    private final Node node;
    private final Credentials credentials;
    private final NodeGate gate;
    /** Those that are open; HikariCP does not tell which it has leased. */
    private final Set<Backend> open = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;
    private volatile int loginTimeoutSeconds;

    PhysicalDataSource(Node node, Credentials credentials, NodeGate gate) {
        this.node = node;
        this.credentials = credentials;
        this.gate = gate;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Credentials as = gate.isPatient() ? credentials : hurried();
        Backend backend = gate.login(() -> new Backend(
                node, PhysicalConnections.open(node.host(), node.port(), node.database(), as), open::remove));
        open.add(backend);
        if (ended) {
            backend.abort();
            open.remove(backend);
            throw new SQLException("the pool of node " + node.name() + " has ended", "08003");
        }
        return backend.handle();
    }

    /** The same login, with less patience where the application has more. */
    private Credentials hurried() {
        Map<String, String> properties = new HashMap<>(credentials.properties());
        for (PGProperty limit : List.of(PGProperty.LOGIN_TIMEOUT, PGProperty.CONNECT_TIMEOUT)) {
            String own = properties.getOrDefault(limit.getName(), "0");
            boolean shorter = own.matches("[0-9]{1,9}")
                    && Integer.parseInt(own) > 0
                    && Integer.parseInt(own) < NodeGate.DOUBTFUL_SECONDS;
            if (!shorter) {
                properties.put(limit.getName(), Integer.toString(NodeGate.DOUBTFUL_SECONDS));
            }
        }
        return new Credentials(credentials.user(), credentials.password(), properties);
    }

    /** Breaks every connection, also those whose login is under way, when that has ended. */
    void abort() {
        ended = true;
        open.forEach(Backend::abort);
    }

    @Override
    public Connection getConnection(String username, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("a node's pool belongs to one role", "0A000");
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter out) {
        // pgjdbc logs through java.util.logging
    }

    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeoutSeconds = seconds;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeoutSeconds;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("getParentLogger", "0A000");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("not a wrapper for " + type.getName(), "22023");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
