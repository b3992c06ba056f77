package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.deadlock.DeadlockWatch;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.jdbc.statistics.StatisticsCache;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.jdbc.transaction.StoredMetadata;
import io.pgplex.jdbc.transaction.TransactionEnd;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.routing.RoutingScope;
import java.sql.SQLException;
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
        TopologyMonitor topology,
        Pools pools,
        FanOut fanOut,
        Plans plans,
        TransactionEnd transactionEnd,
        StoredMetadata metadata,
        ConcurrentMap<RoutingScope, RoutingScope> scopes,
        StatisticsCache statistics,
        DeadlockWatch deadlocks) {

    /** What every statement but JOIN CLUSTER gets while the cluster does not exist. */
    public SQLException missing() {
        return PgplexErrors.error(
                SqlState.INVALID_CATALOG_NAME,
                "cluster \"" + name + "\" does not exist",
                "Connect with createCluster=true and run JOIN CLUSTER ON 'host=... port=... dbname=...'.");
    }

    /** Where sessions find the primaries of the shards. */
    public Primaries primaries() {
        return new Primaries(cache, topology, pools);
    }

    /** The newest map, or null while the cluster does not exist. */
    public @Nullable ClusterMap currentMap() {
        return cache.current();
    }
}
