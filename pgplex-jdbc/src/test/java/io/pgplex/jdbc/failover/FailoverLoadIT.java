package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.failover.LoadRecord.Attempt;
import io.pgplex.jdbc.failover.LoadRecord.OldPrimary;
import io.pgplex.jdbc.failover.LoadRecord.StoredRow;
import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * Clients write while one fault after another hits a shard with synchronous standbys: whatever was acknowledged is kept, once,
 * and the clients' connections are the ones that they began with.
 */
@PgplexCluster(shards = 2, standbys = 2, synchronous = true, links = true, etcdMembers = 3, exclusive = true)
class FailoverLoadIT {

    private static final int CLIENTS = 8;

    /** What must be acknowledged on the shard after each step, before the next one. */
    private static final int ENOUGH = 150;

    private static final Duration LIMIT = Duration.ofSeconds(45);
    private static final String SHARD = "s1";
    private static final String ROWS = "SELECT id, part FROM " + LoadClient.TABLE + " WHERE id > 0";
    private static final String RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            + " AND pid <> pg_backend_pid() AND state <> 'idle'";
    private static final String KEYS = "SELECT DISTINCT k FROM " + LoadClient.TABLE + " WHERE id < 0 ORDER BY k";

    private final LocalCluster cluster;
    private final List<OldPrimary> oldPrimaries = new ArrayList<>();

    FailoverLoadIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void losesNothingThatWasAcknowledged() throws Exception {
        long seed = ThreadLocalRandom.current().nextLong();
        System.out.println("seed of the load: " + seed);
        try (Connection management = DriverManager.getConnection(cluster.managementUrl());
                Load load = new Load(cluster, seed, CLIENTS, createTable())) {
            List<Connection> connections = load.connections();
            Steps steps = new Steps(management, load);
            steps.enough();
            steps.awaitProtection();

            load.faulty(SHARD);
            steps.primaryIsKilled();
            steps.primaryStops();
            steps.primaryIsCutOff();
            load.faulty();

            steps.etcdLosesItsLeader();

            load.faulty(SHARD);
            steps.switchover();
            load.faulty();
            steps.enough();

            List<Attempt> attempts = load.end();
            assertThat(load.connections())
                    .usingElementComparator((a, b) -> a == b ? 0 : 1)
                    .isEqualTo(connections);
            for (Connection connection : connections) {
                assertThat(connection.isValid(5)).isTrue();
            }
            steps.awaitNothingInDoubt();
            report(attempts);
            assertThat(LoadChecker.violations(attempts, stored(management), oldPrimaries))
                    .as("seed %d", seed)
                    .isEmpty();
        }
    }

    /** Keys that belong to each shard, found by where their rows are. */
    private Map<String, List<Long>> createTable() throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE " + LoadClient.TABLE
                    + " (k bigint NOT NULL, id bigint NOT NULL, part int NOT NULL) BY HASH (k)");
            statement.execute(
                    "INSERT INTO " + LoadClient.TABLE + " SELECT i, -i, 0 FROM generate_series(1::bigint, 64) AS i");
        }
        Map<String, List<Long>> keys = new TreeMap<>();
        for (Servers.Shard shard : cluster.servers().shards()) {
            List<Long> own = new ArrayList<>();
            read(shard.primary(), KEYS, row -> own.add(row.getLong(1)));
            assertThat(own).isNotEmpty();
            keys.put(shard.name(), own);
        }
        return keys;
    }

    /** All rows on the primaries of now. */
    private List<StoredRow> stored(Connection management) throws SQLException {
        List<StoredRow> rows = new ArrayList<>();
        for (Servers.Shard shard : cluster.servers().shards()) {
            rows.addAll(rows(shard.name(), cluster.server(leader(management, shard.name()))));
        }
        return rows;
    }

    private List<StoredRow> rows(String shard, PostgresServer server) throws SQLException {
        List<StoredRow> rows = new ArrayList<>();
        read(server, ROWS, row -> rows.add(new StoredRow(shard, row.getLong(1), row.getInt(2))));
        return rows;
    }

    /** Reads a row. */
    private interface RowReader {
        void read(ResultSet row) throws SQLException;
    }

    /** Reads from one server with bare pgjdbc. */
    private void read(PostgresServer server, String sql, RowReader reader) throws SQLException {
        try (Connection connection = server.connect(cluster.database());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                reader.read(rows);
            }
        }
    }

    private static String leader(Connection management, String shard) throws SQLException {
        return show(management, "shards." + shard + ".leader");
    }

    private static String show(Connection management, String path) throws SQLException {
        try (Statement statement = management.createStatement();
                ResultSet row = statement.executeQuery("SHOW " + path)) {
            assertThat(row.next()).isTrue();
            return String.valueOf(row.getString(1));
        }
    }

    private static void report(List<Attempt> attempts) {
        Map<String, Integer> counts = new TreeMap<>();
        for (Attempt attempt : attempts) {
            counts.merge(attempt.outcome() + " " + attempt.shards(), 1, Integer::sum);
        }
        System.out.println("the load: " + counts);
    }

    /** What happens to the shard, one thing after another. */
    private final class Steps {

        private final Connection management;
        private final Load load;

        Steps(Connection management, Load load) {
            this.management = management;
            this.load = load;
        }

        void primaryIsKilled() throws Exception {
            PostgresServer primary = primary();
            primary.kill();
            replaced(primary);
            primary.start();
            comesBackFenced(primary);
        }

        void primaryStops() throws Exception {
            PostgresServer primary = primary();
            primary.pause();
            replaced(primary);
            primary.resume();
            comesBackFenced(primary);
        }

        /** The primary itself goes on, and its standbys hear it. */
        void primaryIsCutOff() throws Exception {
            PostgresServer primary = primary();
            primary.link().cutOff();
            replaced(primary);
            primary.link().heal();
            comesBackFenced(primary);
        }

        /** No shard has a fault, so there must be no error at all. */
        void etcdLosesItsLeader() throws Exception {
            EtcdServer leader = cluster.servers().etcdLeader();
            leader.kill();
            enough();
            leader.start();
            enough();
        }

        void switchover() throws Exception {
            PostgresServer primary = primary();
            String next = show(management, "shards." + SHARD + ".standbys").split(",")[0];
            long before = load.longestPauseMillis(SHARD);
            try (Statement statement = management.createStatement()) {
                statement.execute("SET shards." + SHARD + ".leader = '" + next + "'");
            }
            assertThat(leader(management, SHARD)).isEqualTo(next).isNotEqualTo(primary.name());
            enough();
            System.out.printf(
                    "%s handed over to %s: nobody wrote for %d ms; before, for %d ms at most%n",
                    primary.name(), next, load.longestPauseMillis(SHARD), before);
        }

        /** Waits until another node leads and takes writes. */
        private void replaced(PostgresServer primary) throws Exception {
            long begin = System.nanoTime();
            await("another primary", () -> !primary().name().equals(primary.name()));
            assertThat(load.awaitAcknowledged(SHARD, 1, LIMIT))
                    .as("writes go on")
                    .isTrue();
            System.out.printf(
                    "%s was replaced by %s in %d ms%n",
                    primary.name(), primary().name(), (System.nanoTime() - begin) / 1_000_000);
            enough();
        }

        /** An old primary that is back takes no writes; then an operator makes it a standby again. */
        private void comesBackFenced(PostgresServer old) throws Exception {
            await(old.name() + " fenced", () -> "fenced".equals(role(old)));
            // a commit that was written before and waited for a standby is seen when its session has been ended
            await("the end of what ran there", () -> "0".equals(old.query(cluster.database(), RUNNING)));
            List<StoredRow> whenFenced = rows(SHARD, old);
            enough();
            oldPrimaries.add(new OldPrimary(old.name(), whenFenced, rows(SHARD, old)));
            old.rejoin(primary(), true);
            await(old.name() + " a standby", () -> "standby".equals(role(old)));
            awaitProtection();
            enough();
        }

        /** Waits until the arbiter knows that commits are on one of both standbys, without which it would not promote any. */
        void awaitProtection() {
            await("standbys that confirm", () -> {
                try {
                    return show(management, "shards." + SHARD + ".synchronous").matches("1 of [^,]+,[^,]+");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
        }

        private String role(PostgresServer server) {
            try {
                return show(management, "nodes." + server.name() + ".role");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }

        private PostgresServer primary() {
            try {
                return cluster.server(leader(management, SHARD));
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        }

        void enough() throws InterruptedException {
            assertThat(load.awaitAcknowledged(SHARD, ENOUGH, LIMIT))
                    .as("writes go on")
                    .isTrue();
        }

        /** What was decided is done on every shard. */
        void awaitNothingInDoubt() {
            for (Servers.Shard shard : cluster.servers().shards()) {
                await("nothing in doubt on " + shard.name(), () -> {
                    try {
                        PostgresServer server = cluster.server(leader(management, shard.name()));
                        return "0".equals(server.query(cluster.database(), "SELECT count(*) FROM pg_prepared_xacts"));
                    } catch (SQLException e) {
                        throw new AssertionError(e);
                    }
                });
            }
        }

        private void await(String what, BooleanSupplier condition) {
            long begin = System.nanoTime();
            while (!condition.getAsBoolean()) {
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).as(what).isLessThan(LIMIT);
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        }
    }
}
