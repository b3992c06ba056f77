package io.pgplex.jdbc.deadlock;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Many transfers between few accounts, in any order, through two clients: all end, whatever meets. */
@PgplexCluster(shards = 3, etcd = false)
class DeadlockStormIT {

    private static final int THREADS = 16;
    private static final int TRANSFERS = 2000;
    private static final int ACCOUNTS = 48;
    /** One transaction in so many is a statement over all shards, or a batch. */
    private static final int WIDE = 100;

    private final AtomicInteger left = new AtomicInteger(TRANSFERS);
    private final AtomicInteger deadlocks = new AtomicInteger();

    @Test
    void endsWithTheSumKept(LocalCluster cluster) throws Exception {
        String url = cluster.jdbcUrl() + "&planCacheSize=";
        long seed = new Random().nextLong();
        System.out.println("storm of transfers, seed " + seed);
        try (Connection connection = DriverManager.getConnection(url + 1000)) {
            run(connection, "CREATE DISTRIBUTED TABLE account (id int PRIMARY KEY, v bigint NOT NULL) BY HASH (id)");
            StringBuilder values = new StringBuilder("(0, 1000)");
            for (int i = 1; i < ACCOUNTS; i++) {
                values.append(", (").append(i).append(", 1000)");
            }
            run(connection, "INSERT INTO account VALUES " + values);
            ExecutorService threads = Executors.newFixedThreadPool(THREADS);
            try {
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    int worker = i;
                    Callable<Void> work = () -> {
                        transfer(url + (1000 + worker % 2), new Random(seed + worker));
                        return null;
                    };
                    workers.add(threads.submit(work));
                }
                for (Future<?> worker : workers) {
                    worker.get(5, TimeUnit.MINUTES);
                }
            } finally {
                threads.shutdownNow();
            }
            assertThat(ask(connection, "SELECT sum(v) FROM account")).isEqualTo(String.valueOf(1000 * ACCOUNTS));
            System.out.println(TRANSFERS + " transfers, " + deadlocks + " deadlocks");
            assertThat(deadlocks).hasPositiveValue();
        }
        assertThat(cluster.primaries()).allSatisfy(server -> assertThat(server.query(
                        cluster.database(),
                        "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"))
                .isEqualTo("0"));
    }

    private void transfer(String url, Random random) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            while (left.getAndDecrement() > 0) {
                int from = random.nextInt(ACCOUNTS);
                int to = random.nextInt(ACCOUNTS);
                int kind = random.nextInt(WIDE);
                boolean done = false;
                while (!done) {
                    done = attempt(connection, kind, from, to, random.nextInt(10));
                }
            }
        }
    }

    private boolean attempt(Connection connection, int kind, int from, int to, int amount) throws SQLException {
        try {
            switch (kind) {
                case 0 -> run(connection, "UPDATE account SET v = v + 0 WHERE v % 3 = " + amount % 3);
                case 1, 2, 3 -> batch(connection, from, to, amount);
                default -> {
                    connection.setAutoCommit(false);
                    move(connection, from, -amount);
                    move(connection, to, amount);
                    connection.commit();
                }
            }
            return true;
        } catch (SQLException e) {
            assertThat(e.getSQLState()).as(e.getMessage()).isEqualTo("40P01");
            deadlocks.incrementAndGet();
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            return false;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    private static void move(Connection connection, int account, int amount) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE account SET v = v + ? WHERE id = ?")) {
            update.setInt(1, amount);
            update.setInt(2, account);
            update.executeUpdate();
        }
    }

    private static void batch(Connection connection, int from, int to, int amount) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("UPDATE account SET v = v + ? WHERE id = ?")) {
            for (int[] entry : new int[][] {{from, -amount}, {to, amount}, {(from + 7) % ACCOUNTS, 0}}) {
                update.setInt(1, entry[1]);
                update.setInt(2, entry[0]);
                update.addBatch();
            }
            update.executeBatch();
        }
    }
}
