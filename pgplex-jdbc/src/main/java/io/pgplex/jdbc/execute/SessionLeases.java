package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.NodePool;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.topology.PrimaryLeases;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The physical connections that a session holds. Used by the session's thread, except {@link #abort}.
 *
 * <p>A lease ends with the statement or the transaction that took it. One may be pinned until the session ends: that on the
 * home shard, when it carries state that cannot be carried over (temporary tables, say); it is then closed, not reused.
 */
final class SessionLeases {

    private final PrimaryLeases primaries;
    private final PrimaryLeases.Waiter waiter;
    /** Every lease that is open now; guarded by itself because abort comes from another thread. */
    private final List<Lease> open = new ArrayList<>(4);

    private @Nullable Lease pinnedHome;
    /** The names of shards whose primaries the session has used since {@link #unused}. */
    private final Set<String> used = new HashSet<>();

    private int networkTimeoutMillis;
    private volatile boolean closed;

    /** Leases for a session that waits for them like this, until it is closed. */
    SessionLeases(PrimaryLeases primaries, PrimaryLeases.Waiter patience) {
        this.primaries = primaries;
        this.waiter = since -> {
            if (closed) {
                throw PgplexErrors.closed(SqlState.CONNECTION_CLOSED, "connection");
            }
            patience.check(since);
        };
    }

    /**
     * A connection to a shard's primary, its session brought to this state; {@link #giveBack} ends the lease. Waits for a
     * primary where there is none.
     */
    Lease take(Shard shard, SessionState state) throws SQLException {
        Lease pinned = pinnedHome;
        if (pinned != null && shard.ordinal() == 0) {
            used.add(shard.name());
            pinned.backend().apply(state);
            return pinned;
        }
        return takeBeside(shard, state);
    }

    /** The same, but never the pinned connection. */
    Lease takeBeside(Shard shard, SessionState state) throws SQLException {
        used.add(shard.name());
        return counted(primaries.take(shard, holdsAny(), networkTimeoutMillis, state, waiter));
    }

    /** The same in one attempt. */
    Lease takeBesideNow(Shard shard, SessionState state) throws SQLException {
        used.add(shard.name());
        return counted(primaries.takeNow(shard, holdsAny(), networkTimeoutMillis, state));
    }

    private Lease counted(Lease lease) {
        synchronized (open) {
            // what its user released by itself
            open.removeIf(Lease::isReleased);
            open.add(lease);
        }
        return lease;
    }

    /**
     * A connection to a standby, its session brought to this state; {@link #giveBack} ends the lease.
     *
     * @param generation the standby's generation
     * @param position the position in the WAL, in bytes, up to which it must say that it has replayed; 0 where that is known
     * @return null where the node is no standby or has not come that far
     */
    @Nullable
    Lease takeForReading(NodePool pool, long generation, long position, SessionState state) throws SQLException {
        Lease lease = pool.lease(holdsAny());
        boolean taken = false;
        try {
            lease.backend().networkTimeout(networkTimeoutMillis);
            if (!lease.readsStandby(generation, position)) {
                return null;
            }
            lease.backend().apply(state);
            taken = true;
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            if (!taken) {
                lease.release();
            }
        }
        return counted(lease);
    }

    /** Whether the session has used the shard's primary, or seen what only that is sure to know, since {@link #unused}. */
    boolean isUsed(Shard shard) {
        return used.contains(shard.name());
    }

    void used(Shard shard) {
        used.add(shard.name());
    }

    /** The position is known of all that the session has done on the shard's primary. */
    void unused(Shard shard) {
        used.remove(shard.name());
    }

    private boolean holdsAny() {
        synchronized (open) {
            for (Lease lease : open) {
                if (!lease.isReleased()) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Ends a lease, unless a transaction owns it or it is the pinned one. Rows in memory may outlive the transaction that
     * read them: then their lease has ended already, and its connection serves another session.
     */
    void giveBack(Lease lease) {
        if (lease.isTransactional() || lease.isReleased()) {
            return;
        }
        endOwnTransaction(lease);
        if (!lease.isPinned()) {
            forget(lease);
        }
        lease.release();
    }

    /** A streamed result has a transaction of its own, which ends with it. */
    private static void endOwnTransaction(Lease lease) {
        try {
            if (!lease.backend().connection().getAutoCommit()) {
                lease.backend().connection().commit();
            }
        } catch (SQLException e) {
            lease.backend().failed(e);
        }
    }

    /** Stops counting a lease that its transaction has released. */
    void forget(Lease lease) {
        synchronized (open) {
            open.remove(lease);
        }
    }

    int networkTimeoutMillis() {
        return networkTimeoutMillis;
    }

    /** The longest wait for a server's answer on connections leased from now on and on those held; 0 for no limit. */
    void networkTimeoutMillis(int millis) throws SQLException {
        networkTimeoutMillis = millis;
        List<Lease> held;
        synchronized (open) {
            held = List.copyOf(open);
        }
        for (Lease lease : held) {
            lease.backend().networkTimeout(millis);
        }
    }

    /** Whether the pinned connection was lost, with all that lived on it. */
    boolean lostPinned() {
        Lease pinned = pinnedHome;
        return pinned != null && pinned.backend().isBroken();
    }

    @Nullable
    Lease pinned() {
        return pinnedHome;
    }

    /** Keeps a lease of the home shard until the session ends. */
    void pinHome(Lease lease) {
        lease.pin();
        pinnedHome = lease;
    }

    /** Closes the pinned connection. */
    void unpinHome() {
        Lease pinned = pinnedHome;
        pinnedHome = null;
        if (pinned != null) {
            pinned.unpin();
            pinned.backend().taint();
            giveBack(pinned);
        }
    }

    /** Releases whatever is still held; the pinned connection is closed. */
    void close() {
        closed = true;
        Lease pinned = pinnedHome;
        pinnedHome = null;
        if (pinned != null) {
            pinned.unpin();
            pinned.backend().taint();
        }
        List<Lease> left;
        synchronized (open) {
            left = List.copyOf(open);
            open.clear();
        }
        left.forEach(Lease::release);
    }

    /** Closes every physical connection at once. */
    void abort() {
        closed = true;
        List<Lease> left;
        synchronized (open) {
            left = List.copyOf(open);
        }
        for (Lease lease : left) {
            if (!lease.isReleased()) {
                lease.abort();
            }
        }
    }
}
