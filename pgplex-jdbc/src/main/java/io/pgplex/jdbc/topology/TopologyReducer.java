package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes a topology from the one before and an event. Pure: it reads no clock and asks nobody.
 *
 * <p>A node's health: a look that succeeds makes it up; one that fails, and a session that has lost a connection, make it
 * suspect. It is down when looks have failed for {@link #CERTAIN_MILLIS}, where each of them found for certain that no
 * server takes connections there, or for {@link #SILENT_MILLIS}, where nothing was heard. A server that answers with an error
 * of its own is up.
 *
 * <p>A node's generation rises when its connections are gone or of no use: a session has lost one, the server has ended
 * the monitor's own, or the node goes down. It is never higher than the topology's version, so that a node that is new,
 * comes back or has another address takes that version as its generation, which is higher than all before.
 */
final class TopologyReducer {

    /** For how long looks must fail before a node is down, where each failure is certain. */
    static final long CERTAIN_MILLIS = 500;

    /** For how long, where nothing is heard. */
    static final long SILENT_MILLIS = 2_000;

    private TopologyReducer() {}

    /** The topology after the event; the same one where the event says nothing new. */
    static Topology reduce(Topology before, TopologyEvent event) {
        if (event instanceof TopologyEvent.MapChanged changed) {
            return onMap(before, changed.map());
        }
        if (event instanceof TopologyEvent.Seen seen) {
            return onSeen(before, seen);
        }
        if (event instanceof TopologyEvent.Answered answered) {
            return onAnswered(before, answered);
        }
        if (event instanceof TopologyEvent.Missed missed) {
            return onMissed(before, missed);
        }
        return onLost(before, (TopologyEvent.Lost) event);
    }

    private static Topology onMap(Topology before, @Nullable ClusterMap map) {
        Map<String, ShardState> shards = new HashMap<>();
        Map<String, NodeState> nodes = new HashMap<>();
        if (map != null) {
            for (Shard shard : map.shards()) {
                ShardState known = before.shard(shard.name());
                int timeline = known == null ? 0 : known.timeline();
                shards.put(
                        shard.name(),
                        new ShardState(shard.name(), shard.primary(), shard.standbys(), shard.epoch(), timeline));
            }
            for (Node node : map.nodes().values()) {
                NodeState known = before.node(node.name());
                nodes.put(
                        node.name(),
                        known != null && known.isAt(node)
                                ? known.as(node)
                                : NodeState.unknown(node, before.version() + 1));
            }
            raiseTimelines(shards, nodes);
        }
        if (shards.equals(before.shards()) && nodes.equals(before.nodes())) {
            return before;
        }
        return new Topology(before.version() + 1, shards, nodes);
    }

    private static Topology onSeen(Topology before, TopologyEvent.Seen seen) {
        NodeState known = before.node(seen.node());
        if (known == null) {
            return before;
        }
        Topology after = with(
                before,
                new NodeState(
                        known.node(), Health.UP, known.generation(), seen.report(), seen.atMillis(), 0, false, null));
        Map<String, ShardState> shards = new HashMap<>(after.shards());
        return raiseTimelines(shards, after.nodes()) ? new Topology(after.version(), shards, after.nodes()) : after;
    }

    /**
     * Remembers the highest timeline that each shard's leader is seen to write. What a standby replays says nothing: its
     * leader may be on a higher one.
     */
    private static boolean raiseTimelines(Map<String, ShardState> shards, Map<String, NodeState> nodes) {
        boolean raised = false;
        for (Map.Entry<String, ShardState> entry : shards.entrySet()) {
            ShardState shard = entry.getValue();
            NodeState leader = nodes.get(shard.primary());
            NodeReport report = leader == null ? null : leader.report();
            if (report != null && !report.standby() && report.timeline() > shard.timeline()) {
                entry.setValue(new ShardState(
                        shard.name(), shard.primary(), shard.standbys(), shard.epoch(), report.timeline()));
                raised = true;
            }
        }
        return raised;
    }

    private static Topology onAnswered(Topology before, TopologyEvent.Answered answered) {
        NodeState known = before.node(answered.node());
        if (known == null || (known.health() == Health.UP && answered.reason().equals(known.reason()))) {
            return before;
        }
        return with(
                before,
                new NodeState(
                        known.node(),
                        Health.UP,
                        known.generation(),
                        known.report(),
                        known.reportedAtMillis(),
                        0,
                        false,
                        answered.reason()));
    }

    private static Topology onMissed(Topology before, TopologyEvent.Missed missed) {
        NodeState known = before.node(missed.node());
        if (known == null) {
            return before;
        }
        boolean first = known.failingSinceMillis() == 0;
        long since = first ? missed.sinceMillis() : known.failingSinceMillis();
        boolean certain = missed.certain() && (first || known.certain());
        long patience = certain ? CERTAIN_MILLIS : SILENT_MILLIS;
        boolean wasDown = known.health() == Health.DOWN;
        boolean isDown = wasDown || missed.atMillis() - since >= patience;
        boolean ended = first && certain && known.health() == Health.UP;
        NodeState now = new NodeState(
                known.node(),
                isDown ? Health.DOWN : Health.SUSPECT,
                (isDown && !wasDown) || ended ? known.generation() + 1 : known.generation(),
                known.report(),
                known.reportedAtMillis(),
                since,
                certain,
                missed.reason());
        return now.equals(known) ? before : with(before, now);
    }

    private static Topology onLost(Topology before, TopologyEvent.Lost lost) {
        NodeState known = before.node(lost.node());
        if (known == null || known.generation() != lost.generation() || known.health() == Health.DOWN) {
            return before;
        }
        return with(
                before,
                new NodeState(
                        known.node(),
                        Health.SUSPECT,
                        known.generation() + 1,
                        known.report(),
                        known.reportedAtMillis(),
                        known.failingSinceMillis(),
                        known.certain(),
                        lost.reason()));
    }

    private static Topology with(Topology before, NodeState node) {
        Map<String, NodeState> nodes = new HashMap<>(before.nodes());
        nodes.put(node.node().name(), node);
        return new Topology(before.version() + 1, before.shards(), nodes);
    }
}
