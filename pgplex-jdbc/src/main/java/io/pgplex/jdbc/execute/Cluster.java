package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.jdbc.transaction.TransactionEnd;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.routing.RoutingScope;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * What all sessions on one cluster share. Immutable wiring of thread-safe parts.
 *
 * @param name the cluster's name
 * @param scopes each scope once, so that plans can compare them by identity
 */
public record Cluster(
        String name,
        MetadataStore store,
        ClusterMapCache cache,
        Pools pools,
        FanOut fanOut,
        Plans plans,
        TransactionEnd transactionEnd,
        ConcurrentMap<RoutingScope, RoutingScope> scopes) {

    /** The newest map, or null while the cluster does not exist. */
    @Nullable ClusterMap currentMap() {
        return cache.current();
    }
}
