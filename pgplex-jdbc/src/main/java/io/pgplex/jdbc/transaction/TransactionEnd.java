package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.CommitFailure;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Ends logical transactions. Thread-safe; each transaction is its session's own. */
public final class TransactionEnd {

    /** Puts a transaction's metadata changes into the store. */
    public interface MetadataCommit {

        /** The changes as text for the commit record. */
        String document(List<MetadataChange> changes) throws SQLException;

        /** Makes the changes everybody's; called after the commit point. */
        void apply(List<MetadataChange> changes) throws SQLException;

        /** Takes back what was announced before; called after a rollback. */
        void withdraw(List<MetadataChange> changes);
    }

    private final String cluster;
    private final FanOut fanOut;
    private final FinishedRecords finished = new FinishedRecords();
    private final MetadataCommit metadata;
    private final NotifyingTables notifying = new NotifyingTables();

    public TransactionEnd(String cluster, FanOut fanOut, MetadataCommit metadata) {
        this.cluster = cluster;
        this.fanOut = fanOut;
        this.metadata = metadata;
    }

    /**
     * Commits: a plain COMMIT when at most one shard was written, two-phase commit when several were. Shards that only read
     * commit after the commit point, in one round trip together. The leases are released whatever happens.
     *
     * @param state the session state that the transaction leaves behind on every server
     * @throws SQLException why the transaction was rolled back, or 08007
     */
    public void commit(Transaction transaction, SessionState state, ShardConnector connector) throws SQLException {
        boolean committed = false;
        boolean unknown = false;
        try {
            if (transaction.failed()) {
                throw refusedByServer(transaction);
            }
            List<Participant> written = written(transaction);
            List<Participant> readers = readers(transaction, written);
            if (written.size() > 1 || !transaction.changes().isEmpty()) {
                commitByTwoPhases(transaction, written, readers, connector);
            } else {
                commitPlain(written, readers, transaction.isStrict(), connector);
            }
            committed = true;
        } catch (SQLException e) {
            unknown = SqlState.COMMIT_UNKNOWN.code().equals(e.getSQLState());
            throw e;
        } finally {
            if (committed) {
                end(transaction, state);
            } else if (unknown) {
                rollbackParticipants(transaction);
            } else {
                rollback(transaction);
            }
        }
    }

    private void commitByTwoPhases(
            Transaction transaction, List<Participant> written, List<Participant> readers, ShardConnector connector)
            throws SQLException {
        List<MetadataChange> changes = transaction.changes();
        TwoPhaseCommit commit = new TwoPhaseCommit(
                cluster, transaction.gtxid(), written, readers, fanOut, connector, finished, transaction.voting());
        try {
            commit.commit(changes.isEmpty() ? null : metadata.document(changes));
        } catch (SQLException e) {
            throw SqlState.FEATURE_NOT_SUPPORTED.code().equals(e.getSQLState())
                    ? unpreparable(commit.gtxid(), written.get(0).shard(), connector, e)
                    : e;
        }
        if (!changes.isEmpty()) {
            record(changes, commit);
        }
    }

    /**
     * What PREPARE TRANSACTION has refused although no statement showed it: a trigger or a function did it.
     *
     * @return 40001 where the same transaction may succeed, now that it is known which tables have such triggers; else 0A000
     */
    private SQLException unpreparable(String gtxid, Shard any, ShardConnector connector, SQLException cause) {
        boolean learned = false;
        try {
            Lease lease = connector.connect(any);
            try {
                learned = notifying.learn(lease.backend().connection());
            } finally {
                lease.release();
            }
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
        SQLException refusal = PgplexErrors.error(
                learned ? SqlState.TRANSACTION_ROLLED_BACK : SqlState.FEATURE_NOT_SUPPORTED,
                "transaction " + gtxid
                        + " was rolled back: a trigger or function in it did what a server cannot prepare",
                String.valueOf(cause.getMessage()),
                learned
                        ? "Repeat the transaction: a shard where such a trigger runs is the anchor from now on, which alone"
                                + " need not be prepared."
                        : "Of several written shards only one, the anchor, may notify or use temporary objects: run the"
                                + " statement whose trigger or function does so in a transaction of its own, or use"
                                + " NOTIFY in place of it.",
                cause);
        return CommitFailure.attach(refusal, gtxid);
    }

    /** The tables whose triggers have made commits fail. */
    public NotifyingTables notifyingTables() {
        return notifying;
    }

    /**
     * Makes the metadata changes of a committed transaction. Where the store does not take them, they stay in the commit
     * record and the table stays announced: nobody takes it for a local one, and RECOVER CLUSTER makes the changes.
     */
    private void record(List<MetadataChange> changes, TwoPhaseCommit commit) throws SQLException {
        try {
            metadata.apply(changes);
            commit.metadataRecorded();
        } catch (SQLException e) {
            SQLException unknown = PgplexErrors.error(
                    SqlState.COMMIT_UNKNOWN,
                    "transaction " + commit.gtxid()
                            + " is committed, but its change of the cluster's metadata could not be stored",
                    null,
                    "An arbiter stores it when the metadata store can be reached again; RECOVER CLUSTER does so at once.",
                    e);
            throw CommitFailure.attach(unknown, commit.gtxid());
        }
    }

    /** Lets pgjdbc say what it says for COMMIT in a failed transaction, on a participant that has failed. */
    private static SQLException refusedByServer(Transaction transaction) {
        SQLException loss = transaction.unreportedLoss();
        if (loss != null) {
            return loss;
        }
        for (Participant participant : transaction.participants()) {
            if (participant.failed() && !participant.backend().isBroken()) {
                try {
                    participant.connection().commit();
                } catch (SQLException e) {
                    return e;
                }
            }
        }
        return PgplexErrors.error(
                SqlState.FAILED_TRANSACTION,
                "the transaction cannot be committed because a statement in it failed; it was rolled back");
    }

    /**
     * The written shards, the anchor first: of those that fit best the first one. In a read-only transaction there are none,
     * whatever functions it has called.
     */
    private static List<Participant> written(Transaction transaction) {
        List<Participant> written = new ArrayList<>();
        if (transaction.isReadOnly()) {
            return written;
        }
        Participant anchor = null;
        for (Participant participant : transaction.participants()) {
            if (participant.written()) {
                written.add(participant);
                boolean better = anchor == null
                        || transaction.fitnessAsAnchor(participant) > transaction.fitnessAsAnchor(anchor);
                anchor = better ? participant : anchor;
            }
        }
        if (anchor != null) {
            written.remove(anchor);
            written.add(0, anchor);
        }
        return written;
    }

    /** The shards that only read, which have nothing to lose. */
    private static List<Participant> readers(Transaction transaction, List<Participant> written) {
        return transaction.participants().stream()
                .filter(participant -> !written.contains(participant))
                .toList();
    }

    /**
     * The COMMIT of at most one shard that was written, then those of the others.
     *
     * <p>A transaction that has only read hears what the servers say: under SERIALIZABLE it may be that what it has read
     * never was.
     */
    private void commitPlain(
            List<Participant> written, List<Participant> readers, boolean strict, ShardConnector connector)
            throws SQLException {
        boolean heard = written.isEmpty();
        if (!heard) {
            new PlainCommit(written.get(0), connector).commit(strict);
        }
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (Participant reader : readers) {
            calls.add(() -> {
                reader.commitRead(heard);
                return null;
            });
        }
        if (!calls.isEmpty()) {
            for (Outcome<@Nullable Void> outcome : fanOut.all(calls, () -> {})) {
                if (outcome.failed()) {
                    throw outcome.sqlFailure();
                }
            }
        }
    }

    /**
     * Rolls back everywhere and releases the leases. What was announced is taken back first: whoever waits on a server to
     * make a table of that name announces his own when the locks are gone.
     */
    public void rollback(Transaction transaction) {
        metadata.withdraw(transaction.changes());
        rollbackParticipants(transaction);
    }

    /** Takes back what was announced of changes that a rollback to a savepoint is about to undo. */
    public void withdraw(List<MetadataChange> undone) {
        metadata.withdraw(undone);
    }

    private void rollbackParticipants(Transaction transaction) {
        List<Callable<@Nullable Void>> calls = new ArrayList<>();
        for (Participant participant : transaction.participants()) {
            calls.add(() -> {
                rollback(participant);
                return null;
            });
        }
        if (!calls.isEmpty()) {
            fanOut.all(calls, () -> {});
        }
        end(transaction, transaction.stateAtBegin());
    }

    private static void rollback(Participant participant) {
        try {
            // one that has committed its prepared part, or rolled it back, is in autocommit mode
            if (!participant.backend().isBroken() && !participant.connection().getAutoCommit()) {
                participant.connection().rollback();
            }
        } catch (SQLException e) {
            // the server rolls back what a lost connection had open
            participant.backend().taint();
        }
    }

    /**
     * Releases the leases.
     *
     * @param state what the servers' sessions have now
     */
    private static void end(Transaction transaction, SessionState state) {
        for (Participant participant : transaction.participants()) {
            participant.backend().applied(state);
            participant.lease().setTransactional(false);
            participant.lease().release();
        }
    }
}
