package io.pgplex.jdbc.deadlock;

import java.util.Set;

/**
 * A server process that waits for a lock. Immutable.
 *
 * @param shard the shard's name
 * @param since when the wait began, in microseconds since 1970 by that server's clock: with the process it names the wait
 * @param blockers the processes that hold the lock or are before it in the queue, all of which it waits for
 * @param prepared the gtxids of prepared transactions that hold the lock
 */
record LockWait(String shard, int pid, long since, Set<Integer> blockers, Set<String> prepared) {

    LockWait {
        blockers = Set.copyOf(blockers);
        prepared = Set.copyOf(prepared);
    }

    /** Which wait it is; a process waits for one lock at a time. */
    record Name(String shard, int pid, long since) {}

    Name name() {
        return new Name(shard, pid, since);
    }
}
