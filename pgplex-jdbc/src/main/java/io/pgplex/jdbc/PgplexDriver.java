package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;

/** The JDBC driver for {@code jdbc:pgplex:} URLs ({@link PgplexUrl}). Immutable and thread-safe. */
public final class PgplexDriver implements Driver {

    public static final int MAJOR_VERSION = 0;
    public static final int MINOR_VERSION = 1;
    public static final String VERSION = MAJOR_VERSION + "." + MINOR_VERSION + ".0";

    /** What all drivers and data sources of this JVM share. */
    static final ConnectionOpener OPENER = new SessionOpener(new ClusterRuntimes(ClusterRuntimes.LINGER));

    private final ConnectionOpener opener;

    static {
        register();
    }

    private static void register() {
        try {
            DriverManager.registerDriver(new PgplexDriver());
        } catch (SQLException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The driver that {@link DriverManager} finds. */
    public PgplexDriver() {
        this(OPENER);
    }

    PgplexDriver(ConnectionOpener opener) {
        this.opener = opener;
    }

    /** A connection, or null for another driver's URL. */
    @Override
    public @Nullable Connection connect(@Nullable String url, @Nullable Properties info) throws SQLException {
        if (url == null) {
            throw PgplexErrors.error(SqlState.INVALID_PARAMETER, "the URL is null");
        }
        if (!acceptsURL(url)) {
            return null;
        }
        PgplexUrl parsed = PgplexUrl.parse(url);
        Properties properties = parsed.over(info);
        String loginTimeout = PgplexProperty.LOGIN_TIMEOUT.key();
        if (DriverManager.getLoginTimeout() > 0 && properties.getProperty(loginTimeout) == null) {
            properties.setProperty(loginTimeout, Integer.toString(DriverManager.getLoginTimeout()));
        }
        return opener.open(parsed, properties);
    }

    @Override
    public boolean acceptsURL(@Nullable String url) {
        return PgplexUrl.accepts(url);
    }

    /** pgplex's own properties, then pgjdbc's; passwords are not shown. */
    @Override
    public DriverPropertyInfo[] getPropertyInfo(@Nullable String url, @Nullable Properties info) throws SQLException {
        Properties given = acceptsURL(url) && url != null ? PgplexUrl.parse(url).over(info) : new Properties();
        List<DriverPropertyInfo> all = new ArrayList<>();
        for (PgplexProperty property : PgplexProperty.values()) {
            all.add(describe(property, given));
        }
        for (PGProperty property : PGProperty.values()) {
            if (PgplexProperty.find(property.getName()) == null && !PropertyNames.namesServer(property.getName())) {
                all.add(property.toDriverPropertyInfo(given));
            }
        }
        return all.toArray(DriverPropertyInfo[]::new);
    }

    private static DriverPropertyInfo describe(PgplexProperty property, Properties given) {
        boolean secret = property == PgplexProperty.PASSWORD || property == PgplexProperty.ETCD_PASSWORD;
        DriverPropertyInfo info = new DriverPropertyInfo(property.key(), secret ? null : property.text(given));
        info.description = property.doc();
        if (!property.choices().isEmpty()) {
            info.choices = property.choices().toArray(String[]::new);
        }
        return info;
    }

    @Override
    public int getMajorVersion() {
        return MAJOR_VERSION;
    }

    @Override
    public int getMinorVersion() {
        return MINOR_VERSION;
    }

    /** False, as pgjdbc's: SQL-92 entry level is not fully there. */
    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("ERROR: pgplex logs through SLF4J", "0A000");
    }
}
