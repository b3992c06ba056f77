package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeReport;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.ShardState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.metadata.cache.Clients.Poll;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap.Failover;
import io.pgplex.metadata.model.Shard;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What an arbiter has to do for a shard. */
sealed interface FailoverDecision {

    /** All is well, or it cannot be known yet that it is not. */
    record Nothing() implements FailoverDecision {}

    /** The primary is gone, and stays so, for a reason that an operator should know. */
    record Refused(String reason) implements FailoverDecision {}

    /** The primary is gone: the most advanced of these takes its place. */
    record Promote(Set<String> candidates) implements FailoverDecision {
        public Promote {
            candidates = Set.copyOf(candidates);
        }
    }

    /** A node was promoted already, and nobody has been told: an arbiter or an operator was interrupted. */
    record Finish(String node) implements FailoverDecision {}

    /** The primary takes no clients, because a change of the primary was given up half-way: its epoch must be made known. */
    record Readmit() implements FailoverDecision {}

    /** These nodes take themselves for primaries, and are not. */
    record Fence(List<String> nodes) implements FailoverDecision {
        public Fence {
            nodes = List.copyOf(nodes);
        }
    }

    /**
     * Decides. Pure.
     *
     * @param shard by the map, its primary by pgplex's own key
     * @param topology what this client sees of its nodes
     * @param mode what the cluster allows
     * @param poll what the clients say of the primary, or null where they were not asked
     * @param replication what was last known of the primary's synchronous replication, or null
     * @param retired the nodes that an arbiter has fenced for good
     */
    static FailoverDecision decide(
            Shard shard,
            Topology topology,
            Failover mode,
            @Nullable Poll poll,
            @Nullable ShardReplication replication,
            Set<String> retired) {
        NodeState primary = topology.node(shard.primary());
        if (primary == null || primary.health() == Health.UNKNOWN) {
            return new Nothing();
        }
        boolean gone = primary.health() == Health.DOWN && poll != null && poll.isMajority();
        NodeReport last = primary.report();
        boolean up = primary.health() == Health.UP && last != null;
        boolean closed = up && last != null && (last.standby() || last.fenced());
        List<String> strays = strays(shard, topology, retired);
        String promoted = promoted(shard, topology, strays);
        if (promoted != null && closed) {
            return new Finish(promoted);
        }
        if (up) {
            if (!strays.isEmpty()) {
                return new Fence(strays);
            }
            boolean lost = last != null && !last.standby() && (last.fenced() || last.epoch() > shard.epoch());
            return lost ? new Readmit() : new Nothing();
        }
        return gone ? onceGone(shard, topology, mode, replication, promoted) : new Nothing();
    }

    private static FailoverDecision onceGone(
            Shard shard,
            Topology topology,
            Failover mode,
            @Nullable ShardReplication replication,
            @Nullable String promoted) {
        if (mode == Failover.OFF) {
            return new Refused("failover is off");
        }
        Set<String> candidates = new LinkedHashSet<>();
        for (String standby : shard.standbys()) {
            NodeState state = topology.node(standby);
            if (state != null
                    && state.health() == Health.UP
                    && state.report() != null
                    && state.report().standby()) {
                candidates.add(standby);
            }
        }
        if (candidates.isEmpty() && promoted == null) {
            return new Refused("no standby answers");
        }
        Set<String> reachable = new HashSet<>(candidates);
        if (promoted != null) {
            reachable.add(promoted);
        }
        String unsafe = mode == Failover.LOSSY ? null : whyUnsafe(shard, reachable, replication);
        if (unsafe != null) {
            return new Refused(unsafe);
        }
        return promoted != null ? new Finish(promoted) : new Promote(candidates);
    }

    /** Why commits that were acknowledged could be lost if the most advanced of these standbys were promoted, or null. */
    static @Nullable String whyUnsafe(Shard shard, Set<String> reachable, @Nullable ShardReplication replication) {
        if (replication == null || !replication.primary().equals(shard.primary())) {
            return "nothing is known of its synchronous replication";
        }
        if (replication.count() == 0) {
            return "commits did not wait for a standby: the last ones may be lost";
        }
        if (!replication.isSafe(reachable)) {
            Set<String> missing = new TreeSet<>(replication.standbys());
            missing.removeAll(reachable);
            return "commits waited for " + replication.count() + " of "
                    + replication.standbys().size()
                    + " standbys, and the last ones may be only on " + String.join(", ", missing)
                    + ", which cannot be reached";
        }
        return null;
    }

    /** Nodes of the shard that are no standbys, though they should be, and do not know that they are out of it. */
    private static List<String> strays(Shard shard, Topology topology, Set<String> retired) {
        List<String> strays = new ArrayList<>();
        for (String node : shard.standbys()) {
            NodeState state = topology.node(node);
            NodeReport report = state == null || state.health() != Health.UP ? null : state.report();
            if (report != null && !report.standby() && !retired.contains(node)) {
                strays.add(node);
            }
        }
        return strays;
    }

    /** The one of them that was promoted after the primary last wrote; null for none. */
    private static @Nullable String promoted(Shard shard, Topology topology, List<String> strays) {
        NodeState primary = topology.node(shard.primary());
        NodeReport last = primary == null ? null : primary.report();
        ShardState known = topology.shard(shard.name());
        String best = null;
        int highest = Math.max(last == null ? 0 : last.timeline(), known == null ? 0 : known.timeline());
        for (String node : strays) {
            NodeState state = topology.node(node);
            NodeReport report = state == null ? null : state.report();
            if (report != null && report.timeline() > highest) {
                highest = report.timeline();
                best = node;
            }
        }
        return best;
    }
}
