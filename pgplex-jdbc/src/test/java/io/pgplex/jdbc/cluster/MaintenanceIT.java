package io.pgplex.jdbc.cluster;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.error.ShardFailure;
import io.pgplex.jdbc.transaction.ShardedTable;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What runs shard by shard outside transactions: it tells how far it is, can be stopped, and does the rest when repeated. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class MaintenanceIT {

    private static final String INDEXES =
            "SELECT coalesce(string_agg(indexrelid::regclass || CASE WHEN indisvalid THEN ''"
                    + " ELSE ' invalid' END, ', ' ORDER BY indexrelid::regclass::text), '') FROM pg_index"
                    + " WHERE indrelid = 'm'::regclass";

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void open() throws SQLException {
        connection = cluster.connect();
        run(connection, "CREATE DISTRIBUTED TABLE m (k bigint, v int) BY HASH (k)");
        for (int i = 0; i < 3; i++) {
            run(connection, "INSERT INTO m VALUES (" + table.key(i) + ", 0)");
        }
    }

    @AfterEach
    void close() throws SQLException {
        run(connection, "DROP TABLE m");
        connection.close();
        assertThat(table.prepared()).isZero();
    }

    private static List<String> warnings(Statement statement) throws SQLException {
        List<String> warnings = new ArrayList<>();
        for (SQLWarning warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
            warnings.add(String.valueOf(warning.getMessage()).replaceFirst("in [0-9]+ ms", "in - ms"));
        }
        return warnings;
    }

    private List<String> indexes() {
        return table.onServers(INDEXES);
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** What happens to a statement that waits on the second shard. */
    private interface Disturbance {
        void happen(Statement waiting) throws Exception;
    }

    private PostgresServer second() {
        return cluster.primaries().get(1);
    }

    /** Runs a statement that must wait for a writer on the second shard, disturbs it there, and returns how it failed. */
    private SQLException disturbed(String sql, int timeoutSeconds, Disturbance disturbance) throws Exception {
        try (Connection writer = second().connect(cluster.database());
                Statement statement = connection.createStatement()) {
            writer.setAutoCommit(false);
            run(writer, "UPDATE m SET v = v WHERE k = " + table.key(1));
            statement.setQueryTimeout(timeoutSeconds);
            CompletableFuture<SQLException> outcome = CompletableFuture.supplyAsync(() -> {
                try {
                    statement.execute(sql);
                    return new SQLException("it succeeded");
                } catch (SQLException e) {
                    return e;
                }
            });
            await(() -> outcome.isDone()
                    || "1"
                            .equals(second().query(
                                            cluster.database(),
                                            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")));
            disturbance.happen(statement);
            SQLException failure = outcome.get(60, TimeUnit.SECONDS);
            writer.rollback();
            return failure;
        }
    }

    private void terminate() {
        second().execute(cluster.database(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted");
    }

    private static void assertStoppedOnTheSecond(SQLException failure, String... states) {
        assertThat(failure.getSQLState()).as(failure.getMessage()).isIn((Object[]) states);
        assertThat(failure.getMessage())
                .contains("Done on shards: \"s1\"; failed on: \"s2\"; not tried: \"s3\".")
                .contains("Run the same statement again");
        assertThat(failure.getCause()).isInstanceOf(SQLException.class);
        assertThat(String.valueOf(ShardFailure.of(failure))).contains("s2");
    }

    @Test
    void tellsOfEachShard() throws SQLException {
        for (String sql : List.of(
                "VACUUM m",
                "CREATE INDEX CONCURRENTLY mi ON m (v)",
                "REINDEX INDEX CONCURRENTLY mi",
                "REINDEX TABLE CONCURRENTLY m")) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
                assertThat(warnings(statement))
                        .as(sql)
                        .containsExactly(
                                "shard \"s1\": done in - ms (1 of 3)",
                                "shard \"s2\": done in - ms (2 of 3)",
                                "shard \"s3\": done in - ms (3 of 3)");
            }
        }
        assertThat(indexes()).containsOnly("mi");
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP INDEX CONCURRENTLY mi");
            assertThat(warnings(statement)).hasSize(3).last().asString().contains("\"s1\"");
        }
        assertThat(indexes()).containsOnly("");
    }

    @Test
    void aLocalTablesMaintenanceIsTheHomeShardsAlone() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("VACUUM l");
            assertThat(warnings(statement)).isEmpty();
            statement.execute("CREATE INDEX CONCURRENTLY li ON l (v)");
            statement.execute("DROP INDEX CONCURRENTLY li");
            assertThat(warnings(statement)).isEmpty();
        }
    }

    @Test
    void aServersNoticesAreHeardOnce() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER TABLE m DROP COLUMN IF EXISTS nothing");
            assertThat(warnings(statement)).hasSize(1).first().asString().contains("does not exist, skipping");
        }
    }

    @Test
    void aUniqueBuildThatFailsOnOneShardIsFinishedByRepetition() throws SQLException {
        run(connection, "INSERT INTO m VALUES (" + table.key(1) + ", 0)");
        String sql = "CREATE UNIQUE INDEX CONCURRENTLY mu ON m (k, v)";
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> run(connection, sql))
                    .isInstanceOfSatisfying(SQLException.class, e -> assertStoppedOnTheSecond(e, "23505"));
            assertThat(indexes()).containsExactly("mu", "mu invalid", "");
        }
        run(connection, "DELETE FROM m WHERE k = " + table.key(1));
        run(connection, sql);
        assertThat(indexes()).containsOnly("mu");
        assertThatThrownBy(() -> run(connection, sql)).hasFieldOrPropertyWithValue("SQLState", "42P07");
        run(connection, sql.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"));
    }

    @Test
    void aKilledBackendLeavesAnIndexThatRepetitionMakesAnew() throws Exception {
        String sql = "CREATE INDEX CONCURRENTLY mi ON m (v)";
        assertStoppedOnTheSecond(disturbed(sql, 0, waiting -> terminate()), "57P01", "08006");
        assertThat(indexes()).containsExactly("mi", "mi invalid", "");
        run(connection, sql);
        assertThat(indexes()).containsOnly("mi");
    }

    @Test
    void whatAnInterruptedReindexLeavesGoesWithTheNext() throws Exception {
        run(connection, "CREATE INDEX mi ON m (v)");
        for (String sql : List.of("REINDEX INDEX CONCURRENTLY mi", "REINDEX (CONCURRENTLY) TABLE m")) {
            assertStoppedOnTheSecond(disturbed(sql, 0, waiting -> terminate()), "57P01", "08006");
            assertThat(indexes()).containsExactly("mi", "mi, mi_ccnew invalid", "mi");
            run(connection, sql);
            assertThat(indexes()).containsOnly("mi");
        }
    }

    @Test
    void aDropThatWasInterruptedIsFinishedByRepetition() throws Exception {
        run(connection, "CREATE INDEX mi ON m (v)");
        SQLException failure = disturbed("DROP INDEX CONCURRENTLY mi", 0, waiting -> terminate());
        assertThat(failure.getMessage()).contains("Done on shards: \"s3\"; failed on: \"s2\"; not tried: \"s1\".");
        assertThat(indexes().get(0)).isEqualTo("mi");
        assertThat(indexes().get(2)).isEmpty();
        run(connection, "DROP INDEX CONCURRENTLY mi");
        assertThat(indexes()).containsOnly("");
    }

    @Test
    void cancelAndTimeoutReachTheShardThatRuns() throws Exception {
        String sql = "CREATE INDEX CONCURRENTLY mi ON m (v)";
        assertStoppedOnTheSecond(disturbed(sql, 0, Statement::cancel), "57014");
        assertStoppedOnTheSecond(disturbed(sql, 1, waiting -> {}), "57014");
        assertThat(indexes().get(2)).isEmpty();
        run(connection, sql);
        assertThat(indexes()).containsOnly("mi");
    }

    @Test
    void cancelAndTimeoutReachADefinitionAndNothingIsLeftOfIt() throws Exception {
        String sql = "ALTER TABLE m ADD COLUMN w int";
        assertThat(disturbed(sql, 0, Statement::cancel).getSQLState()).isEqualTo("57014");
        assertThat(disturbed(sql, 1, waiting -> {}).getSQLState()).isEqualTo("57014");
        assertThat(disturbed(sql, 0, waiting -> terminate()).getSQLState()).isEqualTo("40001");
        assertThat(table.onServers(
                        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'm'::regclass AND attname = 'w'"))
                .containsOnly("0");
        assertThatThrownBy(() -> ask(connection, "SELECT w FROM m WHERE k = 1"))
                .hasFieldOrPropertyWithValue("SQLState", "42703");
        run(connection, sql);
        assertThat(ask(connection, "SELECT max(w) FROM m")).isEqualTo("null");
    }

    @Test
    void maintenanceOfTemporaryTablesIsTheSessionsOwn() throws SQLException {
        run(connection, "CREATE TEMP TABLE tmp AS SELECT 1 AS a");
        run(connection, "ANALYZE tmp");
        run(connection, "VACUUM tmp");
        run(connection, "CREATE INDEX CONCURRENTLY tmp_a ON tmp (a)");
        assertThat(ask(connection, "SELECT a FROM tmp")).isEqualTo("1");
    }

    @Test
    void partitionsOfLocalTablesAreDetachedConcurrently() throws SQLException {
        run(connection, "CREATE TABLE p (a int) PARTITION BY LIST (a)");
        run(connection, "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)");
        run(connection, "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY");
        run(connection, "DROP TABLE p, p1");
    }

    @Test
    void enumsGrowOnEveryShardAtOnce() throws SQLException {
        run(connection, "CREATE TYPE mood AS ENUM ('sad')");
        run(connection, "ALTER TABLE m ADD COLUMN mood mood");
        run(connection, "ALTER TYPE mood ADD VALUE 'happy'");
        run(connection, "UPDATE m SET mood = 'happy'");
        assertThat(ask(connection, "SELECT count(*) FROM m WHERE mood = 'happy'"))
                .isEqualTo("3");
        connection.setAutoCommit(false);
        run(connection, "ALTER TYPE mood ADD VALUE 'glad'");
        connection.rollback();
        connection.setAutoCommit(true);
        assertThat(table.onServers("SELECT count(*) FROM pg_enum")).containsOnly("2");
        run(connection, "ALTER TABLE m DROP COLUMN mood");
        run(connection, "DROP TYPE mood");
    }

    @Test
    void whatConcernsAServerIsRefused() {
        for (String sql : List.of(
                "CREATE DATABASE other",
                "DROP DATABASE IF EXISTS other",
                "ALTER SYSTEM SET work_mem = '5MB'",
                "CREATE TABLESPACE ts LOCATION '/nowhere'",
                "ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default",
                "CREATE SUBSCRIPTION s CONNECTION 'host=nowhere' PUBLICATION p")) {
            assertThatThrownBy(() -> run(connection, sql)).as(sql).hasFieldOrPropertyWithValue("SQLState", "0A000");
        }
    }
}
