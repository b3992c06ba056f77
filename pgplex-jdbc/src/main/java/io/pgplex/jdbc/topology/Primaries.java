package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.metadata.cache.ClusterMapCache;

/** Where one client finds the primaries of its cluster's shards. Immutable wiring of thread-safe parts. */
public record Primaries(ClusterMapCache maps, TopologyMonitor topology, Pools pools) {

    /** Leases on them for one login. */
    public PrimaryLeases leasedBy(Credentials credentials, PoolSettings settings) {
        return new PrimaryLeases(this, credentials, settings);
    }
}
