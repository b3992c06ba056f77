package io.pgplex.jdbc.statistics;

import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.TableName;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.routing.statistics.ColumnStatistics;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sizes of tables on two shards, read as the application's own role. */
@PgplexCluster(shards = 2, etcd = false, exclusive = true)
@Timeout(120)
class StatisticsCacheIT {

    private static final PoolSettings POOL = new PoolSettings(3, 0, 5_000, 60_000, 600_000);

    private final LocalCluster cluster;
    private final Connection connection;
    private MetadataStore store;
    private ClusterMapCache maps;
    private Pools pools;
    private TopologyMonitor topology;
    private FanOut fanOut;
    private StatisticsCache cache;
    private Supplier<Statistics> question;

    StatisticsCacheIT(LocalCluster cluster) throws Exception {
        this.cluster = cluster;
        this.connection = cluster.connect();
    }

    @BeforeEach
    void open() throws Exception {
        String name = cluster.jdbcUrl().replaceAll("^jdbc:pgplex:mem:([^/]*)/.*$", "$1");
        store = MemoryStore.named(name).anotherClient();
        maps = ClusterMapCache.open(store, cluster.cluster());
        pools = new Pools((node, as) -> false);
        topology = new TopologyMonitor(maps);
        fanOut = new FanOut("statistics-test");
        question = asking(
                new StatisticsCache.Pace(Duration.ofMillis(200), 1, Duration.ofMillis(50), Duration.ofMinutes(1)));
    }

    private Supplier<Statistics> asking(StatisticsCache.Pace pace) {
        cache = new StatisticsCache(new Primaries(maps, topology, pools), fanOut, pace);
        return cache.askedBy(
                new Credentials(cluster.login().user(), cluster.login().password(), Map.of()), POOL);
    }

    @AfterEach
    void close() throws Exception {
        cache.close();
        topology.close();
        pools.close();
        fanOut.close();
        maps.close();
        store.close();
        connection.close();
    }

    private static TableName name(String table) {
        return new TableName("public", table);
    }

    /** Asks until the table is as it should be. */
    private TableStatistics await(String table, Predicate<TableStatistics> condition) throws InterruptedException {
        while (true) {
            TableStatistics found = question.get().table(name(table));
            if (found != null && condition.test(found)) {
                return found;
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static ColumnStatistics column(TableStatistics table, String name) {
        return Objects.requireNonNull(table.column(name));
    }

    private void onServers(String sql) {
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), sql);
        }
    }

    @Test
    void knowsWhatAnalyzeFound() throws Exception {
        run(
                connection,
                "CREATE DISTRIBUTED TABLE d (k bigint PRIMARY KEY, ten int, part text, owner bigint) BY HASH (k)");
        run(connection, "CREATE REPLICATED TABLE r (code text COLLATE \"C\" PRIMARY KEY, v varchar(10))");
        run(connection, "CREATE TABLE l (a int, b int, c numeric(10,2), PRIMARY KEY (b, a))");
        StringBuilder rows = new StringBuilder();
        for (int i = 1; i <= 4000; i++) {
            rows.append(i == 1 ? "" : ", ")
                    .append("(" + i + ", " + i % 10 + ", " + (i % 4 == 0 ? "NULL" : "'abcdefg'") + ", " + -i + ")");
        }
        run(connection, "INSERT INTO d VALUES " + rows);
        run(connection, "INSERT INTO r VALUES ('a', 'x'), ('b', 'y'), ('c', NULL)");
        run(connection, "INSERT INTO l SELECT g, g, g FROM generate_series(1, 500) g");
        onServers("ANALYZE");

        TableStatistics distributed = await("d", table -> table.rows() == 4000);
        assertThat(distributed.primaryKey()).containsExactly("k");
        assertThat(distributed.columns())
                .extracting(ColumnStatistics::name)
                .containsExactly("k", "ten", "part", "owner");
        assertThat(column(distributed, "k")).satisfies(key -> {
            assertThat(key.type()).isEqualTo("bigint");
            assertThat(key.distinctValues()).isEqualTo(4000);
            assertThat(key.averageBytes()).isEqualTo(8);
            assertThat(key.nullFraction()).isZero();
        });
        assertThat(column(distributed, "ten").distinctValues()).isEqualTo(10);
        assertThat(column(distributed, "part").nullFraction()).isCloseTo(0.25, within(0.001));
        assertThat(column(distributed, "part").averageBytes()).isEqualTo(8);
        assertThat(column(distributed, "part").distinctValues()).isEqualTo(1);
        assertThat(column(distributed, "owner").distinctValues()).isEqualTo(4000);

        TableStatistics replicated = await("r", table -> table.rows() == 3);
        assertThat(column(replicated, "code").collation()).isEqualTo("pg_catalog.\"C\"");
        assertThat(column(replicated, "v").type()).isEqualTo("character varying(10)");

        TableStatistics local = await("l", table -> table.rows() == 500);
        assertThat(local.primaryKey()).containsExactly("b", "a");
        assertThat(column(local, "c").type()).isEqualTo("numeric(10,2)");
    }

    @Test
    void countsRowsThatCameSinceAnalyze() throws Exception {
        run(connection, "CREATE TABLE growing (a int, filler text)");
        run(connection, "INSERT INTO growing SELECT g, repeat('x', 500) FROM generate_series(1, 2000) g");
        cluster.primaries().get(0).execute(cluster.database(), "ANALYZE growing");
        await("growing", table -> table.rows() == 2000);
        run(connection, "INSERT INTO growing SELECT g, repeat('x', 500) FROM generate_series(1, 6000) g");
        await("growing", table -> Math.abs(table.rows() - 8000) < 200);
    }

    @Test
    void guessesAsThePlannerWhatWasNeverAnalysed() throws Exception {
        run(
                connection,
                "CREATE DISTRIBUTED TABLE fresh (k bigint, v varchar(20), n numeric(8,2), b boolean) BY HASH (k)");
        run(connection, "ALTER TABLE fresh SET (autovacuum_enabled = false)");
        double expected = 0;
        for (PostgresServer server : cluster.primaries()) {
            String plan = Objects.requireNonNull(server.query(cluster.database(), "EXPLAIN SELECT * FROM fresh"));
            expected += Double.parseDouble(plan.replaceAll(".* rows=(\\d+) .*", "$1"));
        }
        double rows = expected;
        assertThat(rows).isPositive();
        TableStatistics fresh = await("fresh", table -> table.rows() == rows);
        assertThat(column(fresh, "b").distinctValues()).isEqualTo(2);
        assertThat(column(fresh, "v").nullFraction()).isZero();
    }

    @Test
    void aPartitionedLocalTableIsTheSumOfItsPartitions() throws Exception {
        run(connection, "CREATE TABLE parts (k int, v int) PARTITION BY LIST (k)");
        run(connection, "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)");
        run(connection, "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES IN (2)");
        run(connection, "INSERT INTO parts SELECT 1 + g % 2, g FROM generate_series(1, 3000) g");
        cluster.primaries().get(0).execute(cluster.database(), "ANALYZE parts");
        TableStatistics parts = await("parts", table -> table.rows() == 3000);
        assertThat(column(parts, "k").distinctValues()).isEqualTo(2);
    }

    @Test
    void whoAsksFirstDoesNotWait() throws Exception {
        run(connection, "CREATE TABLE asked_first (k int PRIMARY KEY)");
        assertThat(question.get()).isSameAs(Statistics.UNKNOWN);
        await("asked_first", table -> true);
    }

    @Test
    void aChangeOfTheMapIsSeenLongBeforeTheInterval() throws Exception {
        cache.close();
        question = asking(new StatisticsCache.Pace(Duration.ofDays(1), 1, Duration.ofMillis(50), Duration.ofDays(1)));
        run(connection, "CREATE REPLICATED TABLE before_it (k int PRIMARY KEY)");
        await("before_it", table -> true);
        run(connection, "CREATE DISTRIBUTED TABLE after_it (k int PRIMARY KEY) BY HASH (k)");
        await("after_it", table -> true);
    }

    @Test
    void aTableThatSomebodyLocksHoldsUpNothing() throws Exception {
        run(connection, "CREATE TABLE locked (k int PRIMARY KEY)");
        run(connection, "INSERT INTO locked SELECT generate_series(1, 700)");
        PostgresServer home = cluster.primaries().get(0);
        home.execute(cluster.database(), "ANALYZE locked");
        try (Connection locker = home.connect(cluster.database())) {
            locker.setAutoCommit(false);
            run(locker, "LOCK TABLE locked");
            assertThat(await("locked", table -> true).rows()).isEqualTo(700);
        }
    }

    @Test
    void aLostShardKeepsItsFigures() throws Exception {
        run(connection, "CREATE DISTRIBUTED TABLE kept (k int PRIMARY KEY) BY HASH (k)");
        run(connection, "CREATE TABLE here (k int PRIMARY KEY)");
        StringBuilder rows = new StringBuilder("(1)");
        for (int i = 2; i <= 1000; i++) {
            rows.append(", (").append(i).append(")");
        }
        run(connection, "INSERT INTO kept VALUES " + rows);
        onServers("ANALYZE kept");
        await("kept", table -> table.rows() == 1000);
        PostgresServer lost = cluster.primaries().get(1);
        lost.kill();
        try {
            run(connection, "INSERT INTO here SELECT generate_series(1, 5000)");
            cluster.primaries().get(0).execute(cluster.database(), "ANALYZE here");
            await("here", table -> table.rows() == 5000);
            assertThat(await("kept", table -> true).rows()).isEqualTo(1000);
        } finally {
            lost.start();
        }
    }

    @Test
    void whoMayNotReadATableKnowsItsRowsOnly() throws Exception {
        PostgresServer home = cluster.primaries().get(0);
        run(connection, "CREATE TABLE secret (k int PRIMARY KEY, v int)");
        run(connection, "INSERT INTO secret SELECT g, g % 3 FROM generate_series(1, 900) g");
        home.execute(cluster.database(), "ANALYZE secret");
        for (PostgresServer server : cluster.primaries()) {
            server.createRole("stranger", "stranger");
        }
        question = cache.askedBy(new Credentials("stranger", "stranger", Map.of()), POOL);
        TableStatistics secret = await("secret", table -> table.rows() == 900);
        assertThat(column(secret, "k").distinctValues()).isEqualTo(900);
        assertThat(column(secret, "v").distinctValues()).isEqualTo(200);
    }

    @Test
    void nobodyAsksAndNobodyReads() throws Exception {
        awaitNoThread();
        question.get();
        assertThat(threads()).hasSize(1);
        cache.close();
        awaitNoThread();
        question =
                asking(new StatisticsCache.Pace(Duration.ofMillis(20), 1, Duration.ofMillis(20), Duration.ofMillis(1)));
        question.get();
        awaitNoThread();
        run(connection, "CREATE TABLE late (k int PRIMARY KEY)");
        await("late", table -> true);
    }

    private static void awaitNoThread() throws InterruptedException {
        while (!threads().isEmpty()) {
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("pgplex-statistics-"))
                .toList();
    }
}
