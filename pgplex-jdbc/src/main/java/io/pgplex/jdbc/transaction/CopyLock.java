package io.pgplex.jdbc.transaction;

import io.pgplex.metadata.model.TableName;

/**
 * The lock of a replicated table, as a transaction holds it. Immutable.
 *
 * @param everywhere whether it is held on all copies, not on the first shard's alone
 * @param hasTriggers whether the table had row triggers that run before a write when the lock was taken
 */
public record CopyLock(TableName table, boolean everywhere, boolean hasTriggers) {}
