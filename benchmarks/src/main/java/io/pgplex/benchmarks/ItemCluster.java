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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
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

    /** Whether executions reach the servers, or are answered by {@link ReplayingSocket}. */
    @Param({"server", "stub"})
    public String answeredBy = "server";

    private final LocalCluster cluster;

    /** pgplex's, then one of each shard. */
    private final List<HikariDataSource> pools = new ArrayList<>();

    /** The shard of each key's row. */
    private final byte[] shardOfKey = new byte[ROWS];

    /** Starts the servers. */
    public ItemCluster() {
        cluster = LocalCluster.builder().shards(2).inMemory().start();
        try {
            createRows();
        } catch (SQLException | RuntimeException e) {
            cluster.close();
            throw new IllegalStateException("could not prepare the benchmark: " + e.getMessage(), e);
        }
    }

    @Setup(Level.Trial)
    public void openPools() throws SQLException {
        pools.add(pool("pgplex", cluster.jdbcUrl()));
        for (PostgresServer server : cluster.primaries()) {
            pools.add(pool(server.name(), server.jdbcUrl(cluster.database())));
        }
    }

    private HikariDataSource pool(String name, String url) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(2);
        if (answeredBy.equals("stub")) {
            config.addDataSourceProperty("socketFactory", ReplayingSocketFactory.class.getName());
        }
        return new HikariDataSource(config);
    }

    private void createRows() throws SQLException {
        try (Connection connection = cluster.connect();
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
        for (int shard = 0; shard < cluster.primaries().size(); shard++) {
            PostgresServer server = cluster.primaries().get(shard);
            server.execute(cluster.database(), "VACUUM ANALYZE item");
            findRows(shard, server);
        }
    }

    private void findRows(int shard, PostgresServer server) throws SQLException {
        try (Connection connection = server.connect(cluster.database());
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
        return pools.get(0);
    }

    int shardOf(long key) {
        return shardOfKey[(int) key];
    }

    int shardCount() {
        return pools.size() - 1;
    }

    /** HikariCP around pgjdbc, to one shard. */
    HikariDataSource shard(int shard) {
        return pools.get(1 + shard);
    }

    @TearDown(Level.Trial)
    public void close() {
        pools.forEach(HikariDataSource::close);
        cluster.close();
    }
}
