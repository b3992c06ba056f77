package io.pgplex.jdbc.pool;

import io.pgplex.jdbc.error.PgplexErrors;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.PgConnection;

/** Opens connections of pgjdbc, outside any pool. Stateless. */
public final class PhysicalConnections {

    private static final Driver DRIVER = new Driver();

    private PhysicalConnections() {}

    /**
     * A connection that the caller closes.
     *
     * @throws SQLException what the server or pgjdbc says
     */
    public static PgConnection open(String host, int port, String database, Credentials credentials)
            throws SQLException {
        Properties properties = properties(credentials);
        boolean limited = limitReads(properties);
        Connection connection = DRIVER.connect(url(host, port, database), properties);
        if (connection == null) {
            throw PgplexErrors.bug("pgjdbc does not accept its own URL", null);
        }
        PgConnection opened = connection.unwrap(PgConnection.class);
        if (limited) {
            opened.setNetworkTimeout(Runnable::run, 0);
        }
        return opened;
    }

    /**
     * Limits each wait for the server's answer while the connection is opened. When its login timeout is over, pgjdbc
     * leaves the thread that connects to itself: it would wait as long as the server hangs.
     *
     * @return whether the limit must be lifted again
     */
    private static boolean limitReads(Properties properties) {
        String limit = PGProperty.LOGIN_TIMEOUT.getOrDefault(properties);
        if (PGProperty.SOCKET_TIMEOUT.isPresent(properties) || limit == null || !limit.matches("[0-9]{1,9}")) {
            return false;
        }
        PGProperty.SOCKET_TIMEOUT.set(properties, limit);
        return true;
    }

    private static String url(String host, int port, String database) {
        String address = host.contains(":") ? "[" + host + "]" : host;
        return "jdbc:postgresql://" + address + ":" + port + "/"
                + URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Properties properties(Credentials credentials) {
        Properties properties = new Properties();
        credentials.properties().forEach(properties::setProperty);
        properties.setProperty("user", credentials.user());
        String password = credentials.password();
        if (password != null) {
            properties.setProperty("password", password);
        }
        return properties;
    }
}
