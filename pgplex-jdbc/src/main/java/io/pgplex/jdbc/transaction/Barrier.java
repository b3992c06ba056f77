package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The barrier: on each shard an advisory lock that those who commit on several shards share, from before PREPARE to COMMIT
 * PREPARED. Who holds it alone on all shards knows that every distributed transaction is, at that instant, committed on
 * each of them or on none.
 *
 * <p>It is taken alone from the last shard to the first, and committers take it on the last of their shards before the
 * others. So who waits on a shard for a committer has nothing that this committer waits for: if it had, it would have met
 * the committer on a later shard already. Should two wait for each other all the same, a lock timeout lets go.
 */
public final class Barrier implements AutoCloseable {

    /** The lock's two numbers: "pgpl" in ASCII, which is pgplex's own class of locks, and 1. */
    private static final String LOCK = "(1885827180, 1)";

    /** Shares the barrier until the transaction ends, also when it is prepared. */
    static final String SHARE = "SELECT pg_catalog.pg_advisory_xact_lock_shared" + LOCK;

    /** Lets the barrier go; as a transaction's first query it opens the snapshot before it does so. */
    static final String LET_GO = "SELECT pg_catalog.pg_advisory_unlock" + LOCK;

    private static final Logger LOG = LoggerFactory.getLogger(Barrier.class);

    /** How long one lock is waited for at first, with all those behind it that are held already. */
    private static final long FIRST_PATIENCE_MILLIS = 100;

    private static final long MAXIMUM_PATIENCE_MILLIS = 1_000;

    /** Longest pause between two attempts. */
    private static final long MAXIMUM_PAUSE_MILLIS = 20;

    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** Who waits for the barrier, and may lose patience. Thread-safe. */
    @FunctionalInterface
    public interface Waiter {

        /** @throws SQLException 57014 when it should wait no longer */
        void check() throws SQLException;
    }

    private final List<Lease> leases;
    private final FanOut fanOut;

    private Barrier(List<Lease> leases, FanOut fanOut) {
        this.leases = leases;
        this.fanOut = fanOut;
    }

    /**
     * Takes the barrier alone on several shards. Each connection is then inside a transaction that has done nothing else and
     * that its server ends, and the lock with it, when nothing comes for ten seconds.
     *
     * @param leases connections outside a transaction, in the shards' order; the caller gives them back
     * @throws SQLException 55P03 when it cannot be had, 57014 when the waiter lost patience, or what a server said; no
     *     connection holds it then
     */
    public static Barrier take(List<Lease> leases, FanOut fanOut, Waiter waiter) throws SQLException {
        Barrier barrier = new Barrier(List.copyOf(leases), fanOut);
        boolean taken = false;
        try {
            for (Lease lease : leases) {
                lease.backend().connection().setAutoCommit(false);
            }
            barrier.await(waiter);
            taken = true;
            return barrier;
        } finally {
            if (!taken) {
                barrier.close();
            }
        }
    }

    private void await(Waiter waiter) throws SQLException {
        if (takeAtOnce()) {
            return;
        }
        long end = System.nanoTime() + LIMIT.toNanos();
        long patience = FIRST_PATIENCE_MILLIS;
        while (System.nanoTime() < end) {
            waiter.check();
            if (takeInOrder(patience)) {
                return;
            }
            patience = Math.min(2 * patience, MAXIMUM_PATIENCE_MILLIS);
            pause();
        }
        throw PgplexErrors.error(
                SqlState.LOCK_NOT_AVAILABLE,
                "no snapshot over all shards could be had within " + LIMIT.toSeconds() + " s",
                "A commit over several shards is in doubt or takes long: see pgplex.transactions.");
    }

    /** Without waiting for anybody, on all shards in one round trip. */
    private boolean takeAtOnce() throws SQLException {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Lease lease : leases) {
            calls.add(() -> hold(lease, 0));
        }
        List<Lease> held = new ArrayList<>();
        SQLException failure = null;
        List<Outcome<Boolean>> outcomes = fanOut.all(calls, () -> {});
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i).failed()) {
                failure = failure == null ? outcomes.get(i).sqlFailure() : failure;
            } else if (Boolean.TRUE.equals(outcomes.get(i).value())) {
                held.add(leases.get(i));
            }
        }
        if (failure != null) {
            throw failure;
        }
        return held.size() == leases.size() || letGo(held);
    }

    private boolean takeInOrder(long patienceMillis) throws SQLException {
        List<Lease> held = new ArrayList<>();
        for (int i = leases.size() - 1; i >= 0; i--) {
            if (!hold(leases.get(i), patienceMillis)) {
                return letGo(held);
            }
            held.add(leases.get(i));
        }
        return true;
    }

    private static boolean hold(Lease lease, long patienceMillis) throws SQLException {
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet held = statement.executeQuery("SELECT pgplex.hold_barrier(" + patienceMillis + ")")) {
            return held.next() && held.getBoolean(1);
        } catch (SQLException e) {
            lease.backend().failed(e);
            if ("42883".equals(e.getSQLState()) || "3F000".equals(e.getSQLState())) {
                throw PgplexErrors.error(
                        SqlState.OBJECT_NOT_IN_STATE,
                        "schema pgplex of node \"" + lease.backend().node().name() + "\" is older than this driver",
                        null,
                        "Repeat JOIN CLUSTER for that node, as a role that owns the schema.",
                        e);
            }
            throw e;
        }
    }

    /** Lets the barrier go on some shards, whose transactions stay open; false. */
    private boolean letGo(List<Lease> held) throws SQLException {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Lease lease : held) {
            calls.add(() -> run(lease, LET_GO));
        }
        if (!calls.isEmpty()) {
            for (Outcome<Boolean> outcome : fanOut.all(calls, () -> {})) {
                if (outcome.failed()) {
                    throw outcome.sqlFailure();
                }
            }
        }
        return false;
    }

    private static boolean run(Lease lease, String sql) throws SQLException {
        try (Statement statement = lease.backend().connection().createStatement()) {
            return statement.execute(sql);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        }
    }

    private static void pause() throws SQLException {
        try {
            TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(MAXIMUM_PAUSE_MILLIS + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgplexErrors.error(SqlState.QUERY_CANCELED, "interrupted while waiting for a snapshot of all shards");
        }
    }

    /** What is done on one of the connections while the barrier is held. */
    @FunctionalInterface
    public interface Step<T> {
        T on(Lease lease) throws SQLException;
    }

    /** Does something on all connections at once; the outcomes are in the shards' order. */
    public <T> List<Outcome<T>> onAll(Step<T> step) {
        List<Callable<T>> calls = new ArrayList<>();
        for (Lease lease : leases) {
            calls.add(() -> step.on(lease));
        }
        return fanOut.all(calls, () -> {});
    }

    /** Lets the barrier go wherever it is still held, and ends the transactions; a connection that does not obey is closed. */
    @Override
    public void close() {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Lease lease : leases) {
            calls.add(() -> {
                release(lease);
                return true;
            });
        }
        fanOut.all(calls, () -> {});
    }

    private static void release(Lease lease) {
        try {
            if (!lease.backend().isBroken()) {
                lease.backend().connection().rollback();
                lease.backend().connection().setAutoCommit(true);
                run(lease, LET_GO);
            }
        } catch (SQLException e) {
            LOG.debug("the connection that held the barrier is closed, which lets it go", e);
            lease.backend().taint();
        }
    }
}
