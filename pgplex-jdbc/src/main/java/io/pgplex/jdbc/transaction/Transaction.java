package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A logical transaction: the shards it has reached, and what a shard that joins later must be told. Confined to its
 * session.
 *
 * <p>A shard joins when the first statement goes there. It is then given everything that came before and outlives a
 * statement: the transaction's characteristics, SET LOCAL, and the savepoints that are still open, in their order.
 */
public final class Transaction {

    /** A savepoint that is open, and what a rollback to it restores. */
    private record Mark(String name, int scriptLength, int changeCount, SessionState state) {}

    private boolean readOnly;
    private final SessionState stateAtBegin;
    private final TreeMap<Integer, Participant> participants = new TreeMap<>();
    private final List<Participant> inOrderOfJoining = new ArrayList<>();
    private final List<String> joinScript = new ArrayList<>();
    private final List<Mark> marks = new ArrayList<>();
    private final List<MetadataChange> changes = new ArrayList<>();
    private boolean failed;

    public Transaction(boolean readOnly, SessionState stateAtBegin) {
        this.readOnly = readOnly;
        this.stateAtBegin = stateAtBegin;
    }

    /** Changes the access mode of participants that join from now on. */
    public void setReadOnly(boolean readOnly) {
        this.readOnly = readOnly;
    }

    /** The shard's part, or null while the transaction has not reached it. */
    public @Nullable Participant participant(int ordinal) {
        return participants.get(ordinal);
    }

    /** The participants by shard ordinal. */
    public Collection<Participant> participants() {
        return participants.values();
    }

    public SessionState stateAtBegin() {
        return stateAtBegin;
    }

    /**
     * Takes a shard into the transaction.
     *
     * @param lease a connection outside a transaction, its session state applied; the transaction owns it from now on
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

    /** Runs a statement that outlives itself (SET LOCAL, SET TRANSACTION) everywhere, now and at every later joining. */
    public void runEverywhere(String sql) throws SQLException {
        runNow(sql);
        joinScript.add(sql);
    }

    /** Runs a statement on every participant that is there now. */
    public void runNow(String sql) throws SQLException {
        for (Participant participant : inOrderOfJoining) {
            run(participant, sql);
        }
    }

    /** Opens a savepoint on every participant, and on those that join later. */
    public void savepoint(String name, SessionState state) throws SQLException {
        String sql = "SAVEPOINT " + quoted(name);
        runNow(sql);
        marks.add(new Mark(name, joinScript.size(), changes.size(), state));
        joinScript.add(sql);
    }

    /**
     * Rolls back to a savepoint, which stays open.
     *
     * @return the session state as it was when the savepoint was opened
     */
    public SessionState rollbackTo(String name) throws SQLException {
        int index = indexOf(name);
        runNow("ROLLBACK TO SAVEPOINT " + quoted(name));
        Mark mark = marks.get(index);
        marks.subList(index + 1, marks.size()).clear();
        joinScript.subList(mark.scriptLength() + 1, joinScript.size()).clear();
        changes.subList(mark.changeCount(), changes.size()).clear();
        failed = false;
        noteFailure();
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

    public void change(MetadataChange change) {
        changes.add(change);
    }

    /** What the transaction's definitions change in the cluster map, in order. */
    public List<MetadataChange> changes() {
        return changes;
    }

    /** Whether only a rollback is possible. */
    public boolean failed() {
        return failed;
    }

    public void markFailed() {
        failed = true;
    }

    /** Looks at every participant after an error: one that failed makes the whole transaction fail. */
    public void noteFailure() {
        for (Participant participant : inOrderOfJoining) {
            if (participant.failed()) {
                failed = true;
            }
        }
    }
}
