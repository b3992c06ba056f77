package io.pgplex.jdbc.deadlock;

/**
 * A cycle of waits over several shards. Immutable.
 *
 * @param victim the transaction that gives way
 * @param detail who waits where for whom, a sentence
 */
record Deadlock(WaitingTransaction victim, String detail) {}
