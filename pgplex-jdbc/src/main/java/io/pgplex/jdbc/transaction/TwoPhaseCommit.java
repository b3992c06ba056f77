package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.CommitFailure;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Backend;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.HostSpec;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Commits one transaction on several shards: all or none. Confined to the committing thread.
 *
 * <p>The first participant is the <em>anchor</em> and is never prepared. The others prepare; then the anchor writes the
 * commit record and commits, and that commit is the commit point; then the others commit what they prepared, and those that
 * only read commit as well. Each step is one round trip on each participant, in parallel. A commit is never cancelled once
 * it was sent.
 *
 * <p>An answer that is lost is asked for through another connection ({@link ConnectionBeside}). So {@link #commit} returns,
 * or throws why everything was rolled back, or, only while the anchor stays unreachable, 08007. Whatever it throws carries
 * a {@link CommitFailure}. CommitFaultIT breaks every message of it in every way.
 */
final class TwoPhaseCommit {

    private static final Logger LOG = LoggerFactory.getLogger(TwoPhaseCommit.class);

    private static final String UNDEFINED_OBJECT = "42704";
    private static final String UNIQUE_VIOLATION = "23505";

    /** Nobody recovers what is younger ({@link InDoubtResolver}), so no record of it can have come and gone. */
    private static final Duration RECOVERY_AGE = Duration.ofSeconds(5);

    private final String gtxid;
    private final Participant anchor;
    private final List<Part> others;
    private final List<Participant> readers;
    private final FanOut fanOut;
    private final ConnectionBeside beside;
    private final FinishedRecords finished;
    private final long startedAt = System.nanoTime();
    /** Whether the anchor was asked how its commit ended, so that a record may be ours although its answer was lost. */
    private boolean asked;

    private final Voting voting;

    /** What is known of a participant that must prepare. */
    private enum State {
        /** It has not prepared, and cannot any more unless it is told to. */
        OPEN,
        /** It was told to prepare and did not answer. */
        UNKNOWN,
        PREPARED
    }

    /** How a prepared transaction came to its end. */
    private enum End {
        /** By us. */
        OURS,
        /** It was gone before we came. */
        OTHERS
    }

    /** What the anchor says of a commit whose answer was lost. */
    private enum Decision {
        COMMITTED,
        /** Somebody else had decided so before. */
        ABORTED,
        /** There was no record; now there is one, and the commit cannot succeed any more. */
        ABORTED_NOW
    }

    /** A participant other than the anchor. Each is used by one thread at a time. */
    private static final class Part {
        private final Participant participant;
        private final String gid;
        private State state = State.OPEN;

        Part(Participant participant, String gid) {
            this.participant = participant;
            this.gid = gid;
        }
    }

    /**
     * A commit to be.
     *
     * @param written the participants that must commit together, the anchor first
     * @param readers those that have nothing to lose
     */
    TwoPhaseCommit(
            String cluster,
            String gtxid,
            List<Participant> written,
            List<Participant> readers,
            FanOut fanOut,
            ShardConnector connector,
            FinishedRecords finished,
            Voting voting) {
        this.gtxid = gtxid;
        this.anchor = written.get(0);
        this.others = new ArrayList<>();
        for (Participant other : written.subList(1, written.size())) {
            String gid = GlobalTransactionId.gid(
                    cluster, anchor.shard().name(), gtxid, other.shard().name());
            others.add(new Part(other, gid));
        }
        this.readers = readers;
        this.fanOut = fanOut;
        this.beside = new ConnectionBeside(connector);
        this.finished = finished;
        this.voting = voting;
    }

    String gtxid() {
        return gtxid;
    }

    /**
     * Commits. The calling thread's interrupt neither stops it nor is lost.
     *
     * @param metadata the metadata change that becomes true with this transaction, or null
     * @throws SQLException why the transaction was rolled back everywhere: 40001 when a server was lost, else the server's
     *     own error; or 08007 when the anchor was lost during its commit and cannot be asked, which alone leaves the outcome
     *     open
     */
    void commit(@Nullable String metadata) throws SQLException {
        boolean interrupted = Thread.interrupted();
        try {
            prepareOthers();
            decide(metadata);
            boolean allCommitted = finish();
            if (allCommitted && metadata == null) {
                finished.add(anchor.shard().name(), gtxid);
            }
        } catch (SQLException e) {
            throw CommitFailure.attach(e, gtxid);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Lets the commit record go, once the metadata change that it carries is in the store. */
    void metadataRecorded() {
        finished.add(anchor.shard().name(), gtxid);
    }

    // ---- first step

    /**
     * Precondition: every participant is inside its transaction. Postcondition: every other participant is prepared, or all
     * are rolled back and the first failure is thrown. A crash here leaves prepared transactions without a commit record;
     * whoever recovers settles them as aborted.
     */
    private void prepareOthers() throws SQLException {
        if (others.isEmpty()) {
            return;
        }
        List<Outcome<Void>> outcomes;
        voting.begins();
        try {
            shareBarrierInOrder();
            outcomes = onOthers(this::prepare);
        } finally {
            voting.ends();
        }
        for (int i = 0; i < outcomes.size(); i++) {
            Throwable failure = outcomes.get(i).failure();
            if (failure != null) {
                rollback(anchor);
                undoOthers();
                throw rolledBack(others.get(i).participant, failure);
            }
        }
    }

    /**
     * Takes the barrier on the last of the shards first, if it would not be taken there first anyway. Who takes it alone goes
     * from the last shard to the first, so it then never waits for a commit that waits for it.
     */
    private void shareBarrierInOrder() throws SQLException {
        Participant last = others.get(others.size() - 1).participant;
        if (anchor.shard().ordinal() > last.shard().ordinal()) {
            last = anchor;
        } else if (others.size() == 1) {
            return;
        }
        try {
            run(last, Barrier.SHARE);
        } catch (SQLException e) {
            voting.ends();
            rollback(anchor);
            undoOthers();
            throw rolledBack(last, e);
        }
    }

    private Void prepare(Part part) throws SQLException {
        part.state = State.UNKNOWN;
        try {
            run(part.participant, CommitSql.prepare(part.gid));
            part.state = State.PREPARED;
        } catch (SQLException e) {
            if (isAnswer(e)) {
                part.state = State.OPEN;
            }
            throw e;
        }
        return null;
    }

    // ---- second step

    /**
     * Precondition: every other participant is prepared. Postcondition: the commit record is there and the anchor has
     * committed, or all are rolled back and the reason is thrown. A crash before the anchor's COMMIT leaves no record, so
     * recovery aborts; a crash after it leaves the record, so recovery commits.
     */
    private void decide(@Nullable String metadata) throws SQLException {
        List<String> records = finished.take(anchor.shard().name());
        List<String> participants = new ArrayList<>();
        for (Part other : others) {
            participants.add(other.participant.shard().name());
        }
        try {
            run(anchor, () -> writeDecision(records, participants, metadata));
        } catch (SQLException | RuntimeException | Error e) {
            records.forEach(record -> finished.add(anchor.shard().name(), record));
            if (isAnswer(e)) {
                rollback(anchor);
                undoOthers();
                throw rolledBack(anchor, e);
            }
            settle(e);
        }
    }

    /**
     * Precondition: the anchor was told to commit, and its answer is lost. Postcondition as of {@link #decide}. A crash here
     * leaves what a crash there does, or a record that says 'aborted', which recovery obeys.
     */
    private void settle(Throwable lost) throws SQLException {
        Decision decision;
        try {
            decision = beside.run(anchor.shard(), PlainCommit.LIMIT, this::askAnchor);
        } catch (SQLException e) {
            throw unknown(lost, e);
        }
        if (decision == Decision.COMMITTED) {
            return;
        }
        boolean recent = System.nanoTime() - startedAt < RECOVERY_AGE.toNanos();
        List<Outcome<End>> ends = undoOthers();
        if (decision == Decision.ABORTED_NOW && !recent) {
            // a recovery may have found the record, finished the others by it and removed it before we came
            if (ends.stream().anyMatch(end -> end.value() == End.OTHERS)) {
                forgetOwnAbort();
                return;
            }
            if (ends.stream().noneMatch(end -> end.value() == End.OURS)) {
                throw unknown(lost, null);
            }
        }
        throw rolledBack(anchor, lost);
    }

    private Decision askAnchor(Statement statement) throws SQLException {
        boolean askedBefore = asked;
        asked = true;
        boolean inserted = statement.executeUpdate(CommitSql.settle(gtxid)) == 1;
        if (!inserted) {
            try (ResultSet state = statement.executeQuery(CommitSql.stateOf(gtxid))) {
                if (state.next() && state.getString(1).equals("committed")) {
                    return Decision.COMMITTED;
                }
            }
        }
        // it cannot commit any more, but it may still hold locks
        endBackend(statement, anchor);
        return inserted || askedBefore ? Decision.ABORTED_NOW : Decision.ABORTED;
    }

    /** Ends what a participant's lost connection has left at work, unless another server leads its shard by now. */
    private void endBackend(Statement statement, Participant participant) throws SQLException {
        HostSpec server = participant.connection().getQueryExecutor().getHostSpec();
        PgConnection connection = (PgConnection) statement.getConnection().unwrap(PGConnection.class);
        if (connection.getQueryExecutor().getHostSpec().equals(server)) {
            statement.execute(CommitSql.endBackend(participant.connection().getBackendPID(), ageMillis()));
        }
    }

    private void forgetOwnAbort() {
        try {
            beside.run(anchor.shard(), statement -> statement.execute(CommitSql.forget(List.of(gtxid))));
        } catch (SQLException e) {
            LOG.warn("transaction {} is committed, but a record that says 'aborted' could not be removed", gtxid, e);
        }
    }

    // ---- third step

    /**
     * Precondition: the anchor has committed. Postcondition: every participant has committed, or its prepared transaction
     * stays in doubt with a commit record that says what to do; the application's commit succeeds either way, because the
     * transaction is committed. A crash here leaves prepared transactions with a commit record.
     *
     * @return whether every participant is known to have committed
     */
    private boolean finish() {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Part other : others) {
            calls.add(() -> commitPrepared(other));
        }
        for (Participant reader : readers) {
            calls.add(() -> {
                reader.commitRead(false);
                return true;
            });
        }
        boolean all = true;
        List<Outcome<Boolean>> outcomes = calls.isEmpty() ? List.of() : fanOut.all(calls, () -> {});
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome<Boolean> outcome = outcomes.get(i);
            all &= Boolean.TRUE.equals(outcome.value()) || i >= others.size();
            if (outcome.failed() && i < others.size()) {
                LOG.warn(
                        "transaction {} is committed, but shard {} did not say so; its part stays prepared until it is recovered",
                        gtxid,
                        others.get(i).participant.shard().name(),
                        outcome.failure());
            }
        }
        return all;
    }

    /** Whether it is committed for good: not where a standby was not waited for that should have been. */
    private boolean commitPrepared(Part part) throws SQLException {
        boolean[] durable = {true};
        end(part, CommitSql.commitPrepared(part.gid), durable);
        return durable[0];
    }

    // ---- undoing

    /**
     * Precondition: the anchor has not committed and will not. Postcondition: no other participant is prepared, unless it
     * cannot be reached.
     */
    private List<Outcome<End>> undoOthers() {
        List<Outcome<End>> outcomes = onOthers(this::undo);
        for (int i = 0; i < outcomes.size(); i++) {
            if (outcomes.get(i).failed()) {
                LOG.warn(
                        "transaction {} is rolled back, but shard {} did not say so; its part may stay prepared until it is recovered",
                        gtxid,
                        others.get(i).participant.shard().name(),
                        outcomes.get(i).failure());
            }
        }
        return outcomes;
    }

    private End undo(Part part) throws SQLException {
        String sql = CommitSql.rollbackPrepared(part.gid);
        return switch (part.state) {
            case OPEN -> {
                rollback(part.participant);
                yield End.OURS;
            }
            case PREPARED -> end(part, sql, new boolean[1]);
            case UNKNOWN -> {
                // its backend may be about to prepare even now
                part.participant.lease().abort();
                yield beside.run(part.participant.shard(), statement -> {
                    endBackend(statement, part.participant);
                    statement.execute(CommitSql.becomeOwner(part.gid));
                    return endOn(statement, sql);
                });
            }
        };
    }

    /**
     * COMMIT PREPARED and ROLLBACK PREPARED want no transaction around them. Where the connection is lost, or a setting of
     * the application stood in the way (its statement_timeout, or a SET LOCAL ROLE that ended with the PREPARE), another
     * connection does it.
     *
     * @param durable set to false when the server says that it has not waited for its standbys
     */
    private End end(Part part, String sql, boolean[] durable) throws SQLException {
        boolean mayBeDone = false;
        if (!part.participant.backend().isBroken()) {
            try (Statement statement = part.participant.connection().createStatement()) {
                part.participant.connection().setAutoCommit(true);
                End end = endOn(statement, sql);
                durable[0] = statement.getWarnings() == null;
                return end;
            } catch (SQLException e) {
                part.participant.backend().failed(e);
                mayBeDone = !isAnswer(e);
            }
        }
        boolean[] tried = {mayBeDone};
        return beside.run(part.participant.shard(), statement -> {
            boolean triedBefore = tried[0];
            tried[0] = true;
            statement.execute(CommitSql.becomeOwner(part.gid));
            End end = endOn(statement, sql);
            return triedBefore ? End.OURS : end;
        });
    }

    /** The gid is nobody else's, so what does not exist under it any more has come to its end. */
    private static End endOn(Statement statement, String sql) throws SQLException {
        try {
            statement.execute(sql);
            return End.OURS;
        } catch (SQLException e) {
            if (UNDEFINED_OBJECT.equals(e.getSQLState())) {
                return End.OTHERS;
            }
            throw e;
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

    // ---- what is thrown

    /** The exception of a transaction that is rolled back everywhere: the server's own, or 40001 where a server was lost. */
    private SQLException rolledBack(Participant participant, Throwable cause) {
        String shard = participant.shard().name();
        if (isAnswer(cause) && !isSettledByOthers(cause)) {
            String node = participant.backend().node().name();
            return PgplexErrors.onShard((SQLException) cause, shard, node);
        }
        String reason = isSettledByOthers(cause)
                ? "a recovery has taken its client for lost before it had committed"
                : "shard " + shard + " was lost before it had committed";
        return PgplexErrors.error(
                SqlState.TRANSACTION_ROLLED_BACK,
                "transaction " + gtxid + " was rolled back: " + reason,
                null,
                "Run the transaction again.",
                cause);
    }

    private SQLException unknown(Throwable lost, @Nullable SQLException unreachable) {
        if (unreachable != null) {
            lost.addSuppressed(unreachable);
        }
        return PgplexErrors.error(
                SqlState.COMMIT_UNKNOWN,
                "the outcome of transaction " + gtxid + " is unknown: shard "
                        + anchor.shard().name() + " was lost during its commit and cannot be reached",
                null,
                null,
                lost);
    }

    /** Whether the server itself has refused, in full, so that the transaction there has ended without a commit. */
    private static boolean isAnswer(Throwable failure) {
        return failure instanceof PSQLException e && e.getServerErrorMessage() != null && !Backend.isFatal(e);
    }

    /** Whether the commit record could not be written because there is one that says 'aborted'. */
    private static boolean isSettledByOthers(Throwable failure) {
        if (!(failure instanceof PSQLException e) || !UNIQUE_VIOLATION.equals(e.getSQLState())) {
            return false;
        }
        ServerErrorMessage message = e.getServerErrorMessage();
        return message != null && "pgplex".equals(message.getSchema()) && "commit_record".equals(message.getTable());
    }

    // ---- sending

    private void writeDecision(List<String> records, List<String> participants, @Nullable String metadata)
            throws SQLException {
        String sql = CommitSql.decide(records);
        boolean kept = records.isEmpty();
        PreparedStatement statement =
                kept ? anchor.backend().prepared(sql) : anchor.connection().prepareStatement(sql);
        try {
            statement.setString(1, gtxid);
            statement.setString(2, CommitSql.arrayText(participants));
            statement.setString(3, metadata);
            statement.execute();
        } finally {
            if (kept) {
                anchor.backend().giveBack(sql, statement);
            } else {
                statement.close();
            }
        }
    }

    private static void run(Participant participant, String sql) throws SQLException {
        run(participant, () -> {
            try (Statement statement = participant.connection().createStatement()) {
                statement.execute(sql);
            }
        });
    }

    /** One message to a participant. */
    private interface Message {
        void send() throws SQLException;
    }

    /** Sends one message; after anything but an answer the connection is of no use. */
    private static void run(Participant participant, Message message) throws SQLException {
        try {
            message.send();
        } catch (SQLException | RuntimeException | Error e) {
            if (e instanceof SQLException failure) {
                participant.backend().failed(failure);
            }
            if (!isAnswer(e)) {
                participant.lease().abort();
            }
            throw e;
        }
    }

    private long ageMillis() {
        return Duration.ofNanos(System.nanoTime() - startedAt).toMillis();
    }

    /** What is done on one participant. */
    @FunctionalInterface
    private interface Step<T extends @Nullable Object> {
        T on(Part part) throws SQLException;
    }

    private <T extends @Nullable Object> List<Outcome<T>> onOthers(Step<T> step) {
        List<Callable<T>> calls = new ArrayList<>();
        for (Part other : others) {
            calls.add(() -> step.on(other));
        }
        return calls.isEmpty() ? List.of() : fanOut.all(calls, () -> {});
    }
}
