package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits one transaction on several shards: all or none. Confined to the committing thread.
 *
 * <p>The first participant is the <em>anchor</em> and is never prepared. The others prepare; then the anchor writes the
 * commit record and commits, and that commit is the commit point; then the others commit what they prepared. A commit is
 * never cancelled once it was sent.
 */
final class TwoPhaseCommit {

    private static final Logger LOG = LoggerFactory.getLogger(TwoPhaseCommit.class);

    private final String cluster;
    private final String gtxid;
    private final Participant anchor;
    private final List<Participant> others;
    private final FanOut fanOut;
    private final ShardConnector connector;
    private final FinishedRecords finished;

    TwoPhaseCommit(
            String cluster,
            String gtxid,
            List<Participant> written,
            FanOut fanOut,
            ShardConnector connector,
            FinishedRecords finished) {
        this.cluster = cluster;
        this.gtxid = gtxid;
        this.anchor = written.get(0);
        this.others = List.copyOf(written.subList(1, written.size()));
        this.fanOut = fanOut;
        this.connector = connector;
        this.finished = finished;
    }

    String gtxid() {
        return gtxid;
    }

    /**
     * Commits.
     *
     * @param metadata the metadata change that becomes true with this transaction, or null
     * @throws SQLException why the transaction was rolled back everywhere; or 08007 when the anchor was lost during its
     *     commit and cannot be asked, which alone leaves the outcome open
     */
    void commit(@Nullable String metadata) throws SQLException {
        prepareOthers();
        decide(metadata);
        boolean allCommitted = commitOthers();
        if (allCommitted && metadata == null) {
            finished.add(anchor.shard().name(), gtxid);
        }
    }

    /** Lets the commit record go, once the metadata change that it carries is in the store. */
    void metadataRecorded() {
        finished.add(anchor.shard().name(), gtxid);
    }

    /**
     * Precondition: every participant is inside its transaction. Postcondition: every other participant is prepared, or all
     * are rolled back and the first failure is thrown. A crash here leaves prepared transactions without a commit record;
     * whoever recovers settles them as aborted.
     */
    private void prepareOthers() throws SQLException {
        if (others.isEmpty()) {
            return;
        }
        shareBarrierInOrder();
        List<Outcome<Void>> outcomes = onOthers(this::prepare);
        for (Outcome<Void> outcome : outcomes) {
            if (outcome.failed()) {
                SQLException failure = outcome.sqlFailure();
                rollback(anchor);
                undoOthers();
                throw failure;
            }
        }
    }

    /**
     * Takes the barrier on the last of the shards first, if it would not be taken there first anyway. Who takes it alone goes
     * from the last shard to the first, so it then never waits for a commit that waits for it.
     */
    private void shareBarrierInOrder() throws SQLException {
        Participant last = others.get(others.size() - 1);
        if (anchor.shard().ordinal() > last.shard().ordinal()) {
            last = anchor;
        } else if (others.size() == 1) {
            return;
        }
        try {
            run(last, Barrier.SHARE);
        } catch (SQLException e) {
            rollback(anchor);
            undoOthers();
            throw e;
        }
    }

    private Void prepare(Participant participant) throws SQLException {
        run(participant, CommitSql.prepare(gid(participant.shard())));
        return null;
    }

    /**
     * Precondition: every other participant is prepared. Postcondition: the commit record is there and the anchor has
     * committed, or all are rolled back and the reason is thrown. A crash before the anchor's COMMIT leaves no record, so
     * recovery aborts; a crash after it leaves the record, so recovery commits.
     */
    private void decide(@Nullable String metadata) throws SQLException {
        List<String> records = finished.take(anchor.shard().name());
        List<String> participants = new ArrayList<>();
        for (Participant other : others) {
            participants.add(other.shard().name());
        }
        try {
            run(anchor, CommitSql.decide(gtxid, participants, metadata, records));
        } catch (SQLException e) {
            records.forEach(record -> finished.add(anchor.shard().name(), record));
            if (Backend.isFatal(e) && committedAfterAll(e)) {
                return;
            }
            rollback(anchor);
            undoOthers();
            throw Backend.isFatal(e) ? rolledBack(e) : e;
        }
    }

    /** Asks the anchor, through another connection, how a commit ended whose answer was lost. */
    private boolean committedAfterAll(SQLException lost) throws SQLException {
        try {
            Lease lease = connector.connect(anchor.shard());
            try (Statement statement = lease.backend().connection().createStatement()) {
                statement.execute(CommitSql.settle(gtxid));
                try (ResultSet state = statement.executeQuery(CommitSql.stateOf(gtxid))) {
                    return state.next() && state.getString(1).equals("committed");
                }
            } finally {
                lease.release();
            }
        } catch (SQLException e) {
            lost.addSuppressed(e);
            throw PgplexErrors.error(
                    SqlState.COMMIT_UNKNOWN,
                    "the outcome of transaction " + gtxid + " is unknown: shard "
                            + anchor.shard().name() + " was lost during its commit and cannot be reached",
                    null,
                    null,
                    lost);
        }
    }

    private SQLException rolledBack(SQLException cause) {
        return PgplexErrors.error(
                SqlState.TRANSACTION_ROLLED_BACK,
                "transaction " + gtxid + " was rolled back: shard "
                        + anchor.shard().name() + " was lost before it had committed",
                null,
                null,
                cause);
    }

    /**
     * Precondition: the anchor has committed. Postcondition: every participant has committed, or its prepared transaction
     * stays in doubt with a commit record that says what to do; the application's commit succeeds either way, because the
     * transaction is committed.
     */
    private boolean commitOthers() {
        List<Outcome<Void>> outcomes = onOthers(this::commitPrepared);
        boolean all = true;
        for (int i = 0; i < outcomes.size(); i++) {
            Throwable failure = outcomes.get(i).failure();
            if (failure != null) {
                all = false;
                LOG.warn(
                        "transaction {} is committed, but shard {} did not say so; its part stays prepared until RECOVER CLUSTER",
                        gtxid,
                        others.get(i).shard().name(),
                        failure);
            }
        }
        return all;
    }

    private Void commitPrepared(Participant participant) throws SQLException {
        finishPrepared(participant, CommitSql.commitPrepared(gid(participant.shard())));
        return null;
    }

    private void undoOthers() {
        for (Outcome<Void> outcome : onOthers(this::undo)) {
            if (outcome.failure() != null) {
                LOG.warn(
                        "transaction {} is rolled back, but a shard did not say so; its part may stay prepared until RECOVER CLUSTER",
                        gtxid,
                        outcome.failure());
            }
        }
    }

    private Void undo(Participant participant) throws SQLException {
        if (!participant.backend().isBroken() && !participant.connection().getAutoCommit() && isOpen(participant)) {
            rollback(participant);
            return null;
        }
        try {
            finishPrepared(participant, CommitSql.rollbackPrepared(gid(participant.shard())));
        } catch (SQLException e) {
            if (!"42704".equals(e.getSQLState())) {
                throw e;
            }
            // it had not been prepared
        }
        return null;
    }

    private static boolean isOpen(Participant participant) {
        return participant.connection().getTransactionState() != TransactionState.IDLE;
    }

    /**
     * COMMIT PREPARED and ROLLBACK PREPARED want no transaction around them. Where the connection is lost, or a setting of
     * the application such as its statement_timeout stood in the way, another connection tries once more.
     */
    private void finishPrepared(Participant participant, String sql) throws SQLException {
        if (!participant.backend().isBroken()) {
            try {
                participant.connection().setAutoCommit(true);
                run(participant, sql);
                return;
            } catch (SQLException e) {
                if ("42704".equals(e.getSQLState())) {
                    throw e;
                }
            }
        }
        Lease lease = connector.connect(participant.shard());
        try (Statement statement = lease.backend().connection().createStatement()) {
            statement.execute(sql);
        } finally {
            lease.release();
        }
    }

    private static void rollback(Participant participant) {
        try {
            participant.connection().rollback();
        } catch (SQLException e) {
            // the server rolls back what a lost connection had open
            participant.backend().taint();
        }
    }

    private static void run(Participant participant, String sql) throws SQLException {
        try (Statement statement = participant.connection().createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            participant.backend().failed(e);
            throw e;
        }
    }

    private String gid(Shard shard) {
        return GlobalTransactionId.gid(cluster, anchor.shard().name(), gtxid, shard.name());
    }

    /** What is done on one participant. */
    @FunctionalInterface
    private interface Step {
        Void on(Participant participant) throws SQLException;
    }

    private List<Outcome<Void>> onOthers(Step step) {
        List<Callable<Void>> calls = new ArrayList<>();
        for (Participant other : others) {
            calls.add(() -> step.on(other));
        }
        return calls.isEmpty() ? List.of() : fanOut.all(calls, () -> {});
    }
}
