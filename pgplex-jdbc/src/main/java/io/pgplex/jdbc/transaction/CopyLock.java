package io.pgplex.jdbc.transaction;

import io.pgplex.metadata.model.TableName;

/**
 * The lock on all copies of a replicated table, as a transaction holds it. Immutable.
 *
 * @param hasTriggers whether the table had row triggers that run before a write when the lock was taken
 */
public record CopyLock(TableName table, boolean hasTriggers) {}
