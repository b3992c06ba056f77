package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.PgConnection;

/** One shard's part of a logical transaction. Confined to its session. */
public final class Participant {

    private final Shard shard;
    private final Lease lease;
    private boolean written;

    Participant(Shard shard, Lease lease) {
        this.shard = shard;
        this.lease = lease;
    }

    public Shard shard() {
        return shard;
    }

    public Lease lease() {
        return lease;
    }

    public Backend backend() {
        return lease.backend();
    }

    public PgConnection connection() {
        return lease.backend().connection();
    }

    public boolean written() {
        return written;
    }

    /** Remembers that a statement may have written here, so that commit counts this shard in. */
    public void markWritten() {
        written = true;
    }

    /** Commits what is the only written part, in one round trip, while nobody opens a snapshot of all shards. */
    void commitBehindBarrier() throws SQLException {
        try (Statement statement = connection().createStatement()) {
            statement.execute(Barrier.SHARE + "; COMMIT");
        }
    }

    /**
     * Commits a part that only read and has nothing to lose.
     *
     * @param heard whether what the server says against it counts; else the transaction is committed already
     */
    void commitRead(boolean heard) throws SQLException {
        try {
            connection().commit();
        } catch (SQLException e) {
            backend().taint();
            if (heard && !Backend.isFatal(e)) {
                throw e;
            }
        }
    }

    /** Forgets what was written: a rollback to a savepoint has undone it. */
    void markUnwritten() {
        written = false;
    }

    /** Whether the server refuses everything but a rollback, or is gone. */
    boolean failed() {
        return isLost() || connection().getTransactionState() == TransactionState.FAILED;
    }

    /** Whether its connection is, and with it all that was done here. */
    public boolean isLost() {
        return backend().isBroken() || connection().getQueryExecutor().isClosed();
    }
}
