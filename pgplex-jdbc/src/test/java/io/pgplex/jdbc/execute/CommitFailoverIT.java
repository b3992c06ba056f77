package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.FailingCluster.ask;
import static io.pgplex.jdbc.execute.FailingCluster.await;
import static io.pgplex.jdbc.execute.FailingCluster.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.ProtocolWatch;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A commit on one shard whose answer is lost: what the application is told is what has happened. */
@Timeout(120)
class CommitFailoverIT {

    private static final String COMMITTED = "committed";

    /** What is done to the servers while a message of the commit is held. */
    private interface Loss {
        void happen(FailingCluster cluster);
    }

    private static ProtocolWatch watch(FailingCluster cluster) {
        return cluster.leader("s2").link().protocol();
    }

    /** Writes on the second shard and commits; what the application was told. */
    private static String commit(Connection connection, FailingCluster cluster, String... before) {
        try {
            connection.setAutoCommit(false);
            for (String sql : before) {
                run(connection, sql);
            }
            run(connection, "UPDATE t SET v = 7 WHERE k = " + cluster.key("s2"));
            connection.commit();
            return COMMITTED;
        } catch (SQLException e) {
            return e.getSQLState() + " " + e.getMessage();
        }
    }

    private static String commitBefore(FailingCluster cluster, Loss loss) throws Exception {
        try (Connection connection = cluster.connect("")) {
            PostgresServer old = cluster.leader("s2");
            CompletableFuture<Void> lost = old.link().protocol().before("COMMIT", () -> {
                loss.happen(cluster);
                old.link().cut();
            });
            String told = commit(connection, cluster);
            lost.get(30, TimeUnit.SECONDS);
            assertUsable(connection);
            return told;
        }
    }

    private static String commitAfter(FailingCluster cluster, Loss loss, String... before) throws Exception {
        try (Connection connection = cluster.connect("")) {
            PostgresServer old = cluster.leader("s2");
            CompletableFuture<Void> lost = old.link().protocol().after("COMMIT", () -> {
                loss.happen(cluster);
                old.link().cut();
            });
            String told = commit(connection, cluster, before);
            lost.get(30, TimeUnit.SECONDS);
            assertUsable(connection);
            return told;
        }
    }

    private static void assertUsable(Connection connection) throws SQLException {
        connection.rollback();
        run(connection, "INSERT INTO r VALUES (1, 1)");
        connection.rollback();
    }

    @Test
    void aCommitThatTheStandbyHasIsCommitted() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true)) {
            assertThat(commitAfter(cluster, lost -> lost.failOver("s2"))).isEqualTo(COMMITTED);
            assertThat(cluster.value("s2")).isEqualTo("7");
        }
    }

    @Test
    void aCommitThatNeverArrivedIsRolledBack() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true)) {
            assertThat(commitBefore(cluster, lost -> lost.failOver("s2")))
                    .startsWith("40001")
                    .contains("s2");
            assertThat(cluster.value("s2")).isEqualTo("0");
        }
    }

    @Test
    void aCommitThatNeverArrivedAtAServerThatGoesOnIsRolledBack() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true)) {
            assertThat(commitBefore(cluster, lost -> {})).startsWith("40001");
            assertThat(cluster.value("s2")).isEqualTo("0");
        }
    }

    @Test
    void aCommitWhoseServerGoesOnIsCommitted() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true)) {
            assertThat(commitAfter(cluster, lost -> {})).isEqualTo(COMMITTED);
            assertThat(cluster.value("s2")).isEqualTo("7");
        }
    }

    @Test
    void aCommitThatTheStandbyHasNotIsRolledBackThoughItsNumberIsAnothersThere() throws Exception {
        try (FailingCluster cluster = new FailingCluster(false)) {
            PostgresServer standby = cluster.standby("s2");
            standby.awaitReplay(cluster.leader("s2"));
            standby.stop();
            String told = commitAfter(cluster, lost -> {
                String xid = ask(lost.leader("s2"), "SELECT xmin FROM t WHERE k = " + lost.key("s2"));
                lost.leader("s2").kill();
                standby.start();
                standby.promote();
                // until one of them has the number of the transaction that is lost
                await(() -> {
                    run(standby, "CREATE TABLE another (i int)", "DROP TABLE another");
                    return Long.parseLong(ask(standby, "SELECT pg_snapshot_xmin(pg_current_snapshot())"))
                            > Long.parseLong(xid) + 1;
                });
                assertThat(ask(standby, "SELECT pg_xact_status('" + xid + "'::xid8)"))
                        .as("what its number says there")
                        .isEqualTo("committed");
                lost.lead("s2", standby);
            });
            assertThat(told).startsWith("40001");
            assertThat(cluster.value("s2")).isEqualTo("0");
        }
    }

    @Test
    void aCommitThatWaitsForAStandbyIsToldTruthfullyAfterAFailover() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true);
                Connection connection = cluster.connect("")) {
            PostgresServer old = cluster.leader("s2");
            PostgresServer standby = cluster.standby("s2");
            CompletableFuture<Void> paused = watch(cluster).before("COMMIT", standby::pause);
            CompletableFuture<String> told = CompletableFuture.supplyAsync(() -> commit(connection, cluster));
            paused.get(30, TimeUnit.SECONDS);
            awaitSyncRep(old);
            old.kill();
            standby.resume();
            standby.promote();
            cluster.lead("s2", standby);
            old.link().cut();
            boolean committed = told.get(60, TimeUnit.SECONDS).equals(COMMITTED);
            assertThat(cluster.value("s2")).as(told.get()).isEqualTo(committed ? "7" : "0");
            assertThat(told.get()).matches(committed ? COMMITTED : "(?s)40001.*");
        }
    }

    private static void awaitSyncRep(PostgresServer server) {
        await(() -> ask(server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                .equals("1"));
    }

    @Test
    void aCommitThatWaitsForAStandbyIsWaitedForAndNotCutShort() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true);
                Connection connection = cluster.connect("")) {
            PostgresServer old = cluster.leader("s2");
            PostgresServer standby = cluster.standby("s2");
            CompletableFuture<Void> paused = watch(cluster).before("COMMIT", standby::pause);
            CompletableFuture<String> told = CompletableFuture.supplyAsync(() -> commit(connection, cluster));
            paused.get(30, TimeUnit.SECONDS);
            awaitSyncRep(old);
            old.link().cut();
            // asked for at least twice, and still waiting
            await(() -> Integer.parseInt(ask(
                            old,
                            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ada'"
                                    + " AND query LIKE '%pg_terminate_backend%'"))
                    >= 1);
            awaitSyncRep(old);
            assertThat(told).isNotDone();
            standby.resume();
            assertThat(told.get(60, TimeUnit.SECONDS)).isEqualTo(COMMITTED);
            assertThat(cluster.value("s2")).isEqualTo("7");
        }
    }

    @Test
    void aCommitIsFoundAfterACrashOfItsServer() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true)) {
            String told = commitAfter(cluster, lost -> {
                lost.leader("s2").kill();
                lost.leader("s2").start();
            });
            assertThat(told).isEqualTo(COMMITTED);
            assertThat(cluster.value("s2")).isEqualTo("7");
        }
    }

    @Test
    void aCommitThatACrashHasLostIsRolledBackThoughItsNumberIsAnothersNow() throws Exception {
        try (FailingCluster cluster = new FailingCluster(false)) {
            PostgresServer server = cluster.leader("s2");
            // nothing is written that is not asked for
            server.execute("postgres", "ALTER SYSTEM SET wal_writer_delay = '10s'", "SELECT pg_reload_conf()");
            String[] xid = new String[1];
            String told = commitAfter(
                    cluster,
                    lost -> {
                        xid[0] = ask(server, "SELECT xmin FROM t WHERE k = " + lost.key("s2"));
                        server.kill();
                        server.link().refuse();
                        server.start();
                        for (int i = 0; i < 20; i++) {
                            run(server, "CREATE TABLE another (i int)", "DROP TABLE another");
                        }
                        server.link().heal();
                    },
                    "SET LOCAL synchronous_commit = off");
            if (told.equals(COMMITTED)) {
                assertThat(cluster.value("s2")).isEqualTo("7");
            } else {
                assertThat(told).startsWith("40001");
                assertThat(cluster.value("s2")).isEqualTo("0");
                assertThat(ask(server, "SELECT pg_xact_status('" + xid[0] + "'::xid8)"))
                        .isEqualTo("committed");
            }
        }
    }

    @Test
    void aCommitOverShardsIsSettledByItsRecordOnThePromotedAnchor() throws Exception {
        for (boolean arrives : new boolean[] {true, false}) {
            try (FailingCluster cluster = new FailingCluster(true);
                    Connection connection = cluster.connect("")) {
                PostgresServer anchor = cluster.leader("s1");
                Runnable loss = () -> {
                    cluster.failOver("s1");
                    anchor.link().cut();
                };
                CompletableFuture<Void> lost = arrives
                        ? anchor.link().protocol().after("COMMIT", loss)
                        : anchor.link().protocol().before("INSERT INTO pgplex.commit_record", loss);
                String told = commit(connection, cluster, "UPDATE t SET v = 7 WHERE k = " + cluster.key("s1"));
                lost.get(30, TimeUnit.SECONDS);
                assertThat(told).startsWith(arrives ? COMMITTED : "40001");
                for (String shard : new String[] {"s1", "s2"}) {
                    assertThat(cluster.value(shard)).isEqualTo(arrives ? "7" : "0");
                    assertThat(ask(cluster.leader(shard), "SELECT count(*) FROM pg_prepared_xacts"))
                            .isEqualTo("0");
                }
            }
        }
    }

    @Test
    void aParticipantThatIsPromotedAfterItHasPreparedCommits() throws Exception {
        try (FailingCluster cluster = new FailingCluster(true);
                Connection connection = cluster.connect("")) {
            PostgresServer participant = cluster.leader("s2");
            CompletableFuture<Void> lost = watch(cluster).before("COMMIT PREPARED", () -> {
                cluster.failOver("s2");
                participant.link().cut();
            });
            String told = commit(connection, cluster, "UPDATE t SET v = 7 WHERE k = " + cluster.key("s1"));
            lost.get(30, TimeUnit.SECONDS);
            assertThat(told).isEqualTo(COMMITTED);
            assertThat(cluster.value("s1")).isEqualTo("7");
            assertThat(cluster.value("s2")).isEqualTo("7");
            assertThat(ask(cluster.leader("s2"), "SELECT count(*) FROM pg_prepared_xacts"))
                    .isEqualTo("0");
        }
    }
}
