package io.pgplex.jdbc.connection;

import java.sql.ClientInfoStatus;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLState;

/** Sets what a connection tells about its client. As in pgjdbc only {@code ApplicationName} is known. */
final class ClientInfo {
    private static final String APPLICATION_NAME = "ApplicationName";

    private final PgplexConnection connection;

    ClientInfo(PgplexConnection connection) {
        this.connection = connection;
    }

    void set(String name, @Nullable String value) throws SQLClientInfoException {
        requireOpen(Map.of(name, ClientInfoStatus.REASON_UNKNOWN));
        if (!name.equals(APPLICATION_NAME)) {
            connection.addWarning(
                    new SQLWarning("ClientInfo property not supported.", PSQLState.NOT_IMPLEMENTED.getState()));
            return;
        }
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET application_name = " + literal(value == null ? "" : value));
        } catch (SQLException failure) {
            throw new SQLClientInfoException(
                    "Failed to set ClientInfo property: " + name,
                    failure.getSQLState(),
                    Map.of(name, ClientInfoStatus.REASON_UNKNOWN),
                    failure);
        }
    }

    /** Sets what is known among the properties; an absent application name becomes empty. */
    void set(Properties properties) throws SQLClientInfoException {
        Map<String, ClientInfoStatus> all = new HashMap<>();
        for (String name : properties.stringPropertyNames()) {
            all.put(name, ClientInfoStatus.REASON_UNKNOWN);
        }
        requireOpen(all);
        set(APPLICATION_NAME, properties.getProperty(APPLICATION_NAME));
    }

    private void requireOpen(Map<String, ClientInfoStatus> failures) throws SQLClientInfoException {
        try {
            connection.requireOpen();
        } catch (SQLException closed) {
            throw new SQLClientInfoException(closed.getMessage(), closed.getSQLState(), failures, closed);
        }
    }

    /** A literal that means the same whatever {@code standard_conforming_strings} is. */
    private static String literal(String value) {
        String quoted = "'" + value.replace("'", "''") + "'";
        return value.indexOf('\\') < 0 ? quoted : "E" + quoted.replace("\\", "\\\\");
    }
}
