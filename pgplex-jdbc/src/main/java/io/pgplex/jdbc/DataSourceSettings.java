package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Properties;
import java.util.logging.Logger;
import javax.sql.CommonDataSource;
import org.jspecify.annotations.Nullable;

/**
 * The bean properties of both data sources. Set them before the first connection is taken; after that any thread may
 * take connections.
 */
abstract class DataSourceSettings implements CommonDataSource {

    private final ConnectionOpener opener;
    private final Properties properties = new Properties();
    private @Nullable String url;
    private @Nullable String user;
    private @Nullable String password;
    private int loginTimeoutSeconds;
    private @Nullable PrintWriter logWriter;

    DataSourceSettings(ConnectionOpener opener) {
        this.opener = opener;
    }

    /** The URL, in one of {@link PgplexUrl}'s forms. */
    public @Nullable String getUrl() {
        return url;
    }

    /** Sets the URL; it is read when a connection is taken. */
    public void setUrl(@Nullable String url) {
        this.url = url;
    }

    public @Nullable String getUser() {
        return user;
    }

    public void setUser(@Nullable String user) {
        this.user = user;
    }

    public void setPassword(@Nullable String password) {
        this.password = password;
    }

    /** Sets one property of {@link PgplexProperty} or pgjdbc; the URL's parameters come before these. */
    public void setProperty(String name, @Nullable String value) {
        if (value == null) {
            properties.remove(name);
        } else {
            properties.setProperty(name, value);
        }
    }

    public @Nullable String getProperty(String name) {
        return properties.getProperty(name);
    }

    /** Replaces all properties, as pools and containers set them. */
    public void setProperties(@Nullable Properties values) {
        properties.clear();
        if (values != null) {
            for (String name : values.stringPropertyNames()) {
                properties.setProperty(name, values.getProperty(name));
            }
        }
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeoutSeconds;
    }

    /** Seconds; 0 for the property {@code loginTimeout}. */
    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        if (seconds < 0) {
            throw PgplexErrors.error(SqlState.INVALID_PARAMETER, "the login timeout must not be negative");
        }
        loginTimeoutSeconds = seconds;
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return logWriter;
    }

    /** Kept for those who ask; pgplex logs through SLF4J. */
    @Override
    public void setLogWriter(@Nullable PrintWriter writer) {
        logWriter = writer;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException(
                "ERROR: pgplex logs through SLF4J", SqlState.FEATURE_NOT_SUPPORTED.code());
    }

    /** Opens a connection as these settings say. */
    Connection open(@Nullable String asUser, @Nullable String withPassword) throws SQLException {
        if (url == null) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER, "the data source has no URL", "Set its property \"url\".");
        }
        PgplexUrl parsed = PgplexUrl.parse(url);
        Properties effective = parsed.over(properties);
        put(effective, PgplexProperty.USER, asUser);
        put(effective, PgplexProperty.PASSWORD, withPassword);
        if (loginTimeoutSeconds > 0) {
            put(effective, PgplexProperty.LOGIN_TIMEOUT, Integer.toString(loginTimeoutSeconds));
        }
        return opener.open(parsed, effective);
    }

    Connection open() throws SQLException {
        return open(user, password);
    }

    private static void put(Properties properties, PgplexProperty property, @Nullable String value) {
        if (value != null) {
            properties.setProperty(property.key(), value);
        }
    }

    /** Without the password; parameters of the URL by name only. */
    @Override
    public String toString() {
        String shown = "no URL";
        if (url != null) {
            try {
                shown = PgplexUrl.parse(url).toString();
            } catch (SQLException e) {
                shown = "invalid URL";
            }
        }
        return getClass().getSimpleName() + "[" + shown + (user == null ? "" : ", user " + user) + "]";
    }
}
