package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.jdbc.error.CommitFailure;
import io.pgplex.jdbc.error.ShardFailure;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.ProtocolWatch;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.postgresql.util.PSQLException;

/** What stands in a commit's way beside the faults of CommitFaultIT: settings, threads, rivals that recover, a slow server. */
@PgplexCluster(shards = 3, links = true, etcd = false, exclusive = true, parameters = "arbiter=false")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class CommitLossIT {

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void connect() throws Exception {
        // connections that a test has cut are found out one by one
        await(() -> {
            try {
                table.reset();
                return true;
            } catch (SQLException e) {
                return false;
            }
        });
        connection = DriverManager.getConnection(cluster.jdbcUrl());
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        for (PostgresServer server : cluster.primaries()) {
            server.link().protocol().clear();
            server.link().heal();
        }
    }

    private PostgresServer server(int shard) {
        return cluster.primaries().get(shard);
    }

    private ProtocolWatch watch(int shard) {
        return server(shard).link().protocol();
    }

    /** Opens a transaction that writes 5 on the first shards. */
    private void write(int shards) throws SQLException {
        connection.setAutoCommit(false);
        for (int shard = 0; shard < shards; shard++) {
            table.set(connection, shard, 5);
        }
    }

    /** Commits on the calling thread: "committed", or the SQLState. */
    private String commit() {
        try {
            connection.commit();
            return "committed";
        } catch (SQLException e) {
            return e.getSQLState();
        }
    }

    private SQLException failedCommit() {
        return catchThrowableOfType(SQLException.class, () -> connection.commit());
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    /** The same for an action, which cannot throw; a failure shows in the future that the action belongs to. */
    private static void awaitUnchecked(Callable<Boolean> condition) {
        try {
            await(condition);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private String onServer(int shard, String sql) {
        return String.valueOf(server(shard).query(cluster.database(), sql));
    }

    private void assertRolledBack() {
        assertThat(table.values("t")).containsOnly("0");
        assertThat(table.prepared()).isZero();
    }

    private void assertCommitted() {
        assertThat(table.values("t")).containsOnly("5");
        assertThat(table.prepared()).isZero();
    }

    // ---- what the server does without its client

    @Test
    void aPrepareThatIsStillAtWorkWhenItsClientIsLostIsEndedBeforeItIsUndone() throws Exception {
        write(3);
        try (Connection snapshot = server(1).connect(cluster.database())) {
            run(snapshot, "SELECT pg_advisory_lock(1885827180, 1)");
            CompletableFuture<String> commit = CompletableFuture.supplyAsync(this::commit);
            String waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            await(() -> ask(snapshot, waiting).equals("1"));
            server(1).link().loseClients();
            assertThat(commit.get(30, TimeUnit.SECONDS)).isEqualTo("40001");
            assertThat(ask(snapshot, waiting))
                    .as("nobody is left who could prepare")
                    .isEqualTo("0");
        }
        assertRolledBack();
    }

    @Test
    void theAnchorsCommitIsOnDiskBeforeTheOthersCommitWhateverSynchronousCommitSays() throws Exception {
        run(connection, "SET synchronous_commit TO off");
        write(3);
        CompletableFuture<Void> kill = watch(0).after("COMMIT", () -> {
            server(0).kill();
            server(0).link().cut();
            server(0).start();
        });
        assertThat(commit()).isEqualTo("committed");
        kill.get(30, TimeUnit.SECONDS);
        assertCommitted();
    }

    // ---- rivals

    @Test
    void aRecoveryThatWasFasterMakesTheCommitARollback() throws Exception {
        write(3);
        CompletableFuture<Void> settled = watch(0).before("INSERT INTO pgplex.commit_record", () -> {
            String gtxid = onServer(1, "SELECT gtxid FROM pgplex.in_doubt");
            server(0).execute(cluster.database(), CommitSql.settle(gtxid));
        });
        SQLException failure = failedCommit();
        settled.get(5, TimeUnit.SECONDS);
        assertThat((Throwable) failure)
                .hasFieldOrPropertyWithValue("SQLState", "40001")
                .hasMessageContaining("recovery");
        assertThat(onServer(
                        0,
                        "SELECT state FROM pgplex.commit_record WHERE gtxid = '"
                                + CommitFailure.of(failure).gtxid() + "'"))
                .isEqualTo("aborted");
        assertRolledBack();
    }

    @Test
    void aCommitThatWasRecoveredAndForgottenBeforeItsAnswerCameIsACommit() throws Exception {
        String aborted = onServer(0, "SELECT count(*) FROM pgplex.commit_record WHERE state = 'aborted'");
        write(3);
        CompletableFuture<Void> recovered = watch(0).after("COMMIT", () -> {
            awaitUnchecked(() -> {
                try (Connection other = cluster.connect()) {
                    run(other, "RECOVER CLUSTER");
                }
                return table.prepared() == 0
                        && onServer(0, "SELECT count(*) FROM pgplex.commit_record WHERE state = 'committed'")
                                .equals("0");
            });
            server(0).link().cut();
        });
        assertThat(commit()).isEqualTo("committed");
        recovered.get(5, TimeUnit.SECONDS);
        assertCommitted();
        assertThat(onServer(0, "SELECT count(*) FROM pgplex.commit_record WHERE state = 'aborted'"))
                .as("no record that says otherwise")
                .isEqualTo(aborted);
    }

    // ---- the application's settings and threads

    @Test
    void aRoleThatEndsWithThePrepareDoesNotLeaveItBehind() throws Exception {
        for (PostgresServer server : cluster.primaries()) {
            server.execute(
                    cluster.database(),
                    "CREATE ROLE boss",
                    "CREATE ROLE clerk LOGIN IN ROLE boss",
                    "GRANT SELECT, UPDATE ON t TO boss");
        }
        connection.close();
        connection = DriverManager.getConnection(cluster.jdbcUrl().replace("user=postgres", "user=clerk"));
        connection.setAutoCommit(false);
        run(connection, "SET LOCAL ROLE boss");
        write(3);
        assertThat(commit()).isEqualTo("committed");
        assertCommitted();
        assertThat(ask(connection, "SELECT current_user")).isEqualTo("clerk");
    }

    @Test
    void anAnchorThatGetsTiredOfWaitingRollsAllBack() throws Exception {
        run(connection, "SET idle_in_transaction_session_timeout TO '200ms'");
        write(3);
        CompletableFuture<Void> tired = watch(1).before(
                        "PREPARE TRANSACTION",
                        () -> awaitUnchecked(() -> onServer(
                                        0, "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
                                .equals("0")));
        assertThat(commit()).isEqualTo("40001");
        tired.get(5, TimeUnit.SECONDS);
        assertRolledBack();
    }

    @Test
    void anInterruptNeitherStopsACommitNorIsLost() throws Exception {
        write(3);
        Thread thread = Thread.currentThread();
        CompletableFuture<Void> interrupted = watch(0).after("COMMIT", () -> {
            thread.interrupt();
            server(0).link().cut();
        });
        assertThat(commit()).isEqualTo("committed");
        assertThat(Thread.interrupted()).isTrue();
        interrupted.get(5, TimeUnit.SECONDS);
        assertCommitted();
    }

    @Test
    void aNetworkTimeoutIsFollowedByTheQuestionHowItEnded() throws Exception {
        write(3);
        connection.setNetworkTimeout(Runnable::run, 500);
        CountDownLatch asked = new CountDownLatch(1);
        watch(0).before("ON CONFLICT (gtxid)", asked::countDown);
        CompletableFuture<Void> slow = watch(0).after("COMMIT", () -> awaitUnchecked(() -> asked.getCount() == 0));
        assertThat(commit()).isEqualTo("committed");
        slow.get(5, TimeUnit.SECONDS);
        assertCommitted();
    }

    @Test
    void aConnectionThatIsAbortedWhileItCommitsTellsTheTruth() throws Exception {
        write(3);
        CompletableFuture<Void> aborted = watch(0).after(
                        "COMMIT",
                        () -> awaitUnchecked(() -> {
                            connection.abort(Runnable::run);
                            return true;
                        }));
        try (Connection keepsTheClusterOpen = cluster.connect()) {
            assertThat(commit()).isEqualTo("committed");
            assertThat(keepsTheClusterOpen.isClosed()).isFalse();
        }
        aborted.get(5, TimeUnit.SECONDS);
        assertCommitted();
    }

    @Test
    void aConnectionThatIsClosedWhileItCommitsWaitsForTheCommit() throws Exception {
        write(3);
        CompletableFuture<Void> closing = new CompletableFuture<>();
        CompletableFuture<Void> closed = watch(1).after("PREPARE TRANSACTION", () -> {
            Thread closer = new Thread(() -> {
                try {
                    connection.close();
                    closing.complete(null);
                } catch (SQLException e) {
                    closing.completeExceptionally(e);
                }
            });
            closer.start();
            awaitUnchecked(connection::isClosed);
        });
        assertThat(commit()).isEqualTo("committed");
        closed.get(5, TimeUnit.SECONDS);
        closing.get(30, TimeUnit.SECONDS);
        assertCommitted();
    }

    // ---- errors of the servers themselves

    /** Has a server do something when it commits, or prepares, a transaction that has updated t; until the test ends. */
    private void deferred(int shard, String action) {
        server(shard)
                .execute(
                        cluster.database(),
                        "CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + action
                                + "; RETURN NULL; END$$",
                        "CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                                + " FOR EACH ROW EXECUTE FUNCTION at_commit()");
    }

    @AfterEach
    void forgetDeferred() {
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), "DROP TRIGGER IF EXISTS at_commit ON t");
        }
    }

    private void refusedBy(int shard) throws SQLException {
        deferred(shard, "RAISE unique_violation");
        write(3);
        SQLException failure = failedCommit();
        assertThat((Throwable) failure)
                .isInstanceOf(PSQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "23505");
        assertThat(ShardFailure.of(failure).shard()).isEqualTo("s" + (shard + 1));
        assertThat(CommitFailure.of(failure).gtxid()).isNotEmpty();
        assertRolledBack();
        connection.rollback();
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("0");
    }

    @Test
    void anAnchorsOwnRefusalPassesThrough() throws SQLException {
        refusedBy(0);
    }

    @Test
    void anotherParticipantsOwnRefusalPassesThrough() throws SQLException {
        refusedBy(2);
    }

    // ---- one shard

    @Test
    void aCommitOfOneShardWhoseAnswerIsLostIsFound() throws Exception {
        write(1);
        CompletableFuture<Void> cut = watch(0).after("COMMIT", server(0).link()::cut);
        connection.commit();
        cut.get(5, TimeUnit.SECONDS);
        assertThat(table.values("t")).containsExactly("5", "0", "0");
    }

    @Test
    void aCommitOfOneShardThatNeverArrivesIsRolledBack() throws Exception {
        write(1);
        CompletableFuture<Void> cut = watch(0).before("COMMIT", server(0).link()::cut);
        SQLException failure = failedCommit();
        cut.get(5, TimeUnit.SECONDS);
        assertThat((Throwable) failure)
                .hasFieldOrPropertyWithValue("SQLState", "40001")
                .hasMessageContaining("shard s1");
        assertRolledBack();
    }

    @Test
    void aCommitThatOneShardRefusesPassesThrough() throws SQLException {
        deferred(0, "RAISE unique_violation");
        write(1);
        assertThat((Throwable) failedCommit())
                .isInstanceOf(PSQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", "23505");
        assertRolledBack();
    }

    @Test
    void aTransactionOfOneShardThatWasLostWhileItIdledIsRolledBack() throws Exception {
        run(connection, "SET idle_in_transaction_session_timeout TO '200ms'");
        write(1);
        await(() -> onServer(0, "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")
                .equals("0"));
        assertThat(commit()).isEqualTo("40001");
        assertRolledBack();
    }
}
