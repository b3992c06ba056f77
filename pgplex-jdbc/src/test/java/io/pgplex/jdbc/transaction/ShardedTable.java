package io.pgplex.jdbc.transaction;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Distributed, replicated and local tables over a cluster, with keys that are known to lie on different shards. */
public final class ShardedTable {

    private final LocalCluster cluster;
    private final List<Long> keys = new ArrayList<>();

    /** Creates {@code t (k, v)}, {@code r (k, v)} and {@code l (k, v)}; t and r check {@code v >= 0}. */
    public ShardedTable(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        try (Connection connection = cluster.connect()) {
            run(connection, "CREATE DISTRIBUTED TABLE t (k bigint PRIMARY KEY, v int CHECK (v >= 0)) BY HASH (k)");
            run(connection, "CREATE REPLICATED TABLE r (k bigint PRIMARY KEY, v int CHECK (v >= 0))");
            run(connection, "CREATE TABLE l (k bigint PRIMARY KEY, v int)");
            run(connection, "INSERT INTO t " + values());
        }
        for (PostgresServer server : cluster.primaries()) {
            keys.add(Long.parseLong(onServer(server, "SELECT min(k) FROM t")));
        }
        reset();
    }

    private static String values() {
        StringBuilder values = new StringBuilder("VALUES (1, 0)");
        for (int i = 2; i <= 60; i++) {
            values.append(", (").append(i).append(", 0)");
        }
        return values.toString();
    }

    /** A key that lies on the shard. */
    public long key(int shard) {
        return keys.get(shard);
    }

    /** Leaves one row with v = 0 on each shard of t, one in r and one in l. */
    public void reset() throws SQLException {
        try (Connection connection = cluster.connect()) {
            run(connection, "DELETE FROM t");
            run(connection, "DELETE FROM r");
            run(connection, "DELETE FROM l");
            for (long key : keys) {
                run(connection, "INSERT INTO t VALUES (" + key + ", 0)");
            }
            run(connection, "INSERT INTO r VALUES (1, 0)");
            run(connection, "INSERT INTO l VALUES (1, 0)");
        }
    }

    /** Sets the row of a shard. */
    public void set(Connection connection, int shard, int value) throws SQLException {
        run(connection, "UPDATE t SET v = " + value + " WHERE k = " + key(shard));
    }

    /** The values in t, by shard, as the servers themselves have them. */
    public List<String> values(String table) {
        List<String> values = new ArrayList<>();
        for (PostgresServer server : cluster.primaries()) {
            values.add(onServer(server, "SELECT string_agg(v::text, ',' ORDER BY k) FROM " + table));
        }
        return values;
    }

    /** What a query of one column says on each server. */
    public List<String> onServers(String sql) {
        return cluster.primaries().stream().map(server -> onServer(server, sql)).toList();
    }

    private String onServer(PostgresServer server, String sql) {
        return String.valueOf(server.query(cluster.database(), sql));
    }

    /** The count of transactions that are prepared and not finished, on all servers. */
    public long prepared() {
        return onServers("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()").stream()
                .mapToLong(Long::parseLong)
                .sum();
    }

    /** What the coordinator sends to the anchor. */
    static void decide(Connection anchor, String gtxid, List<String> participants) throws SQLException {
        try (PreparedStatement decision = anchor.prepareStatement(CommitSql.DECIDE)) {
            decision.setString(1, gtxid);
            decision.setString(2, CommitSql.arrayText(participants));
            decision.setString(3, null);
            decision.execute();
        }
    }

    public static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row, or null without a row. */
    public static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "no row";
        }
    }
}
