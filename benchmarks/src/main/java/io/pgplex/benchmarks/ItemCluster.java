package io.pgplex.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Two shards with a distributed table {@code item}, reached through pgplex and, shard by shard, with pgjdbc and HikariCP.
 * The cluster's metadata are in this JVM: no statement of a benchmark reads them elsewhere.
 */
@State(Scope.Benchmark)
public class ItemCluster {

    static final String POINT_SELECT = "SELECT id, name, price FROM item WHERE id = ?";

    private static final int ROWS = 10_000;

    private final LocalCluster cluster;
    private final HikariDataSource pgplex;
    private final List<HikariDataSource> shards = new ArrayList<>();

    /** The place in {@link #shards} of each key's row. */
    private final byte[] shardOfKey = new byte[ROWS];

    /** Starts the servers. */
    public ItemCluster() {
        cluster = LocalCluster.builder().shards(2).inMemory().start();
        try {
            pgplex = pool("pgplex", cluster.jdbcUrl());
            createRows();
            for (PostgresServer server : cluster.primaries()) {
                shards.add(pool(server.name(), server.jdbcUrl(cluster.database())));
                findRows(shards.size() - 1);
            }
        } catch (SQLException | RuntimeException e) {
            cluster.close();
            throw new IllegalStateException("could not prepare the benchmark: " + e.getMessage(), e);
        }
    }

    private static HikariDataSource pool(String name, String url) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(2);
        return new HikariDataSource(config);
    }

    private void createRows() throws SQLException {
        try (Connection connection = pgplex.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE DISTRIBUTED TABLE item (id bigint PRIMARY KEY, name text, price int) BY HASH (id)");
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO item VALUES (?, ?, ?)")) {
                connection.setAutoCommit(false);
                for (int key = 0; key < ROWS; key++) {
                    insert.setLong(1, key);
                    insert.setString(2, "item " + key);
                    insert.setInt(3, key % 1000);
                    insert.addBatch();
                }
                insert.executeBatch();
                connection.commit();
            }
        }
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), "VACUUM ANALYZE item");
        }
    }

    private void findRows(int shard) throws SQLException {
        try (Connection connection = shards.get(shard).getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id FROM item")) {
            while (rows.next()) {
                shardOfKey[(int) rows.getLong(1)] = (byte) shard;
            }
        }
    }

    /** The key to ask for after this one: all rows in turn, jumping about. */
    static long keyAfter(long key) {
        return (key + 7919) % ROWS;
    }

    /** HikariCP around pgplex. */
    HikariDataSource pgplex() {
        return pgplex;
    }

    int shardOf(long key) {
        return shardOfKey[(int) key];
    }

    int shardCount() {
        return shards.size();
    }

    /** HikariCP around pgjdbc, to one shard. */
    HikariDataSource shard(int shard) {
        return shards.get(shard);
    }

    @TearDown(Level.Trial)
    public void close() {
        pgplex.close();
        shards.forEach(HikariDataSource::close);
        cluster.close();
    }
}
