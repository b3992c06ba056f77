package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.sql.ServerSql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a server and one database of it are, as far as a cluster cares. Immutable.
 *
 * @param versionNumber {@code server_version_num}, 150018 for 15.18
 * @param database the database's name
 * @param encoding the database's encoding as PostgreSQL names it
 * @param provider who orders text by default: {@code c} libc, {@code i} ICU, {@code b} builtin
 * @param locale the default collation's name there
 * @param inRecovery whether it is a standby
 * @param maxPreparedTransactions 0 where two-phase commit is switched off
 * @param systemIdentifier equal on a primary and its standbys only
 * @param timeline the timeline of the last checkpoint
 * @param cluster the cluster that the database says it belongs to, or null
 * @param shard its shard there, or null
 */
public record NodeProbe(
        int versionNumber,
        String database,
        String encoding,
        char provider,
        String locale,
        boolean inRecovery,
        int maxPreparedTransactions,
        long systemIdentifier,
        int timeline,
        @Nullable String cluster,
        @Nullable String shard) {

    private static final Set<String> BYTEWISE_LIBC = Set.of("c", "posix", "c.utf-8", "c.utf8");
    private static final Set<String> BYTEWISE_BUILTIN = Set.of("c", "c.utf-8", "c.utf8", "pg_unicode_fast");
    private static final int OLDEST = 140000;

    /** Asks the server. Reads only; works on a standby too. */
    public static NodeProbe of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery(ServerSql.PROBE)) {
                row.next();
                String provider = row.getString(4);
                String icuOrBuiltin = row.getString(6);
                NodeProbe bare = new NodeProbe(
                        row.getInt(1),
                        row.getString(2),
                        row.getString(3),
                        provider.charAt(0),
                        "c".equals(provider) || icuOrBuiltin == null ? row.getString(5) : icuOrBuiltin,
                        row.getBoolean(7),
                        row.getInt(8),
                        row.getLong(9),
                        row.getInt(10),
                        null,
                        null);
                if (!row.getBoolean(11)) {
                    return bare;
                }
                return bare.withMembership(statement);
            }
        }
    }

    private NodeProbe withMembership(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery(ServerSql.READ_MEMBERSHIP)) {
            return row.next()
                    ? new NodeProbe(
                            versionNumber,
                            database,
                            encoding,
                            provider,
                            locale,
                            inRecovery,
                            maxPreparedTransactions,
                            systemIdentifier,
                            timeline,
                            row.getString(1),
                            row.getString(2))
                    : this;
        }
    }

    /** 15 for 15.18. */
    public int majorVersion() {
        return versionNumber / 10000;
    }

    /** The default collation, with its provider where that is not libc; equal names order alike on one version. */
    public String collation() {
        return switch (provider) {
            case 'i' -> "icu:" + locale;
            case 'b' -> "builtin:" + locale;
            default -> locale;
        };
    }

    /** Whether the default collation orders text by its UTF-8 bytes. */
    public boolean bytewiseCollation() {
        String name = locale.toLowerCase(Locale.ROOT);
        return switch (provider) {
            case 'c' -> BYTEWISE_LIBC.contains(name);
            case 'b' -> BYTEWISE_BUILTIN.contains(name);
            default -> false;
        };
    }

    /**
     * Refuses a server that cannot be a node of any cluster.
     *
     * @throws SQLException 55000 or 0A000, saying what to change there
     */
    void checkFitness() throws SQLException {
        if (versionNumber < OLDEST) {
            throw Refusals.notSupported(
                    "PostgreSQL " + majorVersion() + " cannot be a node", "pgplex needs PostgreSQL 14 or newer.");
        }
        if (!encoding.equals("UTF8")) {
            throw Refusals.notSupported(
                    "the database's encoding is " + encoding + ", not UTF8",
                    "Create the database with ENCODING 'UTF8'.");
        }
        if (maxPreparedTransactions == 0) {
            throw Refusals.error(
                    "55000",
                    "max_prepared_transactions is 0 on this server",
                    "Set max_prepared_transactions to at least max_connections and restart the server:"
                            + " transactions over several shards need it.");
        }
    }

    /**
     * Refuses a server that cannot hold a shard beside the cluster's others.
     *
     * @throws SQLException 55000, saying how it differs
     */
    void checkSameOrder(String clusterCollation) throws SQLException {
        if (!collation().equals(clusterCollation)) {
            throw Refusals.error(
                    "55000",
                    "the database's default collation differs from the cluster's",
                    "It is \"" + collation() + "\" here and \"" + clusterCollation + "\" in the cluster.",
                    "Create the database with the cluster's collation, so that text has one order everywhere.");
        }
    }
}
