package io.pgplex.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * What the superuser asks of a server with bare pgjdbc, each time on a new connection. Immutable.
 *
 * @param server the server's name, for errors
 * @param url pgjdbc's URL of one of its databases
 */
record Superuser(String server, String url) {

    Connection connect() throws SQLException {
        return DriverManager.getConnection(url);
    }

    /** Runs statements, each on its own. */
    void execute(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** The first column of a query's first row as text; null when that is null or there is no row. */
    @Nullable
    String query(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : null;
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private ServerException failed(SQLException cause) {
        return new ServerException(server + ": " + cause.getMessage(), cause);
    }
}
