package io.pgplex.jdbc.topology;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The shards and nodes of a cluster as one client knows them at one moment. Immutable; every event makes a new one
 * ({@link TopologyReducer}).
 *
 * @param version rises with each change
 * @param shards the shards by name
 * @param nodes the nodes by name
 */
public record Topology(long version, Map<String, ShardState> shards, Map<String, NodeState> nodes) {

    /** Nothing is known. */
    public static final Topology EMPTY = new Topology(0, Map.of(), Map.of());

    public Topology {
        shards = Map.copyOf(shards);
        nodes = Map.copyOf(nodes);
    }

    /** What is known of a node, or null where there is none of that name. */
    public @Nullable NodeState node(String name) {
        return nodes.get(name);
    }

    /** What is known of a shard, or null where there is none of that name. */
    public @Nullable ShardState shard(String name) {
        return shards.get(name);
    }

    /** The node that leads a shard, or null where there is no such shard. */
    public @Nullable NodeState primary(String shard) {
        ShardState state = shards.get(shard);
        return state == null ? null : nodes.get(state.primary());
    }

    /**
     * The node that a shard's writes may go to: the one that leads it, unless it is down, was last seen in recovery (it is not
     * promoted yet) or on a lower timeline than an earlier leader of the shard. One that nobody has asked yet, or that
     * failed a session, is worth a try. Null where there is none now, or no such shard.
     */
    public @Nullable NodeState writable(String shard) {
        ShardState state = shards.get(shard);
        NodeState leader = state == null ? null : nodes.get(state.primary());
        if (state == null || leader == null || leader.health() == Health.DOWN) {
            return null;
        }
        NodeReport report = leader.report();
        return report == null || (!report.standby() && report.timeline() >= state.timeline()) ? leader : null;
    }
}
