package io.pgplex.jdbc.pool;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.transaction.ShardedTable;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Pools smaller than their load, and servers that go away. */
@PgplexCluster(shards = 3, etcd = false, exclusive = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class PoolIT {

    private static final int THREADS = 16;

    private LocalCluster cluster;
    private ShardedTable table;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    private Connection connect(String options) throws SQLException {
        return DriverManager.getConnection(cluster.jdbcUrl() + options);
    }

    private interface Work {
        void run(Connection connection, int thread) throws Exception;
    }

    private void storm(String options, Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int thread = i;
                futures.add(threads.submit(() -> {
                    try (Connection connection = connect(options)) {
                        work.run(connection, thread);
                    }
                    return null;
                }));
            }
            for (Future<?> future : futures) {
                future.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Backends of the driver that are inside a transaction now. */
    private long busy() {
        return table
                .onServers("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid() AND state <> 'idle' AND application_name <> 'pgplex-monitor'")
                .stream()
                .mapToLong(Long::parseLong)
                .sum();
    }

    @Test
    void moreScattersThanConnectionsDoNotDeadlock() throws Exception {
        storm("&maximumPoolSize=2&connectionTimeout=20000", (connection, thread) -> {
            for (int i = 0; i < 20; i++) {
                assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT k FROM t ORDER BY k")) {
                    rows.next();
                    assertThat(ask(connection, "SELECT max(v) IS NULL FROM t")).isEqualTo("f");
                }
            }
        });
        assertThat(busy()).isZero();
    }

    @Test
    void transactionsThatCrossShardsInAnyOrderDoNotDeadlockOnThePools() throws Exception {
        storm("&maximumPoolSize=2&connectionTimeout=20000", (connection, thread) -> {
            connection.setAutoCommit(false);
            for (int i = 0; i < 15; i++) {
                for (int step = 0; step < 3; step++) {
                    int shard = (thread % 2 == 0 ? thread + step : thread + 2 - step) % 3;
                    run(connection, "INSERT INTO t SELECT k, 1 FROM t WHERE false AND k = " + table.key(shard));
                    ask(connection, "SELECT v FROM t WHERE k = " + table.key(shard));
                }
                connection.commit();
            }
        });
        assertThat(busy()).isZero();
        assertThat(table.prepared()).isZero();
    }

    @Test
    void aLeaseThatIsNotToBeHadSaysWhichNode() throws SQLException {
        String options = "&maximumPoolSize=1&connectionTimeout=300";
        try (Connection holder = connect(options);
                Connection waiter = connect(options)) {
            holder.setAutoCommit(false);
            ask(holder, "SELECT v FROM t WHERE k = " + table.key(1));
            assertThatThrownBy(() -> ask(waiter, "SELECT v FROM t WHERE k = " + table.key(1)))
                    .hasFieldOrPropertyWithValue("SQLState", "08001")
                    .hasMessageContaining("pg2");
            holder.commit();
            assertThat(ask(waiter, "SELECT v FROM t WHERE k = " + table.key(1))).isNotEqualTo("no row");
        }
    }

    @Test
    void anInterruptedThreadGetsAnErrorOrAWholeAnswer() throws Exception {
        try (Connection connection = connect("&maximumPoolSize=2")) {
            for (int i = 0; i < 10; i++) {
                Thread.currentThread().interrupt();
                try {
                    assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
                } catch (SQLException e) {
                    assertThat(e.getSQLState()).isNotNull();
                } finally {
                    Thread.interrupted();
                }
            }
            assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        }
    }

    @Test
    void closingAndAbortingGiveLeasesBack() throws Exception {
        for (int i = 0; i < 6; i++) {
            Connection connection = connect("&maximumPoolSize=1&connectionTimeout=2000");
            connection.setAutoCommit(i % 2 == 0);
            Statement statement = connection.createStatement();
            statement.setFetchSize(1);
            ResultSet rows = statement.executeQuery("SELECT k FROM t");
            rows.next();
            switch (i % 3) {
                case 0 -> statement.close();
                case 1 -> connection.close();
                default -> connection.abort(Runnable::run);
            }
            connection.close();
        }
        try (Connection connection = connect("&maximumPoolSize=1&connectionTimeout=2000")) {
            assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        }
        assertThat(busy()).isZero();
    }

    @Test
    void poolsRecoverWhenAServerComesBack() throws SQLException {
        PostgresServer server = cluster.primaries().get(1);
        try (Connection connection = connect("&maximumPoolSize=4&connectionTimeout=1000")) {
            assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
            server.kill();
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> ask(connection, "SELECT count(*) FROM t"))
                        .isInstanceOf(SQLException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .asString()
                        .matches("08.*|57P0.");
            }
            assertThat(ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)))
                    .isEqualTo("0");
            server.start();
            assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        }
    }
}
