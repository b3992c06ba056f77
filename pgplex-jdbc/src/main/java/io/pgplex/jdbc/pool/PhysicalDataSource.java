package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.jdbc.PgConnection;

/** Opens physical connections to one node as {@link Backend}s, for HikariCP to keep. Thread-safe. */
final class PhysicalDataSource implements DataSource {

    private static final Driver DRIVER = new Driver();

    private final Node node;
    private final String url;
    private final Properties properties;
    private volatile int loginTimeoutSeconds;

    PhysicalDataSource(Node node, Credentials credentials) {
        this.node = node;
        this.url = urlOf(node);
        this.properties = propertiesOf(credentials);
    }

    static String urlOf(Node node) {
        String host = node.host().contains(":") ? "[" + node.host() + "]" : node.host();
        return "jdbc:postgresql://" + host + ":" + node.port() + "/"
                + URLEncoder.encode(node.database(), StandardCharsets.UTF_8)
                        .replace("+", "%20");
    }

    static Properties propertiesOf(Credentials credentials) {
        Properties properties = new Properties();
        credentials.properties().forEach(properties::setProperty);
        properties.setProperty("user", credentials.user());
        if (credentials.password() != null) {
            properties.setProperty("password", credentials.password());
        }
        return properties;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = DRIVER.connect(url, properties);
        if (connection == null) {
            throw new SQLException("pgjdbc does not accept the URL of node " + node.name(), "XX000");
        }
        return new Backend(node, connection.unwrap(PgConnection.class)).handle();
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
