package io.pgplex.jdbc.deadlock;

import java.util.Comparator;
import java.util.Map;

/**
 * A transaction over several shards of which a statement, or the commit, has been under way for a while, as its client has
 * published it. Immutable.
 *
 * @param gtxid its name
 * @param began when it reached its second shard, in microseconds since 1970 by its client's clock: its age among others
 * @param statement which of its statements this is
 * @param cancellable whether that may be cancelled, which nothing may that could be its commit
 * @param seen a moment up to which the client says so at least, in microseconds since 1970 by the home shard's clock; 0 when
 *     the client does not know that clock yet
 * @param backends its server process on each shard, by the shard's name
 */
record WaitingTransaction(
        String gtxid, long began, long statement, boolean cancellable, long seen, Map<String, Integer> backends) {

    /** The youngest first; the name decides between two of one age, so that all clients agree. */
    static final Comparator<WaitingTransaction> YOUNGEST_FIRST = Comparator.comparingLong(WaitingTransaction::began)
            .thenComparing(WaitingTransaction::gtxid)
            .reversed();

    WaitingTransaction {
        backends = Map.copyOf(backends);
    }
}
