package io.pgplex.jdbc.pool;

import java.sql.Connection;
import java.sql.SQLException;

/** The time that somebody holds a physical connection. Confined to its holder; {@link #release} may be called twice. */
public final class Lease {

    private final NodePool pool;
    private final PhysicalPool from;
    private final Connection handle;
    private final boolean shared;
    private final long generation;
    private final Backend backend;
    private boolean transactional;
    private boolean pinned;
    private boolean standby;
    private volatile boolean released;

    Lease(NodePool pool, PhysicalPool from, Connection handle, boolean shared, long generation) throws SQLException {
        this.pool = pool;
        this.from = from;
        this.handle = handle;
        this.shared = shared;
        this.generation = generation;
        this.backend = handle.unwrap(Backend.class);
    }

    public Backend backend() {
        return backend;
    }

    /** The node's generation when the connection was leased: what fails on it says something about the node at that time. */
    public long generation() {
        return generation;
    }

    /** Whether a transaction owns this lease, so that the end of a statement does not end it. */
    public boolean isTransactional() {
        return transactional;
    }

    public void setTransactional(boolean transactional) {
        this.transactional = transactional;
    }

    /** Whether this is a connection to a standby, for reading. */
    public boolean isStandby() {
        return standby;
    }

    /**
     * Makes sure that the server is a standby, which it is asked once for each physical connection and generation.
     *
     * @param generation the node's generation
     * @param position the position in the WAL, in bytes, that it must have replayed; asked for each time unless 0
     * @return whether it is one and has come that far
     */
    public boolean readsStandby(long generation, long position) throws SQLException {
        standby = backend.isStandby(generation, position);
        return standby;
    }

    /** Whether the connection is somebody else's by now. */
    public boolean isReleased() {
        return released;
    }

    /** Keeps the connection beyond {@link #release}, until {@link #unpin}. */
    public void pin() {
        backend.trust();
        pinned = true;
    }

    /** Has the connection's session reset before somebody else gets it; does nothing to a pinned one, which nobody gets. */
    public void suspect() {
        if (!pinned) {
            backend.suspect();
        }
    }

    /** Lets the next {@link #release} end the lease. */
    public void unpin() {
        pinned = false;
    }

    public boolean isPinned() {
        return pinned;
    }

    /** Gives the connection back; one that is broken, tainted or still inside a transaction is closed instead. */
    public void release() {
        if (released) {
            return;
        }
        boolean reusable = isReset();
        if (pinned) {
            return;
        }
        released = true;
        pool.giveBack(from, handle, reusable, shared);
    }

    /** Ends what is left of a transaction's settings on the client's side; false when the connection is of no use now. */
    private boolean isReset() {
        try {
            if (!backend.isReusable()) {
                return false;
            }
            if (!backend.connection().getAutoCommit()) {
                backend.connection().setAutoCommit(true);
            }
            if (backend.connection().isReadOnly()) {
                backend.connection().setReadOnly(false);
            }
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    /** Closes the connection at once, from any thread. */
    public void abort() {
        backend.abort();
    }
}
