package io.pgplex.jdbc.pool;

/**
 * Limits of one node's pool. Immutable.
 *
 * @param maximumSize most connections that are shared; more are opened only for sessions that hold one of another node
 * @param minimumIdle connections kept ready
 * @param connectionTimeoutMillis how long a lease is waited for
 * @param idleTimeoutMillis after which an unused connection is closed
 * @param maxLifetimeMillis after which a connection is replaced
 */
public record PoolSettings(
        int maximumSize,
        int minimumIdle,
        long connectionTimeoutMillis,
        long idleTimeoutMillis,
        long maxLifetimeMillis) {}
