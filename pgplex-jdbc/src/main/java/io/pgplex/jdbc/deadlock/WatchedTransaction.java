package io.pgplex.jdbc.deadlock;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.transaction.Voting;
import io.pgplex.metadata.model.Shard;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A transaction on several shards, as the watch sees it: its processes, and since when it has been in which statement. Its session tells it what begins and ends; the watch reads that, and cancels.
 *
 * <p>A cancel request hits whatever its connection runs when it arrives. So a statement does not end, and no other begins,
 * while requests for it are under way. PostgreSQL has signalled the process when it closes the connection of the request,
 * which pgjdbc waits for; and a process that is between two statements forgets the signal.
 */
public final class WatchedTransaction implements Voting {

    private static final Logger LOG = LoggerFactory.getLogger(WatchedTransaction.class);

    private static final String CANCELLED_BY_REQUEST = "57014";

    /** What the session has under way. */
    private record Section(long number, long beganNanos, boolean cancellable) {}

    private record Backend(Shard shard, Lease lease, int pid) {}

    private final String gtxid;
    private final long began;
    private final Credentials credentials;
    private final PoolSettings pool;
    /** Held while requests are sent, and so over I/O: that is what it is for. */
    private final ReentrantLock cancelling = new ReentrantLock();

    private volatile List<Backend> backends = List.of();
    private volatile @Nullable Section section;
    private volatile @Nullable Deadlock deadlock;
    /** How many sections there were; the session's alone. */
    private long sections;

    /**
     * A transaction in the middle of a statement.
     *
     * @param began now, in microseconds since 1970
     */
    WatchedTransaction(String gtxid, long began, Credentials credentials, PoolSettings pool) {
        this.gtxid = gtxid;
        this.began = began;
        this.credentials = credentials;
        this.pool = pool;
        statementBegins();
    }

    // ---- what the session tells

    /** A shard was reached, through this lease. */
    public void joined(Shard shard, Lease lease) {
        List<Backend> more = new ArrayList<>(backends);
        more.add(new Backend(shard, lease, lease.backend().connection().getBackendPID()));
        backends = more;
    }

    /** A statement begins, which may be cancelled. */
    public void statementBegins() {
        begin(true);
        deadlock = null;
    }

    /** The commit begins, which may not be cancelled. */
    public void commitBegins() {
        begin(false);
        deadlock = null;
    }

    @Override
    public void begins() {
        begin(true);
    }

    @Override
    public void ends() {
        begin(false);
    }

    private void begin(boolean cancellable) {
        end();
        section = new Section(++sections, System.nanoTime(), cancellable);
    }

    /** The statement is over: no request to cancel it is on its way when this returns. Does nothing the second time. */
    public void end() {
        if (section != null) {
            cancelling.lock();
            try {
                section = null;
            } finally {
                cancelling.unlock();
            }
        }
    }

    /** What a failure of the statement, or of the commit, was: 40P01 where it was cancelled because of a deadlock. */
    public SQLException explained(SQLException failure) {
        Deadlock found = deadlock;
        if (found == null || !CANCELLED_BY_REQUEST.equals(failure.getSQLState())) {
            return failure;
        }
        SQLException explained = PgplexErrors.error(
                SqlState.DEADLOCK_DETECTED, "deadlock detected", found.detail(), "Run the transaction again.", failure);
        for (Throwable place : failure.getSuppressed()) {
            explained.addSuppressed(place);
        }
        if (!(failure instanceof BatchUpdateException batch)) {
            return explained;
        }
        BatchUpdateException whole = new BatchUpdateException(
                "Batch was aborted: " + explained.getMessage(),
                explained.getSQLState(),
                explained.getErrorCode(),
                batch.getLargeUpdateCounts(),
                explained);
        whole.setNextException(explained);
        return whole;
    }

    // ---- what the watch asks

    Credentials credentials() {
        return credentials;
    }

    PoolSettings pool() {
        return pool;
    }

    /** Whether the session was aborted, so that nobody tells this of the end. */
    boolean isAbandoned() {
        for (Backend backend : backends) {
            if (backend.lease().isReleased()) {
                return true;
            }
        }
        return false;
    }

    /**
     * The transaction as it is published when its statement has been under way for longer than this; otherwise null.
     *
     * @param seen now by the home shard's clock, at the earliest; 0 where that is not known
     */
    @Nullable
    WaitingTransaction waitingSince(long nanoTime, long seen) {
        Section current = section;
        if (current == null || current.beganNanos() - nanoTime > 0) {
            return null;
        }
        Map<String, Integer> pids = new HashMap<>();
        for (Backend backend : backends) {
            pids.put(backend.shard().name(), backend.pid());
        }
        return new WaitingTransaction(gtxid, began, current.number(), current.cancellable(), seen, pids);
    }

    /** Cancels, on all shards, the statement that gives way, unless it is over; its session learns the reason. */
    void cancel(Deadlock found, FanOut fanOut) {
        cancelling.lock();
        try {
            Section current = section;
            if (current == null || current.number() != found.victim().statement() || !current.cancellable()) {
                return;
            }
            deadlock = found;
            LOG.debug("deadlock detected, transaction {} gives way: {}", gtxid, found.detail());
            List<Callable<@Nullable Void>> requests = new ArrayList<>();
            for (Backend backend : backends) {
                requests.add(() -> {
                    backend.lease().backend().connection().cancelQuery();
                    return null;
                });
            }
            for (Outcome<@Nullable Void> outcome : fanOut.all(requests, () -> {})) {
                if (outcome.failed()) {
                    LOG.debug("a shard did not take the request to cancel", outcome.failure());
                }
            }
        } finally {
            cancelling.unlock();
        }
    }
}
