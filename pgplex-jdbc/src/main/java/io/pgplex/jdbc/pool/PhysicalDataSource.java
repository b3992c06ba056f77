package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Opens physical connections to one node as {@link Backend}s, for HikariCP to keep. Thread-safe. */
final class PhysicalDataSource implements DataSource {

    private final Node node;
    private final Credentials credentials;
    private volatile int loginTimeoutSeconds;

    PhysicalDataSource(Node node, Credentials credentials) {
        this.node = node;
        this.credentials = credentials;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return new Backend(node, PhysicalConnections.open(node.host(), node.port(), node.database(), credentials))
                .handle();
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
