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
}
