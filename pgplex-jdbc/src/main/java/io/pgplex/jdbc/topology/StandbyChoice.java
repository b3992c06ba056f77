package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.Node;
import io.pgplex.routing.hint.MaxLag;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the standby of a shard that answers a read. Pure but for the random numbers that it is given.
 *
 * <p>Of the standbys that qualify, those of the wanted zone are preferred, then those that have replayed what is wanted
 * already. Two of them are drawn by their weights, and the one with less to do for its weight is taken: the power of two
 * choices (M. Mitzenmacher, IEEE Transactions on Parallel and Distributed Systems 12, 2001), which spreads load nearly as
 * well as always taking the least loaded, without sending everybody there at once.
 */
public final class StandbyChoice {

    /**
     * What is asked of a standby. Immutable.
     *
     * @param maxLag how far behind it may be
     * @param zone the zone that is preferred, or null
     * @param position the position in the WAL, in bytes, that it must have replayed
     * @param kept the standby that is taken as long as it qualifies, or null
     * @param excluded standbys that are not taken
     */
    public record Wanted(
            MaxLag maxLag,
            @Nullable String zone,
            long position,
            @Nullable String kept,
            Set<String> excluded) {
        public Wanted {
            excluded = Set.copyOf(excluded);
        }
    }

    /**
     * By how much one node must have more to do than another for that to outweigh the draw, in connections of this client, or
     * in shares of all that a node allows: small differences that last would send every read to the same node.
     */
    private static final double NOTICEABLE = 0.2;

    private StandbyChoice() {}

    /**
     * The standby to read from, or null where none qualifies. Where its report is older than the wanted position, it must be
     * asked itself whether it has come that far by now.
     *
     * @param inUse this client's connections that are in use, by node
     */
    public static @Nullable NodeState choose(
            Topology topology, String shard, Wanted wanted, ToIntFunction<Node> inUse, RandomGenerator random) {
        ShardState state = topology.shard(shard);
        if (state == null) {
            return null;
        }
        NodeState primary = topology.node(state.primary());
        List<NodeState> best = new ArrayList<>(state.standbys().size());
        int highest = 0;
        for (String name : state.standbys()) {
            NodeState node = topology.node(name);
            if (node == null || !qualifies(node, state, primary, wanted)) {
                continue;
            }
            if (name.equals(wanted.kept())) {
                return node;
            }
            int rank = rank(node, wanted);
            if (rank > highest) {
                best.clear();
                highest = rank;
            }
            if (rank == highest) {
                best.add(node);
            }
        }
        return drawn(best, inUse, random);
    }

    /** The zone counts most, then that the wanted position is known to be replayed. */
    private static int rank(NodeState node, Wanted wanted) {
        boolean near = wanted.zone() != null && wanted.zone().equals(node.node().zone());
        return (near ? 2 : 0) + (hasReplayed(node, wanted.position()) ? 1 : 0);
    }

    /** Whether the last look at a node saw that it has replayed the WAL up to a position. */
    public static boolean hasReplayed(NodeState node, long position) {
        NodeReport report = node.report();
        return position == 0 || (report != null && report.standby() && report.position() >= position);
    }

    private static boolean qualifies(NodeState node, ShardState shard, @Nullable NodeState primary, Wanted wanted) {
        NodeReport report = node.report();
        return node.health() == Health.UP
                && report != null
                && report.standby()
                && !report.fenced()
                && report.timeline() >= shard.timeline()
                && node.node().weight() > 0
                && !wanted.excluded().contains(node.node().name())
                && report.lagMillis() <= wanted.maxLag().millis()
                && bytesBehind(report, primary) <= wanted.maxLag().bytes();
    }

    /** How much WAL a standby has still to replay; what a primary has written that nobody has looked at counts as endless. */
    private static long bytesBehind(NodeReport standby, @Nullable NodeState primary) {
        NodeReport leader = primary == null ? null : primary.report();
        return leader == null ? Long.MAX_VALUE : Math.max(0, leader.position() - standby.position());
    }

    private static @Nullable NodeState drawn(
            List<NodeState> candidates, ToIntFunction<Node> inUse, RandomGenerator random) {
        if (candidates.size() <= 1) {
            return candidates.isEmpty() ? null : candidates.get(0);
        }
        NodeState first = byWeight(candidates, null, random);
        NodeState second = byWeight(candidates, first, random);
        return load(second, inUse, NOTICEABLE) < load(first, inUse, 0) ? second : first;
    }

    /** One of the nodes, each as probable as it weighs. */
    @SuppressWarnings("ReferenceEquality") // the same element of the list
    private static NodeState byWeight(List<NodeState> nodes, @Nullable NodeState except, RandomGenerator random) {
        int sum = 0;
        for (NodeState node : nodes) {
            sum += node == except ? 0 : node.node().weight();
        }
        int left = random.nextInt(sum);
        for (NodeState node : nodes) {
            left -= node == except ? 0 : node.node().weight();
            if (left < 0) {
                return node;
            }
        }
        throw new IllegalStateException("no node is left");
    }

    /** What a node has to do for its weight: for this client, and a little for all others. */
    private static double load(NodeState node, ToIntFunction<Node> inUse, double more) {
        NodeReport report = node.report();
        double others = report == null || report.connectionLimit() <= 0
                ? 0
                : (double) report.connections() / report.connectionLimit();
        return (inUse.applyAsInt(node.node()) + others + more) / node.node().weight();
    }
}
