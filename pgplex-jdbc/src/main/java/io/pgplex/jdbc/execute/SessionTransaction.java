package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.deadlock.WatchedTransaction;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.ShardFailure;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.jdbc.transaction.Barrier;
import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.jdbc.transaction.Isolation;
import io.pgplex.jdbc.transaction.MetadataChange;
import io.pgplex.jdbc.transaction.Participant;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.hint.Hints.Intent;
import io.pgplex.routing.hint.Hints.Snapshot;
import io.pgplex.routing.plan.Effect;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The transaction of a session: when it begins, which shards it reaches, how it ends, and the cluster map as it has changed
 * it. Confined to its session's thread.
 */
final class SessionTransaction {

    private final Cluster cluster;
    private final SessionLeases leases;
    private final Session session;
    private final SessionSettings settings;

    private @Nullable Transaction open;
    /** The open transaction for the watch over deadlocks, once it has reached a second shard. */
    private @Nullable WatchedTransaction watched;

    private @Nullable ClusterMap changedMap;
    private @Nullable Isolation serverDefault;
    private @Nullable RunningStatement running;
    private @Nullable ExecuteOptions options;
    private int cancelsBefore;
    private boolean autoCommit = true;
    private boolean readOnly;

    SessionTransaction(Cluster cluster, SessionLeases leases, Session session, SessionSettings settings) {
        this.cluster = cluster;
        this.settings = settings;
        this.leases = leases;
        this.session = session;
        this.readOnly = settings.reads().intent() == Intent.READ_ONLY;
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
    void beginIfManual() throws SQLException {
        if (!autoCommit) {
            begin(false);
        }
    }

    /** Opens a transaction whatever autocommit says, unless one is open. */
    void begin(boolean beginReadOnly) throws SQLException {
        if (open == null) {
            Transaction begun = new Transaction(readOnly || beginReadOnly, session.state());
            Snapshot snapshot = settings.snapshot();
            if (snapshot != null) {
                reach(begun, snapshot);
            }
            ClusterMap map = cluster.currentMap();
            if (map != null && map.strictSnapshots()) {
                begun.commitStrictly();
            }
            open = begun;
        }
    }

    private static void reach(Transaction transaction, Snapshot snapshot) throws SQLException {
        switch (snapshot) {
            case SHARD -> transaction.snapshotPerShard();
            case GLOBAL -> transaction.snapshotOfAll();
        }
    }

    /**
     * Obeys a statement's hint about the snapshot of the transaction that it is in.
     *
     * @throws SQLException 25001 when it is too late for one snapshot of all shards
     */
    void hint(@Nullable Snapshot snapshot) throws SQLException {
        Transaction current = open;
        if (snapshot == null || current == null) {
            return;
        }
        if (current.participants().isEmpty()) {
            reach(current, snapshot);
        } else if (snapshot == Snapshot.GLOBAL && !current.hasSnapshotOfAll()) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "the hint snapshot=global must be on the first statement of a transaction",
                    "Or begin the transaction at REPEATABLE READ, which has one snapshot of all shards.");
        }
    }

    /** Remembers the statement that runs now, which may have to wait for the barrier. */
    void running(RunningStatement statement, ExecuteOptions statementOptions) {
        running = statement;
        options = statementOptions;
        cancelsBefore = statement.applicationCancels();
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
            SQLException loss = leases.lostPinned() ? null : current.unreportedLoss();
            if (loss != null) {
                throw loss;
            }
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
        if (effect != Effect.READ) {
            current.checkMayWrite(shard);
        }
        Participant participant = current.participant(shard.ordinal());
        if (participant == null) {
            participant = onStandby(current, shard, effect);
            if (participant == null) {
                participant = current.participants().isEmpty() ? first(current, shard) : another(current, shard);
            }
            watch(current, participant);
        } else if (session.standbys().node() != null) {
            checkNode(session.standbys().node(), participant);
        }
        if (effect != Effect.READ) {
            participant.markWritten();
        }
        return participant;
    }

    /**
     * The part of a shard that the transaction reaches now, on one of its standbys, where it stays; null where it must be on
     * the primary, which it must unless it is read-only and each shard has a snapshot of its own.
     */
    private @Nullable Participant onStandby(Transaction current, Shard shard, Effect effect) throws SQLException {
        StandbyReads standbys = session.standbys();
        if (!standbys.isAsked()) {
            return null;
        }
        boolean several = map().shards().size() > 1;
        Lease lease = current.mayReadStandby() ? standbys.take(shard, effect, current.stateAtBegin()) : null;
        boolean joins = false;
        try {
            if (lease != null) {
                Isolation otherwise = serverDefault(lease);
                joins = current.mayReadStandby(otherwise, several, settings.serializablePerShard());
                if (joins && !current.participants().isEmpty()) {
                    current.checkMayJoin(otherwise, settings.serializablePerShard());
                }
            }
        } finally {
            if (lease != null && !joins) {
                leases.giveBack(lease);
            }
        }
        if (lease != null && joins) {
            return current.join(shard, lease);
        }
        String node = standbys.node();
        if (node != null && shard.standbys().contains(node)) {
            throw onAnotherNode(node);
        }
        return null;
    }

    private static void checkNode(@Nullable String node, Participant participant) throws SQLException {
        if (node != null && !participant.backend().node().name().equals(node)) {
            throw onAnotherNode(node);
        }
    }

    private static SQLException onAnotherNode(String node) {
        return PgplexErrors.error(
                SqlState.ACTIVE_TRANSACTION,
                "node \"" + node + "\" cannot take part in this transaction",
                "A standby can when it is named by the first statement on its shard in a read-only transaction that has no"
                        + " snapshot of all shards and is not SERIALIZABLE.");
    }

    /** A connection for {@link #join}, on which something can be done before. */
    Lease takeForJoining(Shard shard) throws SQLException {
        return leases.take(shard, required().stateAtBegin());
    }

    /** Takes a shard into the open transaction; its snapshot there is still to come. */
    void join(Shard shard, Lease taken) throws SQLException {
        Transaction current = required();
        current.checkMayJoin(serverDefault(taken), settings.serializablePerShard());
        watch(current, current.join(shard, taken));
    }

    private Participant another(Transaction current, Shard shard) throws SQLException {
        Lease any = current.participants().iterator().next().lease();
        current.checkMayJoin(serverDefault(any), settings.serializablePerShard());
        return current.join(shard, leases.take(shard, current.stateAtBegin()));
    }

    /** Where the transaction wants one snapshot of all shards, all of them join with the first. */
    private Participant first(Transaction current, Shard shard) throws SQLException {
        Lease lease = leases.take(shard, current.stateAtBegin());
        if (map().shards().size() == 1) {
            return current.join(shard, lease);
        }
        boolean kept = false;
        try {
            kept = !current.wantsSnapshotOfAll(serverDefault(lease), settings.serializablePerShard());
        } finally {
            if (!kept) {
                leases.giveBack(lease);
            }
        }
        if (kept) {
            return current.join(shard, lease);
        }
        joinAtOnce(current, map().shards());
        return Objects.requireNonNull(current.participant(shard.ordinal()));
    }

    private void joinAtOnce(Transaction current, List<Shard> shards) throws SQLException {
        List<Lease> taken = new ArrayList<>();
        boolean joined = false;
        try {
            for (Shard shard : shards) {
                taken.add(leases.take(shard, current.stateAtBegin()));
            }
            current.joinAtOnce(shards, taken, cluster.fanOut(), waiter());
            joined = true;
        } finally {
            if (!joined) {
                taken.forEach(leases::giveBack);
            }
        }
    }

    /** Who is asked whether to go on waiting for the barrier: the statement that runs now. */
    Barrier.Waiter waiter() {
        RunningStatement statement = running;
        ExecuteOptions statementOptions = options;
        return statement == null || statementOptions == null
                ? () -> {}
                : new PatientStatement(statement, statementOptions.queryTimeoutMillis());
    }

    /**
     * Whether what the statement that runs now waits for since then may be waited for longer.
     *
     * @throws SQLException 57014 when it was cancelled or its time is over
     */
    void checkPatience(long sinceNanos) throws SQLException {
        RunningStatement statement = running;
        ExecuteOptions statementOptions = options;
        if (statement != null && statementOptions != null) {
            new PatientStatement(statement, cancelsBefore, sinceNanos, statementOptions.queryTimeoutMillis()).check();
        }
    }

    /** The server's isolation level for transactions that choose none; asked for once, and of a standby for itself. */
    private Isolation serverDefault(Lease lease) throws SQLException {
        Isolation known = lease.isStandby() ? null : serverDefault;
        if (known == null) {
            try {
                known = Isolation.named(lease.backend().defaultIsolation());
            } catch (SQLException e) {
                lease.backend().failed(e);
                throw e;
            }
            serverDefault = lease.isStandby() ? serverDefault : known;
        }
        return known;
    }

    /** The isolation level of a statement outside a transaction. */
    Isolation isolationOutside() throws SQLException {
        Isolation chosen = Isolation.chosenBy(session.state());
        Isolation known = chosen == null ? serverDefault : chosen;
        if (known != null) {
            return known;
        }
        Shard home = map().homeShard();
        StandbyReads standbys = session.standbys();
        Lease standby = standbys.isAsked() ? standbys.take(home, Effect.READ, session.state()) : null;
        Lease lease = standby == null ? leases.take(home, session.state()) : standby;
        try {
            return serverDefault(lease);
        } finally {
            leases.giveBack(lease);
        }
    }

    /**
     * Whether a statement outside a transaction, which reads several shards, must read one snapshot of them.
     *
     * @throws SQLException 0A000 where it would be SERIALIZABLE and that may not reach several shards
     */
    boolean readsOneSnapshot(Hints hints) throws SQLException {
        Isolation isolation = isolationOutside();
        if (isolation == Isolation.SERIALIZABLE && !settings.serializablePerShard()) {
            throw Isolation.refusal();
        }
        Snapshot snapshot = hints.snapshot() == null ? settings.snapshot() : hints.snapshot();
        return snapshot == null ? isolation != Isolation.READ_COMMITTED : snapshot == Snapshot.GLOBAL;
    }

    // ---- deadlocks over shards, which a transaction on one shard has no part in

    /** After a shard was reached. */
    private void watch(Transaction current, Participant joined) {
        WatchedTransaction known = watched;
        if (joined.lease().isStandby()) {
            return; // nobody waits for what reads from a standby, nor does it wait for anybody
        }
        if (known != null) {
            known.joined(joined.shard(), joined.lease());
        } else if (current.participants().size() > 1) {
            known = watch(current.gtxid());
            for (Participant participant : current.participants()) {
                if (!participant.lease().isStandby()) {
                    known.joined(participant.shard(), participant.lease());
                }
            }
            current.setVoting(known);
        }
    }

    private WatchedTransaction watch(String gtxid) {
        WatchedTransaction fresh = cluster.deadlocks().watch(gtxid, settings.credentials(), settings.pool());
        watched = fresh;
        return fresh;
    }

    /** A query outside a transaction of the application begins one on each shard, which lasts as long as its rows. */
    void watchQuery(List<Shard> shards, List<Lease> taken) {
        if (taken.stream().allMatch(Lease::isStandby)) {
            return;
        }
        WatchedTransaction query = watch(GlobalTransactionId.next());
        for (int i = 0; i < taken.size(); i++) {
            if (!taken.get(i).isStandby()) {
                query.joined(shards.get(i), taken.get(i));
            }
        }
    }

    /** Before a lease outside a transaction ends, and its connection is somebody else's. */
    void leaseEnds() {
        WatchedTransaction known = watched;
        if (known != null && open == null) {
            known.end();
        }
    }

    /** Before a statement is planned. */
    void statementBegins() {
        WatchedTransaction known = watched;
        if (known != null) {
            known.statementBegins();
        }
    }

    /** After a statement; what cancels it is done with that when this returns. */
    void statementEnds() {
        WatchedTransaction known = watched;
        if (known == null) {
            return;
        }
        if (open == null) {
            forgetWatched();
        } else {
            known.end();
        }
    }

    /** What a statement's failure in the open transaction was; one that gives way keeps nobody waiting until its rollback. */
    SQLException statementFailed(SQLException failure) {
        SQLException explained = explained(failure);
        Transaction current = open;
        if (explained != failure && current != null) {
            statementEnds();
            current.failEverywhere(ServerSql.giveWay(current.gtxid()), cluster.fanOut());
            return explained;
        }
        return current == null ? explained : lostIn(current, explained);
    }

    /**
     * What a failure in the open transaction means for it: where a participant's connection is lost, or none to another
     * shard is to be had, all of it is rolled back. What lived on a pinned connection is lost beside the transaction, which
     * the failure itself says.
     */
    private SQLException lostIn(Transaction current, SQLException failure) {
        if (!Backend.isFatal(failure) || leases.lostPinned()) {
            return failure;
        }
        ShardFailure place = ShardFailure.of(failure);
        boolean beside = place != null;
        for (Participant participant : current.participants()) {
            if (place != null && participant.shard().name().equals(place.shard())) {
                participant.backend().failed(failure);
                beside = false;
            }
        }
        current.markFailed();
        if (beside) {
            // what runs outside transactions says itself what is done and what is not
            return failure;
        }
        Participant lost = current.lost();
        return lost != null
                ? current.lossOf(lost, failure)
                : PgplexErrors.rolledBack(String.valueOf(failure.getMessage()).replaceFirst("^ERROR: ", ""), failure);
    }

    /** Whether a lease is the open transaction's. */
    boolean owns(Lease lease) {
        Transaction current = open;
        if (current != null) {
            for (Participant participant : current.participants()) {
                if (participant.lease() == lease) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Takes a shard out of the open transaction that the statement which has just failed was the first to reach, and that it
     * has lost.
     */
    boolean leave(Shard shard) {
        Transaction current = open;
        Participant lost = current == null ? null : current.participant(shard.ordinal());
        if (current == null || lost == null || !lost.isLost() || lost.lease().isPinned()) {
            return false;
        }
        statementEnds();
        current.leave(lost);
        lost.backend().taint();
        lost.lease().setTransactional(false);
        lost.lease().release();
        leases.forget(lost.lease());
        // the others are watched from the next joining on
        forgetWatched();
        return true;
    }

    /**
     * Takes the open transaction back to where it was before its first statement, which has just failed with its connection:
     * nothing of that was or will be committed. False where that cannot be.
     */
    boolean restart() {
        Transaction current = open;
        if (current == null || !current.changes().isEmpty()) {
            return false;
        }
        statementEnds();
        cluster.transactionEnd().rollback(current);
        forgetLeases(current);
        forgetWatched();
        current.restart();
        session.refreshTemporaryRelations();
        return true;
    }

    /** What a failure was: 40P01 where a deadlock over shards had the statement, or the commit, cancelled. */
    SQLException explained(SQLException failure) {
        WatchedTransaction known = watched;
        return known == null ? failure : known.explained(failure);
    }

    private void forgetWatched() {
        WatchedTransaction known = watched;
        if (known != null) {
            watched = null;
            known.end();
            cluster.deadlocks().forget(known);
        }
    }

    // ---- end

    /** What is done inside a transaction. */
    interface AtomicWork<T> {
        T run() throws SQLException;
    }

    /**
     * Runs work in the application's transaction, which begins now where autocommit is off; else in one of its own that is
     * committed when the work returns.
     */
    <T> T atomically(AtomicWork<T> work) throws SQLException {
        beginIfManual();
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
        } catch (SQLException e) {
            Transaction current = open;
            throw current == null ? explained(e) : lostIn(current, explained(e));
        } finally {
            if (!done) {
                rollback();
            }
        }
    }

    /**
     * Opens a transaction for one statement alone, outside any other: all its parts see one snapshot on each shard, or one
     * of all shards.
     *
     * @param reads whether the statement only reads, so that a read-only session does not stand in the way of temporary
     *     tables
     * @param hints of the statement
     */
    Transaction beginAlone(boolean reads, Hints hints) throws SQLException {
        Transaction alone = new Transaction(readOnly && !reads, session.state());
        if (!readsOneSnapshot(hints)) {
            alone.snapshotPerShard();
        }
        String level = isolationOutside() == Isolation.SERIALIZABLE ? "SERIALIZABLE" : "REPEATABLE READ";
        alone.characteristic("SET TRANSACTION ISOLATION LEVEL " + level + (reads ? ", READ WRITE" : ""));
        open = alone;
        return alone;
    }

    /** What is done in a transaction of its own. */
    interface AloneWork {
        StatementResult run(Execution execution) throws SQLException;
    }

    /**
     * Runs a statement that only reads in a transaction of its own, which ends with its rows.
     *
     * @param shards those that read one snapshot, where that is known before and wanted; else empty
     */
    StatementResult readAlone(Execution execution, List<Shard> shards, AloneWork work) throws SQLException {
        Transaction alone = beginAlone(true, execution.hints());
        boolean done = false;
        try {
            if (!shards.isEmpty()) {
                joinAtOnce(alone, shards);
                watch(alone, alone.participants().iterator().next());
            }
            boolean streams = streams(execution);
            StatementResult result = work.run(
                    streams ? execution : execution.with(execution.options().held()));
            done = true;
            if (streams && result instanceof StatementResult.Rows rows) {
                Transaction own = detach();
                return new StatementResult.Rows(new HeldRows(rows.rows(), e -> e, () -> endDetached(own)));
            }
            commit();
            return result;
        } finally {
            if (!done) {
                rollback();
            }
        }
    }

    /** Whether rows come from the servers while the application reads them, so that the transaction must outlive the call. */
    private boolean streams(Execution execution) {
        return !session.isPinned()
                && execution.options().holdability() == ResultSet.CLOSE_CURSORS_AT_COMMIT
                && session.scatterFetchSize(execution.options()) > 0;
    }

    /** Lets the open transaction live on with the rows of the statement that it was opened for; {@link #endDetached} ends it. */
    private Transaction detach() throws SQLException {
        Transaction detached = required();
        forgetWatched();
        open = null;
        return detached;
    }

    /** Ends a detached transaction, which has only read. */
    private void endDetached(Transaction detached) {
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
        WatchedTransaction known = watched;
        if (known != null) {
            known.commitBegins();
        }
        try {
            SessionState identity = session.state().identity();
            cluster.transactionEnd().commit(ending, session.state(), shard -> leases.takeBesideNow(shard, identity));
        } catch (SQLException e) {
            session.state(ending.stateAtBegin());
            throw explained(e);
        } finally {
            ended(ending);
        }
    }

    void rollback() {
        Transaction ending = open;
        if (ending == null) {
            return;
        }
        statementEnds();
        cluster.transactionEnd().rollback(ending);
        session.state(ending.stateAtBegin());
        ended(ending);
    }

    private void forgetLeases(Transaction ended) {
        ended.participants().forEach(participant -> {
            if (!participant.lease().isStandby()) {
                leases.used(participant.shard());
            }
            if (!participant.lease().isPinned()) {
                leases.forget(participant.lease());
            }
        });
    }

    private void ended(Transaction ending) {
        forgetLeases(ending);
        forgetWatched();
        open = null;
        changedMap = null;
        session.refreshTemporaryRelations();
    }

    void rollbackTo(String savepoint) throws SQLException {
        beginIfManual();
        Transaction current = required();
        checkNotLost(current);
        try {
            List<MetadataChange> undone = current.changesSince(savepoint);
            if (!undone.isEmpty()) {
                cluster.transactionEnd().withdraw(undone);
            }
            session.state(current.rollbackTo(savepoint));
            if (!undone.isEmpty()) {
                changedMap = remainingChanges(current);
            }
        } catch (SQLException e) {
            current.markFailed();
            throw lostIn(current, e);
        }
        session.refreshTemporaryRelations();
    }

    /** A savepoint cannot bring back what a lost connection has taken along. */
    private static void checkNotLost(Transaction current) throws SQLException {
        SQLException loss = current.unreportedLoss();
        if (loss != null) {
            throw loss;
        }
        Participant lost = current.lost();
        if (lost != null) {
            throw PgplexErrors.error(
                    SqlState.FAILED_TRANSACTION,
                    "the transaction is rolled back, its savepoints included: shard "
                            + lost.shard().name() + ", node "
                            + lost.backend().node().name() + ", was lost",
                    "Roll the whole transaction back.");
        }
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
            throw lostIn(current, e);
        }
    }

    void release(String name) throws SQLException {
        checkNotFailed();
        Transaction current = required();
        try {
            current.release(name);
        } catch (SQLException e) {
            current.markFailed();
            throw lostIn(current, e);
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
        this.readOnly = readOnly || settings.reads().intent() == Intent.READ_ONLY;
        if (current != null) {
            current.setReadOnly(this.readOnly);
        }
    }
}
