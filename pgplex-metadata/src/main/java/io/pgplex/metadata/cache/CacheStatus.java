package io.pgplex.metadata.cache;

import org.jspecify.annotations.Nullable;

/**
 * How far a cached cluster map can be believed. Immutable.
 *
 * @param state whether the map follows the store
 * @param reason why it does not, null where it does
 * @param revision the store's last revision that was seen
 */
public record CacheStatus(State state, @Nullable String reason, long revision) {

    /** Whether the cache follows the store. */
    public enum State {
        /** The map is what the store holds. */
        FOLLOWING,
        /** The store cannot be followed right now; the map is the last one seen. */
        DETACHED,
        /** The store holds something that cannot be understood; the map is the last good one. */
        CORRUPT,
        /** The cache was closed. */
        CLOSED
    }
}
