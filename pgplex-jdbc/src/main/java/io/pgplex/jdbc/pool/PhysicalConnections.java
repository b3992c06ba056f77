package io.pgplex.jdbc.pool;

import io.pgplex.jdbc.error.PgplexErrors;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.Driver;
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
        Connection connection = DRIVER.connect(url(host, port, database), properties(credentials));
        if (connection == null) {
            throw PgplexErrors.bug("pgjdbc does not accept its own URL", null);
        }
        return connection.unwrap(PgConnection.class);
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
