package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.sql.ServerSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Installs schema {@code pgplex} on a primary and writes whose node it is. Stateless; safe to repeat and to run from
 * several clients at once.
 */
public final class SchemaInstaller {

    private SchemaInstaller() {}

    /**
     * Installs the schema unless it is there in this version; needs CREATE on the database only when it is not.
     *
     * @throws SQLException 55000 when a newer pgplex has installed it, or what the server says
     */
    public static void install(Connection connection) throws SQLException {
        int installed = installedVersion(connection);
        if (installed > ServerSql.SCHEMA_VERSION) {
            throw Refusals.error(
                    "55000",
                    "schema pgplex has version " + installed + ", this driver knows " + ServerSql.SCHEMA_VERSION,
                    "Use a newer driver.");
        }
        if (installed < ServerSql.SCHEMA_VERSION) {
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                statement.execute(ServerSql.schema());
            }
        }
    }

    /** The installed version, 0 for none. */
    public static int installedVersion(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(ServerSql.SCHEMA_VERSION_TABLE)) {
                row.next();
                if (!row.getBoolean(1)) {
                    return 0;
                }
            }
            try (ResultSet row = statement.executeQuery(ServerSql.INSTALLED_SCHEMA_VERSION)) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    /** Writes that the database is the primary of a shard at that epoch, whatever it was before. */
    static void writeMembership(Connection connection, String cluster, String shard, long epoch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ServerSql.WRITE_MEMBERSHIP)) {
            statement.setString(1, cluster);
            statement.setString(2, shard);
            statement.setLong(3, epoch);
            statement.executeUpdate();
        }
    }

    /** Writes that the database belongs to no cluster. */
    static void removeMembership(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(ServerSql.REMOVE_MEMBERSHIP);
        }
    }
}
