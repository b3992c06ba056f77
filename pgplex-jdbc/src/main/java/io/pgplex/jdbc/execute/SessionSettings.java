package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;

/**
 * What a logical connection was opened with. Immutable.
 *
 * @param scatterFetchSize rows that each shard sends at a time when a statement with several shards sets no fetch size
 * @param maxIntermediateBytes most bytes of partial results that a statement may hold
 * @param onClose told when the session ends
 */
public record SessionSettings(
        Credentials credentials, PoolSettings pool, int scatterFetchSize, long maxIntermediateBytes, Runnable onClose) {}
