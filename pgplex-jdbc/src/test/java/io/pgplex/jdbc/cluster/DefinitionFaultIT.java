package io.pgplex.jdbc.cluster;

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
import java.sql.SQLException;
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

/** Definitions that fail on one shard, or whose client is gone: tables and metadata are everywhere or nowhere. */
@PgplexCluster(shards = 3, links = true, exclusive = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class DefinitionFaultIT {

    private static final String CATALOG = "SELECT string_agg(c.relname || ':' || c.relkind::text || '(' || coalesce(("
            + "SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute"
            + " WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), '') || ')', ' ' ORDER BY c.relname)"
            + " FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'i')"
            + " AND relname NOT LIKE 'l%' AND relname NOT LIKE 'obstacle%'";

    private static final String METADATA =
            "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY tablename)" + " FROM pg_distributed_tables";

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void open() throws Exception {
        // connections that a test has cut are found out one by one
        await(() -> {
            try {
                table.reset();
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        try (Connection c = cluster.connect()) {
            run(c, "CREATE DISTRIBUTED TABLE old (k bigint PRIMARY KEY, v int) BY HASH (k)");
            run(c, "CREATE VIEW seen AS SELECT k FROM old");
        }
        connection = DriverManager.getConnection(
                cluster.jdbcUrl() + "&connectionTimeout=1500&maximumPoolSize=3&etcdTimeoutMillis=1000");
        // its pools, which the last test has cut off, too
        await(() -> {
            try {
                run(connection, "UPDATE t SET v = v");
                run(connection, "UPDATE l SET v = v");
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    @AfterEach
    void close() throws Exception {
        connection.close();
        await(() -> {
            try (Connection c = cluster.connect()) {
                for (String sql : List.of(
                        "DROP VIEW IF EXISTS seen",
                        "DROP TABLE IF EXISTS old",
                        "DROP TABLE IF EXISTS fresh",
                        "DROP TABLE IF EXISTS copies",
                        "ALTER TABLE t DROP COLUMN IF EXISTS w",
                        "DROP INDEX IF EXISTS tv")) {
                    run(c, sql);
                }
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        assertThat(table.prepared()).isZero();
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    private PostgresServer server(int shard) {
        return cluster.primaries().get(shard);
    }

    /** What there is: the servers' catalogs, which must be alike, the metadata as another client sees them, and rows of t. */
    private List<String> state() throws SQLException {
        List<String> catalogs = table.onServers(CATALOG);
        assertThat(catalogs).containsOnly(catalogs.get(0));
        try (Connection other = cluster.connect()) {
            List<String> state = new ArrayList<>(List.of(catalogs.get(0), ask(other, METADATA)));
            state.add(ask(other, "SELECT sum(v) FROM t"));
            return state;
        }
    }

    private static final List<String> DEFINITIONS = List.of(
            "CREATE DISTRIBUTED TABLE fresh (k bigint PRIMARY KEY, v int) BY HASH (k)",
            "CREATE REPLICATED TABLE copies (k bigint PRIMARY KEY)",
            "ALTER TABLE t ADD COLUMN w int",
            "CREATE INDEX tv ON t (v)",
            "DROP VIEW seen",
            "DROP TABLE old",
            "UPDATE t SET v = 5");

    /** What stands in the way of each definition on the third shard alone, and how it goes away. */
    private record Obstacle(String definition, String state, String there, String gone) {}

    private static final List<Obstacle> OBSTACLES = List.of(
            new Obstacle(
                    "CREATE DISTRIBUTED TABLE fresh (k bigint PRIMARY KEY, v int) BY HASH (k)",
                    "42P07",
                    "CREATE VIEW obstacle AS SELECT 1; ALTER VIEW obstacle RENAME TO fresh",
                    "DROP VIEW fresh"),
            new Obstacle(
                    "CREATE REPLICATED TABLE copies (k bigint PRIMARY KEY)",
                    "42P07",
                    "CREATE VIEW obstacle AS SELECT 1; ALTER VIEW obstacle RENAME TO copies",
                    "DROP VIEW copies"),
            new Obstacle(
                    "ALTER TABLE t ADD COLUMN w int",
                    "42701",
                    "ALTER TABLE t ADD COLUMN w int",
                    "ALTER TABLE t DROP COLUMN w"),
            new Obstacle("CREATE INDEX tv ON t (v)", "42P07", "CREATE INDEX tv ON t (v)", "DROP INDEX tv"),
            new Obstacle(
                    "DROP TABLE old",
                    "2BP01",
                    "DROP VIEW seen; CREATE VIEW obstacle AS SELECT 1 FROM old; CREATE VIEW seen AS SELECT k FROM old",
                    "DROP VIEW obstacle"),
            new Obstacle(
                    "ALTER TABLE old RENAME TO older", "42P07", "CREATE VIEW older AS SELECT 1", "DROP VIEW older"));

    @Test
    void aStatementThatFailsOnOneShardLeavesNothingAnywhere() throws SQLException {
        List<String> before = state();
        for (Obstacle obstacle : OBSTACLES) {
            for (boolean several : List.of(false, true)) {
                server(2).execute(cluster.database(), obstacle.there().split("; "));
                connection.setAutoCommit(!several);
                if (several) {
                    run(connection, "UPDATE t SET v = 7");
                    run(connection, "CREATE DISTRIBUTED TABLE beside (k bigint PRIMARY KEY) BY HASH (k)");
                    run(connection, "INSERT INTO beside VALUES (1), (2), (3), (4), (5), (6)");
                }
                if (obstacle.definition().startsWith("DROP TABLE")) {
                    connection.setAutoCommit(false);
                    run(connection, "DROP VIEW seen");
                }
                assertThatThrownBy(() -> run(connection, obstacle.definition()))
                        .as(obstacle.definition())
                        .hasFieldOrPropertyWithValue("SQLState", obstacle.state());
                if (!connection.getAutoCommit()) {
                    assertThatThrownBy(connection::commit).hasFieldOrPropertyWithValue("SQLState", "25P02");
                    connection.rollback();
                }
                server(2).execute(cluster.database(), obstacle.gone());
                connection.setAutoCommit(true);
                assertThat(state()).as(obstacle.definition()).isEqualTo(before);
            }
        }
        for (String definition : DEFINITIONS) {
            run(connection, definition);
        }
        assertThat(state()).isNotEqualTo(before).last().isEqualTo("15");
    }

    /**
     * Runs all definitions in one transaction, whose anchor is stopped in the middle of its commit, cuts the client off from
     * every server, and settles what is left with another one.
     */
    private List<String> clientIsGoneDuringCommit(boolean anchorCommits) throws Exception {
        server(0)
                .execute(
                        cluster.database(),
                        "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                                + " $$BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END$$",
                        "CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON l DEFERRABLE INITIALLY DEFERRED"
                                + " FOR EACH ROW EXECUTE FUNCTION wait()");
        try (Connection blocker = server(0).connect(cluster.database())) {
            run(blocker, "SELECT pg_advisory_lock(4711)");
            connection.setAutoCommit(false);
            run(connection, "UPDATE l SET v = 1");
            for (String definition : DEFINITIONS) {
                run(connection, definition);
            }
            CompletableFuture<String> commit = CompletableFuture.supplyAsync(() -> {
                try {
                    connection.commit();
                    return "committed";
                } catch (SQLException e) {
                    return String.valueOf(e.getSQLState());
                }
            });
            await(() -> ask(blocker, "SELECT count(*) FROM pg_locks WHERE objid = 4711 AND NOT granted")
                    .equals("1"));
            assertThat(table.prepared()).isEqualTo(2);
            cluster.primaries().forEach(server -> server.link().cutOff());
            if (!anchorCommits) {
                run(
                        blocker,
                        "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE objid = 4711 AND NOT granted");
            }
            run(blocker, "SELECT pg_advisory_unlock(4711)");
            assertThat(commit.get(120, TimeUnit.SECONDS)).isEqualTo("08007");
        } finally {
            cluster.primaries().forEach(server -> server.link().heal());
        }
        await(() -> {
            try (Connection other = cluster.connect()) {
                run(other, "RECOVER CLUSTER");
                return table.prepared() == 0;
            } catch (SQLException e) {
                return false;
            }
        });
        server(0).execute(cluster.database(), "DROP TRIGGER wait ON l");
        return state();
    }

    @Test
    void aClientThatIsGoneBeforeTheCommitPointLeavesNothing() throws Exception {
        List<String> before = state();
        assertThat(clientIsGoneDuringCommit(false)).isEqualTo(before);
        try (Connection other = cluster.connect()) {
            for (String definition : DEFINITIONS) {
                run(other, definition);
            }
        }
        assertThat(state()).isNotEqualTo(before);
    }

    @Test
    void aClientThatIsGoneAfterTheCommitPointLeavesAllOfIt() throws Exception {
        List<String> before = state();
        List<String> after = clientIsGoneDuringCommit(true);
        assertThat(after).isNotEqualTo(before);
        assertThat(after.get(0))
                .contains("fresh:r(k,v)", "copies:r(k)", "t:r(k,v,w)", "tv:i")
                .doesNotContain("old", "seen");
        assertThat(after.get(1)).contains("public.fresh", "public.copies").doesNotContain("public.old");
        assertThat(after.get(2)).isEqualTo("15");
        try (Connection other = cluster.connect()) {
            run(other, "INSERT INTO fresh VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)");
            run(other, "UPDATE t SET w = 3");
            assertThat(ask(other, "SELECT sum(w) FROM t")).isEqualTo("9");
            assertThat(ask(other, "SELECT count(*) FROM fresh")).isEqualTo("6");
        }
    }

    @Test
    void otherClientsNeverSeeAHalf() throws Exception {
        CompletableFuture<List<String>> observer;
        try (Connection other = cluster.connect()) {
            CompletableFuture<Boolean> stop = new CompletableFuture<>();
            observer = CompletableFuture.supplyAsync(() -> {
                List<String> wrong = new ArrayList<>();
                for (int i = 0; !stop.isDone() && i < 1_000_000; i++) {
                    try {
                        String rows = ask(other, "SELECT count(*) FROM fresh");
                        if (!rows.equals("6")) {
                            wrong.add(rows);
                        }
                    } catch (SQLException e) {
                        if (!List.of("42P01", "55000").contains(String.valueOf(e.getSQLState()))) {
                            wrong.add(e.getSQLState() + " " + e.getMessage());
                        }
                    }
                }
                return wrong;
            });
            try {
                for (int i = 0; i < 15; i++) {
                    connection.setAutoCommit(false);
                    run(connection, "CREATE DISTRIBUTED TABLE fresh (k bigint PRIMARY KEY, v int) BY HASH (k)");
                    run(connection, "INSERT INTO fresh VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)");
                    connection.commit();
                    run(connection, "DROP TABLE fresh");
                    connection.commit();
                }
            } finally {
                stop.complete(true);
            }
            assertThat(observer.get(60, TimeUnit.SECONDS)).isEmpty();
        }
        connection.setAutoCommit(true);
    }

    @Test
    void whoeverWaitsForANameAnnouncesItForHimself() throws Exception {
        try (Connection rival = cluster.connect()) {
            connection.setAutoCommit(false);
            run(connection, "CREATE DISTRIBUTED TABLE fresh (k bigint PRIMARY KEY, v int) BY HASH (k)");
            rival.setAutoCommit(false);
            CompletableFuture<String> creation = CompletableFuture.supplyAsync(() -> {
                try {
                    run(rival, "CREATE REPLICATED TABLE fresh (k bigint PRIMARY KEY)");
                    return "created";
                } catch (SQLException e) {
                    return e.getSQLState() + e.getMessage();
                }
            });
            await(() -> creation.isDone()
                    || !"0"
                            .equals(server(0)
                                    .query(cluster.database(), "SELECT count(*) FROM pg_locks WHERE NOT granted")));
            connection.rollback();
            String outcome = creation.get(60, TimeUnit.SECONDS);
            if (outcome.equals("created")) {
                try (Connection other = cluster.connect()) {
                    assertThatThrownBy(() -> run(other, "INSERT INTO fresh VALUES (1)"))
                            .hasFieldOrPropertyWithValue("SQLState", "55000");
                }
                rival.commit();
                // which has a map of its own, and hears of it a moment later
                await(() -> {
                    try {
                        run(connection, "INSERT INTO fresh VALUES (1)");
                        return true;
                    } catch (SQLException e) {
                        assertThat(e.getSQLState()).isEqualTo("55000");
                        connection.rollback();
                        return false;
                    }
                });
                connection.commit();
                assertThat(table.onServers("SELECT count(*) FROM fresh")).containsOnly("1");
            } else {
                assertThat(outcome).startsWith("55000");
            }
        }
    }
}
