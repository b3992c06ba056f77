package io.pgplex.jdbc.execute;

import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.Login;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import io.pgplex.testkit.Topology;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A cluster of two shards with a standby each, whose primaries are replaced by hand. The application is an ordinary role.
 * Table t is distributed, one row on each shard; table r replicated.
 */
final class FailingCluster implements AutoCloseable {

    private static final String DATABASE = "app";

    private final Servers servers;
    private final LocalCluster cluster;
    private final MetadataStore store;
    private final ClusterMapCache maps;
    private final Map<String, PostgresServer> leaders = new ConcurrentHashMap<>();
    private final Map<String, Long> keys = new HashMap<>();

    FailingCluster(boolean synchronous) throws SQLException, MetadataException {
        this(Topology.ofShards(2).withStandbys(1, synchronous));
    }

    FailingCluster(Topology topology) throws SQLException, MetadataException {
        servers = Servers.start(topology.withPasswords().withLinks());
        try {
            cluster = LocalCluster.of(servers, "failing", DATABASE, new Login("ada", "secret"), "arbiter=false");
            store = MemoryStore.named(memoryName()).anotherClient();
            maps = ClusterMapCache.open(store, "failing");
            for (Servers.Shard shard : servers.shards()) {
                leaders.put(shard.name(), shard.primary());
            }
            fill();
        } catch (SQLException | MetadataException | RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    private String memoryName() {
        String rest = cluster.jdbcUrl().substring(cluster.jdbcUrl().indexOf("mem:") + 4);
        return rest.substring(0, rest.indexOf('/'));
    }

    private void fill() throws SQLException {
        try (Connection connection = connect("")) {
            run(connection, "CREATE DISTRIBUTED TABLE t (k bigint PRIMARY KEY, v int NOT NULL) BY HASH (k)");
            run(connection, "CREATE REPLICATED TABLE r (k bigint PRIMARY KEY, v int NOT NULL)");
            run(connection, "INSERT INTO t SELECT k, 0 FROM generate_series(1, 30) k");
            for (String shard : leaders.keySet()) {
                keys.put(shard, Long.parseLong(ask(leader(shard), "SELECT min(k) FROM t")));
            }
            run(connection, "DELETE FROM t WHERE k NOT IN (" + key("s1") + ", " + key("s2") + ")");
        }
    }

    Connection connect(String options) throws SQLException {
        return DriverManager.getConnection(cluster.jdbcUrl() + options);
    }

    Servers servers() {
        return servers;
    }

    /** The key of the row on a shard. */
    long key(String shard) {
        return Objects.requireNonNull(keys.get(shard));
    }

    /** The primary of a shard now. */
    PostgresServer leader(String shard) {
        return Objects.requireNonNull(leaders.get(shard));
    }

    PostgresServer standby(String shard) {
        return servers.server(leader(shard).name() + "_r1");
    }

    /** What a superuser sees on a server. */
    static String ask(PostgresServer server, String sql) {
        return String.valueOf(server.query(DATABASE, sql));
    }

    static void run(PostgresServer server, String... sql) {
        server.execute(DATABASE, sql);
    }

    /** A superuser's connection to a shard's primary. */
    Connection direct(String shard) throws SQLException {
        return leader(shard).connect(DATABASE);
    }

    /** The value on a shard's primary. */
    String value(String shard) {
        return ask(leader(shard), "SELECT v FROM t WHERE k = " + key(shard));
    }

    /** Kills a shard's primary and has its standby lead. */
    void failOver(String shard) {
        leader(shard).kill();
        promote(shard);
    }

    /** Has a shard's standby lead. */
    void promote(String shard) {
        PostgresServer standby = standby(shard);
        standby.promote();
        lead(shard, standby);
    }

    /** Tells the clients that a server leads a shard, and waits until they can know. */
    void lead(String shard, PostgresServer server) {
        try {
            ClusterMapChanges changes;
            do {
                changes = ClusterMapChanges.read(store, "failing").changeLeader(shard, server.name());
            } while (!(store.commit(changes.toTransaction()) instanceof Outcome.Committed));
        } catch (MetadataException e) {
            throw new IllegalStateException(e);
        }
        leaders.put(shard, server);
        await(() -> {
            ClusterMap map = maps.current();
            return map != null
                    && Objects.requireNonNull(map.shard(shard)).primary().equals(server.name());
        });
    }

    /** A condition that may throw while it does not hold yet. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws SQLException;
    }

    static void await(Condition condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            SQLException failure = null;
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (SQLException e) {
                failure = e;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within 30 s", failure);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row. */
    static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "no row";
        }
    }

    @Override
    public void close() {
        maps.close();
        store.close();
        servers.close();
    }
}
