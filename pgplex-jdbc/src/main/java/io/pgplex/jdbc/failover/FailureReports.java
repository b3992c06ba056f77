package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.arbiter.ClientLease;
import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.ShardState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.jdbc.topology.TopologyListener;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import java.util.HashSet;
import java.util.Set;

/**
 * Tells the cluster which primaries this client finds gone, for as long as it does: the arbiter promotes a standby only when
 * most clients say so. Thread-safe; it is told of topologies by one thread at a time.
 */
public final class FailureReports implements TopologyListener {

    private final ClusterKeys keys;
    private final ClientLease client;

    /** Shards with a report of this client. */
    private final Set<String> reported = new HashSet<>();

    /** Reports what it is told from now on. */
    public FailureReports(String cluster, ClientLease client) {
        this.keys = new ClusterKeys(cluster);
        this.client = client;
    }

    @Override
    public void changed(Topology before, Topology after) {
        Set<String> gone = new HashSet<>();
        for (ShardState shard : after.shards().values()) {
            NodeState primary = after.node(shard.primary());
            if (primary != null && primary.health() == Health.DOWN) {
                gone.add(shard.name());
                // which one, and at which epoch: a report of an earlier primary says nothing about this one
                client.say(keys.report(shard.name(), client.id()), Clients.report(shard.primary(), shard.epoch()));
            }
        }
        reported.removeAll(gone);
        for (String shard : reported) {
            client.say(keys.report(shard, client.id()), null);
        }
        reported.clear();
        reported.addAll(gone);
    }
}
