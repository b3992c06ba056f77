/**
 * Logical transactions: participants, commit, rollback, savepoints, and what crashes leave in doubt.
 *
 * <p>{@link io.pgplex.jdbc.transaction.TransactionEnd} is the way of a commit. A client that dies inside {@link
 * io.pgplex.jdbc.transaction.TwoPhaseCommit} leaves prepared transactions, which each node's {@code pgplex.in_doubt} shows
 * and {@link io.pgplex.jdbc.transaction.InDoubtResolver} (RECOVER CLUSTER) settles by the commit record on their anchor. A
 * record 'aborted', written where there was none, stays for at least a day: it is what stops a coordinator that was only
 * slow.
 */
@NullMarked
package io.pgplex.jdbc.transaction;

import org.jspecify.annotations.NullMarked;
