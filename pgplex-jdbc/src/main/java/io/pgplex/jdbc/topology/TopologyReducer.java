package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a topology from the one before and an event. Pure: it reads no clock and asks nobody. */
final class TopologyReducer {

    private TopologyReducer() {}

    /** The topology after the event; the same one where the event says nothing new. */
    static Topology reduce(Topology before, TopologyEvent event) {
        if (event instanceof TopologyEvent.MapChanged changed) {
            return onMap(before, changed.map());
        }
        if (event instanceof TopologyEvent.Lost lost) {
            return onLost(before, lost);
        }
        return before;
    }

    private static Topology onMap(Topology before, @Nullable ClusterMap map) {
        if (map == null) {
            return new Topology(before.version() + 1, Map.of(), Map.of());
        }
        Map<String, ShardState> shards = new HashMap<>();
        for (Shard shard : map.shards()) {
            ShardState known = before.shard(shard.name());
            int timeline = known == null ? 0 : known.timeline();
            shards.put(
                    shard.name(),
                    new ShardState(shard.name(), shard.primary(), shard.standbys(), shard.epoch(), timeline));
        }
        Map<String, NodeState> nodes = new HashMap<>();
        for (Node node : map.nodes().values()) {
            NodeState known = before.node(node.name());
            nodes.put(node.name(), known != null && known.node().equals(node) ? known : NodeState.unknown(node));
        }
        return new Topology(before.version() + 1, shards, nodes);
    }

    private static Topology onLost(Topology before, TopologyEvent.Lost lost) {
        NodeState known = before.node(lost.node());
        if (known == null || known.generation() != lost.generation()) {
            return before;
        }
        Map<String, NodeState> nodes = new HashMap<>(before.nodes());
        Health health = known.health() == Health.DOWN ? Health.DOWN : Health.SUSPECT;
        nodes.put(
                lost.node(),
                new NodeState(
                        known.node(),
                        health,
                        known.generation() + 1,
                        known.report(),
                        known.reportedAtMillis(),
                        known.failingSinceMillis(),
                        lost.reason()));
        return new Topology(before.version() + 1, before.shards(), nodes);
    }
}
