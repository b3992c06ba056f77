package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.jdbc.transaction.CopyLock;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The lock of a replicated table: an advisory lock of the transaction on each of its copies. It survives PREPARE
 * TRANSACTION, so that it is held on every shard until the transaction is committed there. Belongs to one session.
 *
 * <p><b>Why.</b> Row locks alone put writers of one row in an order, and only as far as both find the row. W1 inserts a row
 * and commits on the first shard, while elsewhere its part is still prepared. W2, whose snapshot there is taken now, updates
 * the row on the first shard and misses it on the others.
 *
 * <p><b>Modes.</b> Who writes takes it exclusively, INSERT too: two that insert could stand side by side, but not if one of
 * them then updates, since both would wait for the other to leave; and a snapshot that misses a row misses an inserted one.
 * Who compares the copies takes it shared. FOR UPDATE takes it on the first shard, with the rows.
 *
 * <p><b>Order.</b> The first shard first, where rivals wait, so that nobody holds it on one shard and waits for it on another;
 * then the other shards at once. It is a statement of its own, so that the snapshot of the write is younger (READ COMMITTED).
 */
final class CopyLocks {

    private final Session session;
    private final ScatterCalls calls;

    CopyLocks(Session session, ScatterCalls calls) {
        this.session = session;
        this.calls = calls;
    }

    /**
     * Takes the lock for a write, unless the transaction has it.
     *
     * @param shards all that have a copy, the first one first
     * @param leases the transaction's connections to them
     * @return whether the table has row triggers that run before a write
     */
    boolean forWriting(TableName table, Execution execution, List<Shard> shards, List<Lease> leases)
            throws SQLException {
        Transaction transaction = Objects.requireNonNull(session.transaction());
        CopyLock held = transaction.copyLock(table);
        if (held != null && held.everywhere()) {
            return held.hasTriggers();
        }
        String sql = ServerSql.lockCopies(table);
        boolean triggers = held == null ? first(sql, execution, shards, leases) : held.hasTriggers();
        others(sql, execution, shards, leases);
        transaction.lockedCopies(new CopyLock(table, true, triggers));
        return triggers;
    }

    /**
     * Takes the lock on the first shard, inside a transaction that will lock rows of the tables there: it may write them
     * next, and would then wait for a rival that has the lock and waits for the rows.
     */
    void forRowLocks(List<TableName> tables, Execution execution) throws SQLException {
        Transaction transaction = Objects.requireNonNull(session.transaction());
        for (TableName table : tables) {
            if (transaction.copyLock(table) == null) {
                Shard home = execution.map().homeShard();
                List<Lease> leases = session.leaseAll(List.of(home), Effect.READ, false);
                boolean triggers = first(ServerSql.lockCopies(table), execution, List.of(home), leases);
                transaction.lockedCopies(new CopyLock(table, false, triggers));
            }
        }
    }

    /**
     * Takes the lock for a statement alone, whose transaction sees one snapshot on each shard and has opened none: it is
     * the session's first, and the transaction's own when all shards have joined. A snapshot that is older than the lock
     * would make the statement fail for each rival that it has waited for.
     *
     * @param shards all that have a copy, the first one first
     */
    void beforeSnapshots(TableName table, Execution execution, List<Shard> shards) throws SQLException {
        SessionTransaction transactions = session.transactions();
        List<Lease> taken = new ArrayList<>();
        boolean kept = false;
        try {
            for (Shard shard : shards) {
                taken.add(transactions.takeForJoining(shard));
            }
            boolean triggers = lock(ServerSql.lockCopiesInSession(table), execution, shards, taken);
            for (int i = 0; i < taken.size(); i++) {
                transactions.join(shards.get(i), taken.get(i));
            }
            lock(ServerSql.keepLockOnCopies(table), execution, shards, taken);
            transactions.required().lockedCopies(new CopyLock(table, true, triggers));
            kept = true;
        } finally {
            if (!kept) {
                // whoever got the connection next would have the lock
                taken.forEach(lease -> lease.backend().taint());
                taken.stream().filter(lease -> !lease.isTransactional()).forEach(session::giveBack);
            }
        }
    }

    /** Waits until no transaction is writing to the table, and keeps others from it until the transaction ends. */
    void forReading(TableName table, Execution execution, List<Shard> shards, List<Lease> leases) throws SQLException {
        lock(ServerSql.lockCopiesShared(table), execution, shards, leases);
    }

    private boolean lock(String sql, Execution execution, List<Shard> shards, List<Lease> leases) throws SQLException {
        boolean triggers = first(sql, execution, shards, leases);
        others(sql, execution, shards, leases);
        return triggers;
    }

    private boolean first(String sql, Execution execution, List<Shard> shards, List<Lease> leases) throws SQLException {
        ShardAnswer answer = call(sql).run(shards.get(0), leases.get(0), part(execution));
        try (ResultSet row = Objects.requireNonNull(answer.rows())) {
            row.next();
            return row.getBoolean(1);
        } finally {
            answer.close();
        }
    }

    private void others(String sql, Execution execution, List<Shard> shards, List<Lease> leases) throws SQLException {
        int copies = shards.size();
        if (copies > 1) {
            for (ShardAnswer answer :
                    calls.run(shards.subList(1, copies), leases.subList(1, copies), call(sql), part(execution))) {
                answer.close();
            }
        }
    }

    private static ShardCall call(String sql) {
        return new ShardCall(new Fragment(sql, new int[0]), 0, true, false);
    }

    private static Execution part(Execution execution) {
        return execution.with(execution.options().ofPart(0, execution.options().queryTimeoutMillis()));
    }
}
