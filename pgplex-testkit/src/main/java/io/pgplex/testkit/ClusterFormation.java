package io.pgplex.testkit;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a pgplex cluster of running servers with pgplex's own commands.
 *
 * <p>The driver is reached through {@code java.sql} alone, since its own tests need this module.
 */
final class ClusterFormation {
    private ClusterFormation() {}

    /** One JOIN for each primary, which makes a shard, then one for each standby. */
    static List<String> statements(List<Servers.Shard> shards, String database) {
        List<String> statements = new ArrayList<>();
        for (Servers.Shard shard : shards) {
            PostgresServer primary = shard.primary();
            statements.add(join(primary, database) + " AS " + primary.name() + " SHARD " + shard.name());
        }
        for (Servers.Shard shard : shards) {
            for (PostgresServer standby : shard.standbys()) {
                statements.add(join(standby, database) + " AS " + standby.name() + " REPLICA OF "
                        + shard.primary().name());
            }
        }
        return statements;
    }

    private static String join(PostgresServer server, String database) {
        return "JOIN CLUSTER ON '" + server.conninfo(database) + "'";
    }

    static boolean hasDriver(String url) {
        try {
            return DriverManager.getDriver(url) != null;
        } catch (SQLException e) {
            return false;
        }
    }

    /**
     * Runs the statements on a connection that may create the cluster.
     *
     * @throws ServerException when there is no pgplex driver, or a statement fails
     */
    static void form(String url, List<String> statements) {
        if (!hasDriver(url)) {
            throw new ServerException("no JDBC driver on the classpath accepts URLs that begin with jdbc:pgplex:"
                    + "\n  Hint: add the artifact io.pgplex:pgplex-jdbc to the tests that form a cluster.");
        }
        try (Connection connection = DriverManager.getConnection(url + "&createCluster=true");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new ServerException("could not form the cluster: " + e.getMessage(), e);
        }
    }
}
