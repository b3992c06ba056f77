package io.pgplex.jdbc.deadlock;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a client saw when it looked once: first which transactions were published, then the waits on their shards, one server
 * at about the same time as the others. Immutable.
 *
 * <p>One look proves nothing: a transaction may have ended, and its processes serve others, before the servers are asked, and
 * what one server says may be over when the next one answers. Two looks do.
 *
 * @param endMicros a moment before which the waits had been read, in microseconds since 1970 by the home shard's clock
 */
record Observation(Collection<WaitingTransaction> transactions, Collection<LockWait> waits, long endMicros) {

    Observation {
        transactions = List.copyOf(transactions);
        waits = List.copyOf(waits);
    }

    /**
     * What was true all at once, at the end of this observation.
     *
     * <p>A wait that a later look finds again, by process and beginning, went on in between. A transaction was in one
     * statement at that moment, and the processes were its own, when the first look found it published in that statement and
     * its client says the same of a later time. Of the others only their processes are known. So a cycle here was one; and
     * it still is, because nobody on it can go on.
     */
    WaitGraph confirmedBy(Observation later) {
        Map<String, WaitingTransaction> then = new HashMap<>();
        transactions.forEach(transaction -> then.put(transaction.gtxid(), transaction));
        List<WaitingTransaction> confirmed = new ArrayList<>();
        for (WaitingTransaction now : later.transactions) {
            WaitingTransaction before = then.get(now.gtxid());
            if (before != null && before.statement() == now.statement() && now.seen() > endMicros) {
                confirmed.add(before);
            }
        }
        Map<LockWait.Name, LockWait> again = new HashMap<>();
        later.waits.forEach(wait -> again.put(wait.name(), wait));
        List<LockWait> lasting = new ArrayList<>();
        for (LockWait before : waits) {
            LockWait now = again.get(before.name());
            if (now != null) {
                lasting.add(new LockWait(
                        before.shard(),
                        before.pid(),
                        before.since(),
                        both(before.blockers(), now.blockers()),
                        both(before.prepared(), now.prepared())));
            }
        }
        return new WaitGraph(confirmed, lasting);
    }

    private static <T> Set<T> both(Set<T> one, Set<T> other) {
        Set<T> both = new HashSet<>(one);
        both.retainAll(other);
        return both;
    }
}
