package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many writers of one replicated table, with and without connections that are killed meanwhile: the copies are equal at the
 * end and nobody was told that they were not. Statements are drawn from a seed, which a failure shows.
 */
@PgplexCluster(shards = 3)
@Timeout(240)
class CopiesRaceIT {

    private static final int WRITERS = 6;
    private static final int STATEMENTS = 60;
    private static final int KEYS = 8;
    private static final int KILLS = 20;

    /** The kind of transaction that may have to be run again. */
    private static final int REPEATABLE_READ = 7;

    /** In doubt for less than this, a transaction is left to its client by RECOVER CLUSTER. */
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger increments = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private final Map<String, String> errors = new ConcurrentSkipListMap<>();
    /** Of errors those that no isolation level excuses. */
    private final Map<String, String> surprises = new ConcurrentSkipListMap<>();

    @BeforeEach
    void create(LocalCluster cluster) throws SQLException {
        try (Connection c = cluster.connect()) {
            for (String sql : List.of(
                    "DROP TABLE IF EXISTS r",
                    "DROP TABLE IF EXISTS d",
                    "CREATE REPLICATED TABLE r (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, v float8, w text)",
                    "CREATE DISTRIBUTED TABLE d (k int PRIMARY KEY, n int) BY HASH (k)",
                    "INSERT INTO d SELECT i, i FROM generate_series(1, " + KEYS + ") i",
                    "INSERT INTO r SELECT i, 0, 0, '' FROM generate_series(1, " + KEYS + ") i")) {
                run(c, sql);
            }
        }
    }

    @Test
    void copiesAreEqualAfterRivalsHaveWritten(LocalCluster cluster) throws Exception {
        long seed = System.nanoTime();
        race(cluster, seed, () -> true);
        assertThat(surprises).as("seed %d", seed).isEmpty();
        check(cluster, seed);
    }

    @Test
    void copiesAreEqualAfterConnectionsWereKilled(LocalCluster cluster) throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        race(cluster, seed, () -> {
            for (int kill = 1; kill <= KILLS; kill++) {
                int after = kill * WRITERS * STATEMENTS / (KILLS + 1);
                await(() -> done.get() >= after);
                PostgresServer server = cluster.primaries().get(random.nextInt(3));
                server.execute(
                        cluster.database(),
                        "DO $$BEGIN PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                                + " AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 2; END$$");
            }
            return true;
        });
        check(cluster, seed);
    }

    private void race(LocalCluster cluster, long seed, Callable<Boolean> meanwhile) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 2);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Random random = new Random(seed + i);
                writers.add(threads.submit(() -> {
                    for (int j = 0; j < STATEMENTS; j++) {
                        write(cluster, random);
                        done.incrementAndGet();
                    }
                }));
            }
            Future<Boolean> other = threads.submit(meanwhile);
            // what a killed connection leaves in doubt must not stop the others for good
            Future<?> recovery = threads.submit(() -> {
                while (writers.stream().anyMatch(writer -> !writer.isDone())) {
                    recover(cluster);
                    LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
                }
            });
            for (Future<?> writer : writers) {
                writer.get(200, TimeUnit.SECONDS);
            }
            other.get(10, TimeUnit.SECONDS);
            recovery.get(30, TimeUnit.SECONDS);
        } finally {
            threads.shutdownNow();
        }
    }

    /** One statement, or a transaction of some; whatever fails is noted. */
    private void write(LocalCluster cluster, Random random) {
        int id = 1 + random.nextInt(KEYS);
        int counted = 0;
        int kind = random.nextInt(9);
        try (Connection c = cluster.connect()) {
            switch (kind) {
                case 0, 1 -> counted = update(c, "UPDATE r SET n = n + 1, w = w || 'a' WHERE id = " + id);
                case 2 -> counted = update(c, "UPDATE r SET n = n + 1, v = v + random()");
                case 3 ->
                    update(
                            c,
                            "INSERT INTO r VALUES (" + id
                                    + ", 0, random(), 'new') ON CONFLICT (id) DO UPDATE SET v = r.v + random(), w = 'up'");
                case 4 ->
                    update(
                            c,
                            "INSERT INTO r SELECT k, 0, random(), 'sel' FROM d ON CONFLICT (id) DO UPDATE SET v = excluded.v");
                case 5 ->
                    update(
                            c,
                            "UPDATE r SET v = (SELECT sum(v) FROM r) / 100, w = clock_timestamp()::text WHERE id > "
                                    + id);
                case 6 -> {
                    // the row goes and comes back, its count with it
                    c.setAutoCommit(false);
                    int n = -1;
                    try (Statement statement = c.createStatement();
                            ResultSet row = statement.executeQuery("DELETE FROM r WHERE id = " + id + " RETURNING n")) {
                        n = row.next() ? row.getInt(1) : n;
                    }
                    if (n >= 0) {
                        update(c, "INSERT INTO r VALUES (" + id + ", " + n + ", random(), 'back')");
                    }
                    c.commit();
                }
                case REPEATABLE_READ -> {
                    c.setAutoCommit(false);
                    c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                    counted = update(c, "UPDATE r SET n = n + 1 WHERE id = " + id);
                    counted +=
                            update(c, "UPDATE r SET n = n + 1, v = random() WHERE id = " + (1 + random.nextInt(KEYS)));
                    c.commit();
                }
                default -> update(c, "UPDATE r SET v = d.n * random() FROM d WHERE d.k = r.id AND d.k <> " + id);
            }
            increments.addAndGet(counted);
        } catch (SQLException e) {
            errors.put(String.valueOf(e.getSQLState()), String.valueOf(e.getMessage()));
            if (kind != REPEATABLE_READ || !"40001".equals(e.getSQLState())) {
                surprises.put(kind + " " + e.getSQLState(), String.valueOf(e.getMessage()));
            }
            if ("08007".equals(e.getSQLState())) {
                unknown.incrementAndGet();
            }
        }
    }

    private void check(LocalCluster cluster, long seed) throws Exception {
        await(() -> {
            recover(cluster);
            return prepared(cluster) == 0;
        });
        System.out.println("errors of the race: " + errors.keySet() + ", increments: " + increments);
        assertThat(errors).as("seed %d", seed).doesNotContainKeys("XX001", "XX000");
        List<String> first = rows(cluster.primaries().get(0), cluster);
        for (PostgresServer server : cluster.primaries()) {
            assertThat(rows(server, cluster)).as("seed %d", seed).isEqualTo(first);
        }
        try (Connection c = cluster.connect();
                Statement statement = c.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(n) FROM r")) {
            row.next();
            if (unknown.get() == 0) {
                assertThat(row.getInt(1)).as("seed %d %s", seed, errors).isEqualTo(increments.get());
            }
        }
    }

    private static void recover(LocalCluster cluster) {
        try (Connection c = cluster.connect()) {
            run(c, "RECOVER CLUSTER");
        } catch (SQLException e) {
            // its connection was killed: the next one does it
        }
    }

    private static long prepared(LocalCluster cluster) throws SQLException {
        long prepared = 0;
        for (PostgresServer server : cluster.primaries()) {
            try (Connection direct = server.connect(cluster.database());
                    Statement statement = direct.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()")) {
                row.next();
                prepared += row.getLong(1);
            }
        }
        return prepared;
    }

    private static List<String> rows(PostgresServer server, LocalCluster cluster) throws SQLException {
        try (Connection direct = server.connect(cluster.database());
                Statement statement = direct.createStatement();
                ResultSet row = statement.executeQuery("SELECT CAST(r AS text) FROM r ORDER BY id")) {
            List<String> rows = new ArrayList<>();
            while (row.next()) {
                rows.add(row.getString(1));
            }
            return rows;
        }
    }

    private static int update(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }
}
