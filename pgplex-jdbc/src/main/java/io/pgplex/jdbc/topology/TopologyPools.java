package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Pools;
import org.jspecify.annotations.Nullable;

/** Has the pools follow the topology. Used under the monitor's lock, so in order, and never waits for a server. */
public final class TopologyPools implements TopologyListener {

    private final Pools pools;

    /** Has these pools follow that monitor, of the same client, from now on. */
    public static void follow(TopologyMonitor monitor, Pools pools) {
        monitor.addListenerAndTell(new TopologyPools(pools));
    }

    private TopologyPools(Pools pools) {
        this.pools = pools;
    }

    @Override
    public void changed(Topology before, Topology after) {
        for (NodeState node : after.nodes().values()) {
            if (!isSaid(before.node(node.node().name()), node)) {
                say(node);
            }
        }
        for (NodeState gone : before.nodes().values()) {
            NodeState now = after.node(gone.node().name());
            if (now == null || !now.isAt(gone.node())) {
                pools.evict(gone.node());
            }
        }
        for (ShardState shard : after.shards().values()) {
            ShardState known = before.shard(shard.name());
            if (known != null && !known.primary().equals(shard.primary()) && shard.epoch() >= known.epoch()) {
                abort(before.node(known.primary()));
            }
        }
    }

    /** Whether the pools know it already; what a look reports is no matter of theirs, but that there was one is. */
    private static boolean isSaid(@Nullable NodeState known, NodeState node) {
        return known != null
                && known.isAt(node.node())
                && known.health() == node.health()
                && known.generation() == node.generation()
                && known.reportedAtMillis() == node.reportedAtMillis();
    }

    private void say(NodeState node) {
        switch (node.health()) {
            case UP -> pools.up(node.node(), node.generation());
            case UNKNOWN -> pools.generation(node.node(), node.generation());
            case SUSPECT -> pools.doubt(node.node(), node.generation(), node.reason());
            case DOWN -> pools.down(node.node(), node.generation(), node.reason());
        }
    }

    private void abort(@Nullable NodeState replaced) {
        if (replaced != null) {
            Thread thread = new Thread(
                    () -> pools.abort(replaced.node()),
                    "pgplex-abort-" + replaced.node().name());
            thread.setDaemon(true);
            thread.start();
        }
    }
}
