package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.replication.LogSequenceNumber;

/**
 * The COMMIT of the only shard that a transaction has written. Confined to the committing thread.
 *
 * <p>When its answer is lost, whoever is that shard's primary by then is asked how it ended. For that the transaction leaves
 * a {@link Mark} before, in one round trip: its number, and the end of a record in the write-ahead log that carries the
 * number. The record of the commit, if there is one, comes after it in the log. Then:
 *
 * <ol>
 *   <li>A server that has not recovered since (same start, same timeline, same end of its last recovery) is the one that had
 *       the transaction, and {@code pg_xact_status} knows it.
 *   <li>A server whose last recovery ended before the mark, by a crash or by a promotion, has lost the mark and what came
 *       after it, the commit too. What it says of the number is not to be believed: it may have given it to another
 *       transaction since.
 *   <li>A server whose last recovery ended at the mark or after it has replayed a record with this number. Replay puts the
 *       next number past each that it sees (AdvanceNextFullTransactionIdPastXid in xlogrecovery.c), so the number is nobody
 *       else's, and {@code pg_xact_status} says whether the commit was among what it replayed: what was in progress then is
 *       aborted now.
 * </ol>
 *
 * <p>{@code pg_last_wal_replay_lsn()} says where the last recovery ended, for a promoted standby and after a crash. It is
 * null where the server was last started after a clean shutdown, so that nobody knows what came before that. Positions of
 * two timelines compare only where one follows from the other: so the third case holds for the same node on the same
 * timeline, and for a promoted standby ({@code pg_last_xact_replay_timestamp()} is null after the recovery from a crash,
 * recoveryStopsAfter) on the next one. Otherwise the outcome stays open. What remains is two recoveries of one server from
 * crashes with this client not once let in between, of which the first has lost the mark.
 */
final class PlainCommit {

    /** How long a shard is asked: Patroni needs up to 25 s to replace a host that is lost. */
    static final Duration LIMIT = Duration.ofSeconds(30);

    private static final Duration PAUSE = Duration.ofMillis(50);

    /**
     * The transaction as it was before its COMMIT was sent.
     *
     * @param xid its number, with the epoch
     * @param position the end of a record in the log that carries it
     * @param server the server that has it
     */
    private record Mark(String xid, LogSequenceNumber position, Server server) {}

    /**
     * A server as it is now.
     *
     * @param host where it is reached
     * @param timeline of its log
     * @param startedAt when its postmaster was started
     * @param recoveredTo where its last recovery ended; null after a clean shutdown
     * @param promoted whether that was a promotion
     */
    private record Server(
            String host,
            long timeline,
            String startedAt,
            @Nullable LogSequenceNumber recoveredTo,
            boolean promoted) {

        static Server read(ResultSet row, PgConnection connection) throws SQLException {
            String recoveredTo = row.getString("recovered_to");
            return new Server(
                    connection.getQueryExecutor().getHostSpec().toString(),
                    Long.parseLong(row.getString("timeline"), 16),
                    row.getString("started_at"),
                    recoveredTo == null ? null : LogSequenceNumber.valueOf(recoveredTo),
                    row.getBoolean("promoted"));
        }

        boolean isSameSince(Server before) {
            return host.equals(before.host)
                    && timeline == before.timeline
                    && startedAt.equals(before.startedAt)
                    && Objects.equals(recoveredTo, before.recoveredTo);
        }

        /** Whether positions of that server's log are positions of this one's, up to where this one has recovered. */
        boolean continues(Server before) {
            return timeline == before.timeline ? host.equals(before.host) : timeline == before.timeline + 1 && promoted;
        }
    }

    /** What is known of a commit. */
    private enum Outcome {
        COMMITTED,
        ROLLED_BACK,
        IN_PROGRESS,
        UNKNOWN
    }

    private final Participant participant;
    private final ConnectionBeside beside;
    private final long startedAt = System.nanoTime();

    PlainCommit(Participant participant, ShardConnector connector) {
        this.participant = participant;
        this.beside = new ConnectionBeside(connector);
    }

    /**
     * Commits.
     *
     * @param strict whether nobody may open a snapshot of all shards meanwhile
     * @throws SQLException why it was rolled back: 40001 when the server was lost, else its own error; 08007 while nobody can
     *     tell
     */
    void commit(boolean strict) throws SQLException {
        Mark mark = mark();
        try {
            if (strict) {
                participant.commitBehindBarrier();
            } else {
                participant.connection().commit();
            }
        } catch (SQLException e) {
            participant.backend().failed(e);
            if (!Backend.isFatal(e)) {
                throw e;
            }
            if (Backend.IDLE_IN_TRANSACTION_TIMEOUT.equals(e.getSQLState())) {
                throw rolledBack(e);
            }
            settle(mark, e);
        }
    }

    /** Nothing of the commit was sent yet, so that a server that is lost now has rolled back. */
    private @Nullable Mark mark() throws SQLException {
        try {
            PreparedStatement statement = participant.backend().prepared(CommitSql.MARK);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                String xid = row.getString("xid");
                return xid == null
                        ? null
                        : new Mark(
                                xid,
                                LogSequenceNumber.valueOf(row.getString("position")),
                                Server.read(row, participant.connection()));
            } finally {
                participant.backend().giveBack(CommitSql.MARK, statement);
            }
        } catch (SQLException e) {
            participant.backend().failed(e);
            throw Backend.isFatal(e) ? rolledBack(e) : e;
        }
    }

    /** Returns when the transaction is committed. */
    private void settle(@Nullable Mark mark, SQLException lost) throws SQLException {
        // a server that still waits for the rest of the message hears that there is none
        participant.lease().abort();
        if (mark == null) {
            throw unknown(lost);
        }
        Outcome outcome;
        try {
            outcome = ask(mark);
        } catch (SQLException e) {
            lost.addSuppressed(e);
            throw unknown(lost);
        }
        switch (outcome) {
            case COMMITTED -> {}
            case ROLLED_BACK -> throw rolledBack(lost);
            case IN_PROGRESS, UNKNOWN -> throw unknown(lost);
        }
    }

    private Outcome ask(Mark mark) throws SQLException {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        Outcome outcome;
        do {
            outcome = beside.run(participant.shard(), LIMIT, statement -> ask(statement, mark));
            if (outcome == Outcome.IN_PROGRESS) {
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } while (outcome == Outcome.IN_PROGRESS && System.nanoTime() - deadline < 0);
        return outcome;
    }

    private Outcome ask(Statement statement, Mark mark) throws SQLException {
        Server now;
        try (ResultSet row = statement.executeQuery(CommitSql.SERVER)) {
            row.next();
            PgConnection connection = (PgConnection) statement.getConnection().unwrap(PGConnection.class);
            now = Server.read(row, connection);
        }
        if (!now.isSameSince(mark.server())) {
            LogSequenceNumber end = now.recoveredTo();
            if (end == null || now.timeline() < mark.server().timeline()) {
                return Outcome.UNKNOWN;
            }
            if (end.compareTo(mark.position()) < 0) {
                return Outcome.ROLLED_BACK;
            }
            if (!now.continues(mark.server())) {
                return Outcome.UNKNOWN;
            }
        }
        return status(statement, mark);
    }

    private Outcome status(Statement statement, Mark mark) throws SQLException {
        String status;
        try (ResultSet row = statement.executeQuery(CommitSql.statusOf(mark.xid()))) {
            status = row.next() ? row.getString(1) : null;
        }
        if (status == null) {
            return Outcome.UNKNOWN;
        }
        return switch (status) {
            case "committed" -> Outcome.COMMITTED;
            case "aborted" -> Outcome.ROLLED_BACK;
            default -> {
                // one that commits is let: a wait for a standby that is cut short leaves a commit that a failover loses
                statement.execute(CommitSql.endIdleBackend(
                        participant.connection().getBackendPID(),
                        Duration.ofNanos(System.nanoTime() - startedAt).toMillis()));
                yield Outcome.IN_PROGRESS;
            }
        };
    }

    // ---- what is thrown

    private String place() {
        return "shard " + participant.shard().name() + ", node "
                + participant.backend().node().name() + ",";
    }

    private SQLException rolledBack(SQLException cause) {
        return PgplexErrors.rolledBack(place() + " was lost before it had committed", cause);
    }

    private SQLException unknown(SQLException cause) {
        return PgplexErrors.error(
                SqlState.COMMIT_UNKNOWN,
                "the outcome of the transaction is unknown: " + place() + " was lost during its commit",
                null,
                "Look for what the transaction has written before you repeat it.",
                cause);
    }
}
