package io.pgplex.jdbc.deadlock;

import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.NodePool;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.Participant;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request to cancel never reaches another statement than that for which it was sent. */
@PgplexCluster(shards = 1, etcd = false)
class WatchedTransactionIT {

    private static final int STATEMENTS = 300;
    private static final Credentials LOGIN = new Credentials(PostgresServer.SUPERUSER, null, Map.of());
    private static final PoolSettings POOL = new PoolSettings(2, 0, 30_000, 60_000, 600_000);

    private final FanOut fanOut = new FanOut("watched");
    private NodePool pool;
    private Lease lease;
    private Participant participant;
    private WatchedTransaction watched;

    @BeforeEach
    void begin(PostgresServer server) throws SQLException {
        Node node = new Node(1, "pg1", server.host(), server.port(), "postgres");
        pool = new NodePool(node, LOGIN, POOL, (primary, as) -> false);
        lease = pool.lease(false);
        participant = new Transaction(false, SessionState.INITIAL)
                .join(new Shard("s1", 0, "pg1", List.of(), 1, List.of()), lease);
        watched = new WatchedTransaction("g", 1, LOGIN, POOL);
        watched.joined(participant.shard(), lease);
    }

    @AfterEach
    void end() {
        lease.release();
        pool.close();
        fanOut.close();
    }

    private static Deadlock deadlock(WaitingTransaction victim) {
        return new Deadlock(victim, "A cycle.");
    }

    /** Cancels whatever can be cancelled, at any time. */
    private void cancelAll(AtomicBoolean stop) {
        Random random = new Random(1);
        while (!stop.get()) {
            WaitingTransaction found = watched.waitingSince(System.nanoTime(), 0);
            if (found != null) {
                watched.cancel(deadlock(found), fanOut);
            }
            LockSupport.parkNanos(random.nextInt(2_000_000));
        }
    }

    @Test
    void aStatementMayBeCancelledUntilItHasEndedAndNothingAfterIt() throws Exception {
        Connection connection = participant.connection();
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> canceller = CompletableFuture.runAsync(() -> cancelAll(stop));
        int cancelled = 0;
        for (int i = 0; i < STATEMENTS; i++) {
            watched.statementBegins();
            try {
                run(connection, "SELECT pg_catalog.pg_sleep(0.0005)");
            } catch (SQLException e) {
                cancelled++;
                assertThat(watched.explained(e).getSQLState()).isEqualTo("40P01");
            } finally {
                watched.end();
            }
            connection.rollback();
            run(connection, "SELECT pg_catalog.pg_sleep(0.0005)");
            watched.commitBegins();
            connection.commit();
        }
        stop.set(true);
        canceller.get(30, TimeUnit.SECONDS);
        assertThat(cancelled).isPositive();
    }

    @Test
    void aFailureOfAnotherKindOrOfAnotherStatementIsWhatItWas() {
        WaitingTransaction first = watched.waitingSince(System.nanoTime(), 0);
        assertThat(first).isNotNull();
        SQLException cancelled = new SQLException("cancelled", "57014");
        SQLException other = new SQLException("other", "23505");
        assertThat((Throwable) watched.explained(cancelled)).isSameAs(cancelled);
        watched.statementBegins();
        watched.cancel(deadlock(first), fanOut);
        assertThat((Throwable) watched.explained(cancelled)).isSameAs(cancelled);
        WaitingTransaction second = watched.waitingSince(System.nanoTime(), 0);
        assertThat(second).isNotNull();
        watched.cancel(deadlock(second), fanOut);
        assertThat((Throwable) watched.explained(other)).isSameAs(other);
        assertThat((Throwable) watched.explained(cancelled))
                .hasMessage("ERROR: deadlock detected\n  Detail: A cycle.\n  Hint: Run the transaction again.");
        watched.statementBegins();
        assertThat((Throwable) watched.explained(cancelled)).isSameAs(cancelled);
    }

    @Test
    void isAbandonedOnceItsSessionHasLetGoOfItsConnections() {
        assertThat(watched.isAbandoned()).isFalse();
        lease.release();
        assertThat(watched.isAbandoned()).isTrue();
    }
}
