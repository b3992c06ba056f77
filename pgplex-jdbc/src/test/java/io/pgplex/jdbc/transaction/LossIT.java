package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** An anchor that is cut off while it commits, and a metadata store that is gone. */
@PgplexCluster(shards = 3, links = true, exclusive = true, parameters = "arbiter=false")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class LossIT {

    private static final String OPTIONS = "&connectionTimeout=1500&maximumPoolSize=3";

    private LocalCluster cluster;
    private ShardedTable table;
    private PostgresServer anchor;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
        anchor = cluster.primaries().get(0);
    }

    @BeforeEach
    void reset() throws Exception {
        // connections that a test has cut are found out one by one
        await(() -> {
            try {
                table.reset();
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
    }

    private Connection connect(String options) throws SQLException {
        return DriverManager.getConnection(cluster.jdbcUrl() + options);
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    /** Commits over three shards; the anchor is in the middle of its COMMIT when the loss happens, and goes on after it. */
    private String commitAndLose(Runnable loss, boolean goesOnAtOnce, String... before) throws Exception {
        anchor.execute(
                cluster.database(),
                "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END$$",
                "CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW EXECUTE FUNCTION wait()");
        try (Connection blocker = anchor.connect(cluster.database());
                Connection connection = connect(OPTIONS)) {
            run(blocker, "SELECT pg_advisory_lock(4711)");
            connection.setAutoCommit(false);
            for (int i = 0; i < 3; i++) {
                table.set(connection, i, 5);
            }
            for (String sql : before) {
                run(connection, sql);
            }
            CompletableFuture<String> commit = CompletableFuture.supplyAsync(() -> {
                try {
                    connection.commit();
                    return "committed";
                } catch (SQLException e) {
                    return e.getSQLState();
                }
            });
            await(() -> ask(blocker, "SELECT count(*) FROM pg_locks WHERE objid = 4711 AND NOT granted")
                    .equals("1"));
            loss.run();
            if (goesOnAtOnce) {
                run(blocker, "SELECT pg_advisory_unlock(4711)");
            }
            return commit.get(60, TimeUnit.SECONDS);
        } finally {
            anchor.link().heal();
            anchor.execute(cluster.database(), "DROP TRIGGER wait ON t");
        }
    }

    @Test
    void aCommitWhoseAnswerIsLostReturnsWhenTheAnchorHasCommitted() throws Exception {
        assertThat(commitAndLose(anchor.link()::cut, true)).isEqualTo("committed");
        assertThat(table.values("t")).containsOnly("5");
        assertThat(table.prepared()).isZero();
    }

    @Test
    void onlyAnAnchorThatStaysAwayLeavesTheOutcomeUnknownAndRecoverSettlesIt() throws Exception {
        assertThat(commitAndLose(anchor.link()::cutOff, false)).isEqualTo("08007");
        // the pool has long tried in vain, and now tries seldom
        await(() -> {
            try (Connection again = connect(OPTIONS)) {
                return ask(again, "SELECT count(*) FROM t").equals("3");
            } catch (SQLException e) {
                return false;
            }
        });
        assertThat(table.prepared()).isEqualTo(2);
        await(() -> {
            try (Connection connection = connect("")) {
                run(connection, "RECOVER CLUSTER");
            }
            return table.prepared() == 0;
        });
        assertThat(table.values("t")).containsOnly("5");
    }

    @Test
    void aTableWhoseMetadataIsLostAfterTheCommitIsNeverTakenForALocalOne() throws Exception {
        try {
            String outcome = commitAndLose(
                    cluster.etcd()::kill, true, "CREATE DISTRIBUTED TABLE late (id bigint PRIMARY KEY) BY HASH (id)");
            assertThat(outcome).isEqualTo("08007");
        } finally {
            cluster.etcd().start();
        }
        try (Connection connection = connect("")) {
            assertThatThrownBy(() -> run(connection, "INSERT INTO late VALUES (1)"))
                    .as("announced, not local")
                    .isInstanceOf(SQLException.class);
        }
        await(() -> {
            try (Connection connection = connect("")) {
                run(connection, "RECOVER CLUSTER");
                run(connection, "INSERT INTO late VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)");
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        try (Connection connection = connect("")) {
            assertThat(ask(connection, "SELECT count(*) FROM late")).isEqualTo("9");
            assertThat(ask(connection, "/*!pgplex shard=s1 */ SELECT count(*) FROM late"))
                    .isNotEqualTo("9");
            run(connection, "DROP TABLE late");
        }
    }

    @Test
    void writesStopWhileTheStoreIsLostWhereTheyAreToldTo() throws Exception {
        try (Connection careful = connect("&etcdLoss=read-only");
                Connection other = connect("&etcdLoss=continue")) {
            table.set(careful, 1, 1);
            cluster.etcd().kill();
            await(() -> state(careful).equals("25006"));
            assertThatThrownBy(() -> run(careful, "UPDATE t SET v = 9"))
                    .hasFieldOrPropertyWithValue("SQLState", "25006");
            assertThatThrownBy(() -> ask(careful, "SELECT lo_create(0)"))
                    .hasFieldOrPropertyWithValue("SQLState", "25006");
            assertThat(ask(careful, "SELECT count(*) FROM t")).isEqualTo("3");
            run(other, "UPDATE t SET v = 7");
            assertThat(ask(careful, "SELECT sum(v) FROM t")).isEqualTo("21");
            cluster.etcd().start();
            await(() -> state(careful).isEmpty());
            assertThat(table.values("t")).containsExactly("7", "2", "7");
        }
    }

    @Test
    void recoverWithdrawsATableThatWasAnnouncedAndNeverCreated() throws Exception {
        PostgresServer last = cluster.primaries().get(2);
        try (Connection blocker = last.connect(cluster.database());
                Connection connection = connect("&etcdTimeoutMillis=500")) {
            blocker.setAutoCommit(false);
            run(blocker, "LOCK TABLE r IN ACCESS EXCLUSIVE MODE");
            CompletableFuture<String> creation = CompletableFuture.supplyAsync(() -> {
                try {
                    run(connection, "CREATE REPLICATED TABLE never (k bigint PRIMARY KEY REFERENCES r)");
                    return "created";
                } catch (SQLException e) {
                    return e.getSQLState();
                }
            });
            await(() -> "1".equals(last.query(cluster.database(), "SELECT count(*) FROM pg_locks WHERE NOT granted")));
            cluster.etcd().kill();
            last.execute(cluster.database(), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted");
            assertThat(creation.get(60, TimeUnit.SECONDS)).isEqualTo("40001");
            blocker.rollback();
        } finally {
            cluster.etcd().start();
        }
        await(() -> {
            try (Connection connection = connect("")) {
                return ask(connection, "RECOVER CLUSTER").equals("no row"); // nothing is left
            } catch (SQLException e) {
                return false;
            }
        });
        try (Connection connection = connect("")) {
            run(connection, "CREATE REPLICATED TABLE never (k bigint PRIMARY KEY REFERENCES r)");
            run(connection, "DROP TABLE never");
        }
    }

    private String state(Connection connection) {
        try {
            table.set(connection, 1, 2);
            return "";
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }
}
