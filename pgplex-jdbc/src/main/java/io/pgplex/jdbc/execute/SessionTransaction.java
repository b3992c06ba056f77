package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.jdbc.transaction.Participant;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.plan.Effect;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The transaction of a session: when it begins, which shards it reaches, how it ends, and the cluster map as it has changed
 * it. Confined to its session's thread.
 */
final class SessionTransaction {

    private final Cluster cluster;
    private final SessionLeases leases;
    private final Session session;

    private @Nullable Transaction open;
    private @Nullable ClusterMap changedMap;
    private boolean autoCommit = true;
    private boolean readOnly;

    SessionTransaction(Cluster cluster, SessionLeases leases, Session session) {
        this.cluster = cluster;
        this.leases = leases;
        this.session = session;
    }

    // ---- begin

    /** The open transaction, or null. */
    @Nullable
    Transaction open() {
        return open;
    }

    /** The open transaction; 25P01 where there is none. */
    Transaction required() throws SQLException {
        Transaction current = open;
        if (current == null) {
            throw PgplexErrors.error(SqlState.NO_ACTIVE_TRANSACTION, "there is no transaction in progress");
        }
        return current;
    }

    /** Opens a transaction where autocommit is off and none is open. */
    void beginIfManual() {
        if (!autoCommit) {
            begin(false);
        }
    }

    /** Opens a transaction whatever autocommit says, unless one is open. */
    void begin(boolean beginReadOnly) {
        if (open == null) {
            open = new Transaction(readOnly || beginReadOnly, session.state());
        }
    }

    /** AND CHAIN: opens a transaction with the characteristics of the one that has just ended. */
    void beginLike(Transaction ended) {
        open = ended.chained(session.state());
    }

    /** What PostgreSQL says to any statement of a failed transaction, before a shard that did not fail runs it. */
    void checkNotFailed() throws SQLException {
        beginIfManual();
        Transaction current = open;
        if (current != null && current.failed()) {
            throw PgplexErrors.error(
                    SqlState.FAILED_TRANSACTION,
                    "current transaction is aborted, commands ignored until end of transaction block");
        }
    }

    /** After any error the transaction can only be rolled back, also where no server has seen the statement. */
    void noteFailure() {
        Transaction current = open;
        if (current != null) {
            current.markFailed();
        }
    }

    /** The part of a shard in the open transaction, which reaches it now if it had not. */
    Participant participant(Shard shard, Effect effect) throws SQLException {
        Transaction current = required();
        Participant participant = current.participant(shard.ordinal());
        if (participant == null) {
            current.checkMayJoin();
            participant = current.join(shard, leases.take(map(), shard, current.stateAtBegin()));
        }
        if (effect != Effect.READ) {
            participant.markWritten();
        }
        return participant;
    }

    // ---- end

    /** What is done inside a transaction. */
    interface AtomicWork<T> {
        T run() throws SQLException;
    }

    /** Runs work in the open transaction, or in one of its own that is committed when the work returns. */
    <T> T atomically(AtomicWork<T> work) throws SQLException {
        if (open != null) {
            return work.run();
        }
        begin(false);
        boolean done = false;
        try {
            T result = work.run();
            done = true;
            commit();
            return result;
        } finally {
            if (!done) {
                rollback();
            }
        }
    }

    /**
     * Opens a transaction for one statement alone, outside any other: all its parts see one snapshot on each shard.
     *
     * @param reads whether the statement only reads, so that a read-only session does not stand in the way of temporary
     *     tables
     */
    Transaction beginAlone(boolean reads) throws SQLException {
        Transaction alone = new Transaction(readOnly && !reads, session.state());
        alone.characteristic("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ" + (reads ? ", READ WRITE" : ""));
        open = alone;
        return alone;
    }

    /** Lets the open transaction live on with the rows of the statement that it was opened for; {@link #endDetached} ends it. */
    Transaction detach() throws SQLException {
        Transaction detached = required();
        open = null;
        return detached;
    }

    /** Ends a detached transaction, which has only read. */
    void endDetached(Transaction detached) {
        for (Participant participant : detached.participants()) {
            if (participant.lease().isReleased()) {
                // the session was closed, and with it every connection that it held
                return;
            }
        }
        cluster.transactionEnd().rollback(detached);
        detached.participants().forEach(participant -> leases.forget(participant.lease()));
    }

    void commit() throws SQLException {
        Transaction ending = open;
        if (ending == null) {
            return;
        }
        try {
            SessionState identity = session.state().identity();
            cluster.transactionEnd()
                    .commit(ending, session.state(), shard -> leases.takeBeside(map(), shard, identity));
        } catch (SQLException e) {
            session.state(ending.stateAtBegin());
            throw e;
        } finally {
            ended(ending);
        }
    }

    void rollback() {
        Transaction ending = open;
        if (ending == null) {
            return;
        }
        cluster.transactionEnd().rollback(ending);
        session.state(ending.stateAtBegin());
        ended(ending);
    }

    private void ended(Transaction ending) {
        ending.participants().forEach(participant -> {
            if (!participant.lease().isPinned()) {
                leases.forget(participant.lease());
            }
        });
        open = null;
        changedMap = null;
        session.refreshTemporaryRelations();
    }

    void rollbackTo(String savepoint) throws SQLException {
        Transaction current = required();
        try {
            Transaction.Restored restored = current.rollbackTo(savepoint);
            session.state(restored.state());
            if (!restored.undone().isEmpty()) {
                cluster.transactionEnd().withdraw(restored.undone());
                changedMap = remainingChanges(current);
            }
        } catch (SQLException e) {
            current.markFailed();
            throw e;
        }
        session.refreshTemporaryRelations();
    }

    private @Nullable ClusterMap remainingChanges(Transaction current) {
        ClusterMap map = cluster.currentMap();
        if (map == null || current.changes().isEmpty()) {
            return null;
        }
        for (MetadataChange change : current.changes()) {
            map = change.applyTo(map);
        }
        return map;
    }

    void savepoint(String name) throws SQLException {
        checkNotFailed();
        Transaction current = required();
        try {
            current.savepoint(name, session.state());
        } catch (SQLException e) {
            current.markFailed();
            throw e;
        }
    }

    void release(String name) throws SQLException {
        checkNotFailed();
        Transaction current = required();
        try {
            current.release(name);
        } catch (SQLException e) {
            current.markFailed();
            throw e;
        }
    }

    // ---- the map

    /**
     * The cluster map with what the transaction has changed.
     *
     * @throws SQLException 3D000 when the cluster does not exist
     */
    ClusterMap map() throws SQLException {
        ClusterMap map = mapIfAny();
        if (map == null) {
            throw cluster.missing();
        }
        return map;
    }

    @Nullable
    ClusterMap mapIfAny() {
        ClusterMap changed = changedMap;
        return changed != null ? changed : cluster.currentMap();
    }

    /** Makes a change of the map part of the transaction. */
    void change(MetadataChange change) throws SQLException {
        required().change(change);
        changedMap = change.applyTo(map());
    }

    // ---- what the application has chosen

    boolean autoCommit() {
        return autoCommit;
    }

    void setAutoCommit(boolean autoCommit) throws SQLException {
        if (this.autoCommit != autoCommit) {
            if (autoCommit) {
                commit();
            }
            this.autoCommit = autoCommit;
        }
    }

    boolean readOnly() {
        return readOnly;
    }

    void setReadOnly(boolean readOnly) throws SQLException {
        Transaction current = open;
        if (current != null && !current.participants().isEmpty() && readOnly != this.readOnly) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "cannot change transaction read-only property in the middle of a transaction");
        }
        this.readOnly = readOnly;
        if (current != null) {
            current.setReadOnly(readOnly);
        }
    }
}
