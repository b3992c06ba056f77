package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Unsupported;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * A logical transaction: the shards it has reached, and what a shard that joins later must be told. Confined to its
 * session.
 *
 * <p>A shard joins when the first statement goes there. It is then given everything that came before and outlives a
 * statement: the transaction's characteristics, SET and SET LOCAL, and the savepoints that are still open, in their order.
 * Its session state is that from before the transaction, so that a rollback brings the same back on every shard.
 */
public final class Transaction {

    /** A savepoint that is open, and what a rollback to it restores; {@code written} are shards by ordinal. */
    private record Mark(
            String name,
            int scriptLength,
            int changeCount,
            int copyLockCount,
            Set<Integer> written,
            SessionState state) {}

    private static final int NONE = -1;

    private @Nullable String gtxid;
    private boolean readOnly;
    private SessionState stateAtBegin;
    private final TreeMap<Integer, Participant> participants = new TreeMap<>();
    private final List<Participant> inOrderOfJoining = new ArrayList<>();
    private final List<String> joinScript = new ArrayList<>();
    private final List<String> characteristics = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();
    private final List<MetadataChange> changes = new ArrayList<>();
    private final List<CopyLock> copyLocks = new ArrayList<>();
    private boolean failed;
    /** Whether the application knows that it failed; a connection may be lost while it does nothing. */
    private boolean reported;
    /** As it was when the transaction reached its first or second shard. */
    private @Nullable Isolation isolation;

    private boolean snapshotPerShard;
    private boolean snapshotOfAll;
    private boolean strict;
    private Voting voting = Voting.UNHEARD;
    private final TreeMap<Integer, String> unpreparable = new TreeMap<>();
    private final Set<Integer> preferredAnchors = new HashSet<>();

    public Transaction(boolean readOnly, SessionState stateAtBegin) {
        this.readOnly = readOnly;
        this.stateAtBegin = stateAtBegin;
    }

    /** The transaction's name in the whole cluster: chosen when it is first needed, then the same to the end. */
    public String gtxid() {
        String known = gtxid;
        if (known == null) {
            known = GlobalTransactionId.next();
            gtxid = known;
        }
        return known;
    }

    /** Changes the access mode of participants that join from now on. */
    public void setReadOnly(boolean readOnly) {
        this.readOnly = readOnly;
    }

    /** Whether its access mode lets the servers refuse writes of lasting tables. */
    boolean isReadOnly() {
        return readOnly;
    }

    /** Whether it may read from standbys: it only reads, and has not asked for one snapshot of all shards. */
    public boolean mayReadStandby() {
        return readOnly
                && !snapshotOfAll
                && joinScript.stream()
                        .noneMatch(sql -> sql.toUpperCase(Locale.ROOT).contains("WRITE"));
    }

    /**
     * The same, with its isolation level.
     *
     * @param otherwise the server's level for transactions that choose none
     * @param severalShards whether there are others that one snapshot could be of
     * @param serializablePerShard whether SERIALIZABLE may reach several shards
     */
    public boolean mayReadStandby(Isolation otherwise, boolean severalShards, boolean serializablePerShard) {
        return mayReadStandby()
                && isolation(otherwise) != Isolation.SERIALIZABLE
                && !(severalShards && wantsSnapshotOfAll(otherwise, serializablePerShard));
    }

    /** The shard's part, or null while the transaction has not reached it. */
    public @Nullable Participant participant(int ordinal) {
        return participants.get(ordinal);
    }

    /** The participants by shard ordinal. */
    public Collection<Participant> participants() {
        return participants.values();
    }

    /** The session state that a shard has when it joins, and again after a rollback. */
    public SessionState stateAtBegin() {
        return stateAtBegin;
    }

    /** Whether nothing was done or set yet, so that what holds from its beginning may still be changed. */
    public boolean isFresh() {
        return participants.isEmpty() && joinScript.isEmpty() && !failed;
    }

    /** Changes the session state that shards have when they join; the transaction must be fresh. */
    public void beginWith(SessionState state) {
        stateAtBegin = state;
    }

    /** A transaction with the same characteristics, as AND CHAIN begins one. */
    public Transaction chained(SessionState state) {
        Transaction next = new Transaction(readOnly, state);
        next.snapshotPerShard = snapshotPerShard;
        next.strict = strict;
        next.characteristics.addAll(characteristics);
        next.joinScript.addAll(characteristics);
        return next;
    }

    /**
     * Takes a shard into the transaction.
     *
     * @param lease a connection outside a transaction, in the session state of {@link #stateAtBegin}; the transaction owns
     *     it from now on
     */
    public Participant join(Shard shard, Lease lease) throws SQLException {
        lease.setTransactional(true);
        Participant participant = new Participant(shard, lease);
        participants.put(shard.ordinal(), participant);
        inOrderOfJoining.add(participant);
        participant.connection().setReadOnly(readOnly);
        participant.connection().setAutoCommit(false);
        if (!joinScript.isEmpty()) {
            run(participant, String.join(";", joinScript));
        }
        return participant;
    }

    /** Runs a statement that outlives itself (SET, SET LOCAL) everywhere, now and at every later joining. */
    public void runEverywhere(String sql) throws SQLException {
        runNow(sql);
        joinScript.add(sql);
    }

    /** Runs SET TRANSACTION everywhere; a chained transaction has it too. */
    public void characteristic(String sql) throws SQLException {
        runEverywhere(sql);
        characteristics.add(sql);
    }

    private void runNow(String sql) throws SQLException {
        for (Participant participant : inOrderOfJoining) {
            run(participant, sql);
        }
    }

    /** Opens a savepoint on every participant, and on those that join later. */
    public void savepoint(String name, SessionState state) throws SQLException {
        String sql = "SAVEPOINT " + quoted(name);
        runNow(sql);
        Set<Integer> written = new HashSet<>();
        for (Participant participant : inOrderOfJoining) {
            if (participant.written()) {
                written.add(participant.shard().ordinal());
            }
        }
        marks.add(new Mark(name, joinScript.size(), changes.size(), copyLocks.size(), written, state));
        joinScript.add(sql);
    }

    /** The changes of the map that a rollback to a savepoint would undo; none where there is no such savepoint. */
    public List<MetadataChange> changesSince(String name) {
        for (int i = marks.size() - 1; i >= 0; i--) {
            if (marks.get(i).name().equals(name)) {
                return List.copyOf(changes.subList(marks.get(i).changeCount(), changes.size()));
            }
        }
        return List.of();
    }

    /** Rolls back to a savepoint, which stays open; returns the session state as it was when it was opened. */
    public SessionState rollbackTo(String name) throws SQLException {
        int index = indexOf(name);
        runNow("ROLLBACK TO SAVEPOINT " + quoted(name));
        Mark mark = marks.get(index);
        marks.subList(index + 1, marks.size()).clear();
        joinScript.subList(mark.scriptLength() + 1, joinScript.size()).clear();
        for (Participant participant : inOrderOfJoining) {
            if (!mark.written().contains(participant.shard().ordinal())) {
                participant.markUnwritten();
            }
        }
        // the servers have released what was locked since
        copyLocks.subList(mark.copyLockCount(), copyLocks.size()).clear();
        changes.subList(mark.changeCount(), changes.size()).clear();
        failed = false;
        reported = false;
        return mark.state();
    }

    /** Forgets a savepoint and those opened after it; what was done since stays. */
    public void release(String name) throws SQLException {
        int index = indexOf(name);
        runNow("RELEASE SAVEPOINT " + quoted(name));
        List<Mark> released = marks.subList(index, marks.size());
        for (int i = released.size() - 1; i >= 0; i--) {
            joinScript.remove(released.get(i).scriptLength());
        }
        released.clear();
    }

    private int indexOf(String name) throws SQLException {
        for (int i = marks.size() - 1; i >= 0; i--) {
            if (marks.get(i).name().equals(name)) {
                return i;
            }
        }
        failed = true;
        throw new SQLException("ERROR: savepoint \"" + name + "\" does not exist", "3B001");
    }

    private static void run(Participant participant, String sql) throws SQLException {
        try (Statement statement = participant.connection().createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            participant.backend().failed(e);
            throw e;
        }
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /**
     * Whether temporary objects may come into being on a shard for a statement that could do without: only where no other
     * shard has anything that forbids PREPARE TRANSACTION.
     */
    public boolean mayHoldTemporary(Shard shard) {
        return unpreparable.isEmpty() || unpreparable.containsKey(shard.ordinal());
    }

    /**
     * Remembers, before it is there, that a shard will hold what forbids PREPARE TRANSACTION: temporary objects, a
     * notification, and so on. That lasts to the end of the transaction, since to a server that has undone temporary
     * objects it is the same. When such a shard is written it must be the anchor, which alone is never prepared; so there is
     * one at most.
     *
     * @param what it holds, in words, with an article
     * @param writes whether the shard counts as written from now on
     * @throws SQLException 0A000 when another shard must be the anchor already
     */
    public void holdUnpreparable(Shard shard, String what, boolean writes) throws SQLException {
        if (writes) {
            checkMayBeAnchor(shard, what);
        }
        unpreparable.putIfAbsent(shard.ordinal(), what);
    }

    /**
     * Called before a shard is written.
     *
     * @throws SQLException 0A000 when it would have to be the anchor and another shard must be already
     */
    public void checkMayWrite(Shard shard) throws SQLException {
        String what = unpreparable.get(shard.ordinal());
        if (what != null) {
            checkMayBeAnchor(shard, what);
        }
    }

    private void checkMayBeAnchor(Shard shard, String what) throws SQLException {
        for (Participant other : participants.values()) {
            String theirs = unpreparable.get(other.shard().ordinal());
            if (theirs != null && other.written() && other.shard().ordinal() != shard.ordinal()) {
                throw PgplexErrors.from(Unsupported.SECOND_ANCHOR.at(
                        0, shard.name(), what, other.shard().name(), theirs));
            }
        }
    }

    /** Remembers that a shard may hold what no statement shows and PREPARE TRANSACTION refuses, so that it is the better anchor. */
    public void preferAsAnchor(Shard shard) {
        preferredAnchors.add(shard.ordinal());
    }

    /** A shard that cannot be prepared, by ordinal, or -1 while every one can. */
    public int unpreparableShard() {
        return unpreparable.isEmpty() ? NONE : unpreparable.firstKey();
    }

    /**
     * How much speaks for a written participant as the anchor of the commit: most, that it cannot be prepared; then, that it
     * perhaps cannot; then, that its connection holds state of the session, which may be more than is known of it.
     */
    int fitnessAsAnchor(Participant participant) {
        int ordinal = participant.shard().ordinal();
        return unpreparable.containsKey(ordinal)
                ? 3
                : preferredAnchors.contains(ordinal) ? 2 : participant.lease().isPinned() ? 1 : 0;
    }

    /** Who hears when the participants vote on its commit. */
    Voting voting() {
        return voting;
    }

    public void setVoting(Voting voting) {
        this.voting = voting;
    }

    /** The lock of a replicated table that the transaction holds, or null. */
    public @Nullable CopyLock copyLock(TableName table) {
        CopyLock held = null;
        for (CopyLock lock : copyLocks) {
            // the last one says most
            held = lock.table().equals(table) ? lock : held;
        }
        return held;
    }

    /** Remembers the lock of a replicated table, which lasts until the transaction or savepoint ends. */
    public void lockedCopies(CopyLock lock) {
        copyLocks.add(lock);
    }

    public void change(MetadataChange change) {
        changes.add(change);
    }

    /** What the transaction's definitions change in the cluster map, in order. */
    public List<MetadataChange> changes() {
        return changes;
    }

    /**
     * Whether only a rollback is possible: a statement failed, or a participant did, which may also happen while rows are
     * fetched.
     */
    public boolean failed() {
        if (!failed) {
            for (Participant participant : inOrderOfJoining) {
                if (participant.failed()) {
                    failed = true;
                }
            }
        }
        return failed;
    }

    /** A participant whose connection is lost, so that the transaction can come to nothing but its rollback; else null. */
    public @Nullable Participant lost() {
        for (Participant participant : inOrderOfJoining) {
            if (participant.isLost()) {
                return participant;
            }
        }
        return null;
    }

    /** Lets a shard go that nothing was done on, and that may join again. */
    public void leave(Participant participant) {
        participants.remove(participant.shard().ordinal());
        inOrderOfJoining.remove(participant);
        failed = false;
    }

    /**
     * Makes a transaction whose first statement failed, and whose participants were all rolled back and let go, what it was
     * before that statement.
     */
    public void restart() {
        gtxid = null;
        participants.clear();
        inOrderOfJoining.clear();
        copyLocks.clear();
        unpreparable.clear();
        preferredAnchors.clear();
        failed = false;
        reported = false;
        isolation = null;
        snapshotOfAll = false;
        voting = Voting.UNHEARD;
    }

    /** Lets the whole transaction fail, whatever the participants think of it. */
    public void markFailed() {
        failed = true;
        reported = true;
    }

    /** The failure of a participant that was lost, where the application has not heard of any failure yet; else null. */
    public @Nullable SQLException unreportedLoss() {
        Participant lost = reported ? null : lost();
        if (lost == null) {
            return null;
        }
        String node = lost.backend().node().name();
        return lossOf(
                lost, PgplexErrors.error(SqlState.CONNECTION_FAILURE, "the connection to node " + node + " was lost"));
    }

    /** What the application is told, once, when a participant was lost. */
    public SQLException lossOf(Participant lost, SQLException cause) {
        markFailed();
        return PgplexErrors.rolledBack(
                "shard " + lost.shard().name() + ", node "
                        + lost.backend().node().name() + ", was lost",
                cause);
    }

    /**
     * Has every participant fail that has not, with a statement that is sure to: its server lets go what the transaction has
     * locked there since its last savepoint, as the one that failed has done.
     */
    public void failEverywhere(String failing, FanOut fanOut) {
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Participant participant : inOrderOfJoining) {
            if (!participant.failed()) {
                calls.add(() -> {
                    run(participant, failing);
                    return true;
                });
            }
        }
        if (!calls.isEmpty()) {
            fanOut.all(calls, () -> {});
        }
        failed = true;
    }

    /** Lets each shard have a snapshot of its own, whatever the isolation level. */
    public void snapshotPerShard() {
        snapshotPerShard = true;
    }

    /** Has the transaction read one snapshot, which takes REPEATABLE READ. */
    public void snapshotOfAll() throws SQLException {
        characteristic("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    }

    /** Has its commit take part in the barrier also where it wrote on one shard alone. */
    public void commitStrictly() {
        strict = true;
    }

    boolean isStrict() {
        return strict;
    }

    /** Whether one snapshot of all shards was opened. */
    public boolean hasSnapshotOfAll() {
        return snapshotOfAll;
    }

    /**
     * Whether its first statement must open one snapshot of all shards.
     *
     * @param otherwise the server's level for transactions that choose none
     * @param serializablePerShard whether SERIALIZABLE may reach several shards
     */
    public boolean wantsSnapshotOfAll(Isolation otherwise, boolean serializablePerShard) {
        if (snapshotPerShard) {
            return false;
        }
        return switch (isolation(otherwise)) {
            case READ_COMMITTED -> false;
            case REPEATABLE_READ -> true;
            case SERIALIZABLE -> serializablePerShard;
        };
    }

    private Isolation isolation(Isolation otherwise) {
        Isolation chosen = Isolation.chosenBy(joinScript, stateAtBegin);
        isolation = chosen == null ? otherwise : chosen;
        return isolation;
    }

    /**
     * Takes shards into a transaction that has reached none, with one snapshot of all of them.
     *
     * @param shards the shards, in their order
     * @param leases connections to them, as for {@link #join}; when this fails they stay the caller's
     * @throws SQLException 55P03 when the barrier cannot be had, 57014, or what a server said
     */
    public void joinAtOnce(List<Shard> shards, List<Lease> leases, FanOut fanOut, Barrier.Waiter waiter)
            throws SQLException {
        List<Participant> joining = new ArrayList<>();
        for (int i = 0; i < shards.size(); i++) {
            leases.get(i).backend().connection().setReadOnly(readOnly);
            joining.add(new Participant(shards.get(i), leases.get(i)));
        }
        Barrier barrier = Barrier.take(leases, fanOut, waiter);
        boolean opened = false;
        try {
            openSnapshots(joining, fanOut);
            opened = true;
        } finally {
            if (!opened) {
                barrier.close();
            }
        }
        // what a server has to say against it when it commits must be heard before any other has committed
        boolean prepares = !readOnly && isolation == Isolation.SERIALIZABLE;
        for (Participant participant : joining) {
            if (prepares) {
                participant.markWritten();
            }
            participant.lease().setTransactional(true);
            participants.put(participant.shard().ordinal(), participant);
            inOrderOfJoining.add(participant);
        }
        snapshotOfAll = true;
    }

    private void openSnapshots(List<Participant> joining, FanOut fanOut) throws SQLException {
        StringBuilder opening = new StringBuilder("COMMIT;BEGIN").append(readOnly ? " READ ONLY" : "");
        joinScript.forEach(line -> opening.append(';').append(line));
        String sql = opening.append(';').append(Barrier.LET_GO).toString();
        List<Callable<Boolean>> calls = new ArrayList<>();
        for (Participant participant : joining) {
            calls.add(() -> {
                run(participant, sql);
                return true;
            });
        }
        for (Outcome<Boolean> outcome : fanOut.all(calls, () -> {})) {
            if (outcome.failed()) {
                throw outcome.sqlFailure();
            }
        }
    }

    /**
     * Refuses to reach another shard where the isolation level would be less there than it promises.
     *
     * @param otherwise the server's level for transactions that choose none
     * @param serializablePerShard whether SERIALIZABLE may reach several shards
     * @throws SQLException 0A000 for a SERIALIZABLE transaction that has reached a shard already; 25001 for one that has
     *     chosen its isolation level too late for one snapshot
     */
    public void checkMayJoin(Isolation otherwise, boolean serializablePerShard) throws SQLException {
        if (inOrderOfJoining.isEmpty() || snapshotOfAll) {
            return;
        }
        if (isolation(otherwise) == Isolation.SERIALIZABLE && !serializablePerShard) {
            throw Isolation.refusal();
        }
        if (wantsSnapshotOfAll(otherwise, serializablePerShard)) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "one snapshot of all shards is no longer possible in this transaction",
                    "Choose the isolation level before anything else in the transaction, or give each shard its own"
                            + " snapshot with snapshot=shard.");
        }
    }
}
