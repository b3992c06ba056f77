package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.admin.Listing.Value;
import io.pgplex.jdbc.cluster.ClusterRegistry;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.failover.Switchover;
import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeReport;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the management database shows of a cluster: its nodes and shards, as the cluster map has them and as this client
 * finds them. No server is asked for it. Thread-safe.
 */
final class ClusterTree {

    /** How long a session's first SHOW waits for the first look at nodes that nobody has asked yet. */
    private static final long FIRST_LOOK_NANOS = TimeUnit.SECONDS.toNanos(3);

    /** How long a change of a leader may take to reach this client. */
    private static final Duration FOLLOWED_WITHIN = Duration.ofSeconds(10);

    private static final int LONGEST_ZONE = 63;

    private final MetadataStore store;
    private final ClusterMapCache cache;
    private final TopologyMonitor topology;
    private final ClusterRegistry registry;
    private final Supplier<Map<String, String>> failoverRefusals;
    private final Switchover switchover;

    ClusterTree(
            MetadataStore store,
            ClusterMapCache cache,
            TopologyMonitor topology,
            ClusterRegistry registry,
            Supplier<Map<String, String>> failoverRefusals,
            Switchover switchover) {
        this.store = store;
        this.cache = cache;
        this.topology = topology;
        this.registry = registry;
        this.failoverRefusals = failoverRefusals;
        this.switchover = switchover;
    }

    AdminTree tree() {
        return new AdminTree(List.of(nodes(), shards()));
    }

    // ---- nodes

    /** A node by the map, and what this client knows of it, or null. */
    private record NodeView(
            Node node, Shard shard, @Nullable NodeState state) {

        @Nullable
        NodeReport report() {
            return state == null ? null : state.report();
        }

        /** What the keys say the node is; a node that does not follow its shard's primary shows here what it is instead. */
        String role() {
            if (shard.primary().equals(node.name())) {
                return "primary";
            }
            NodeReport report = report();
            if (report == null || report.standby()) {
                return "standby";
            }
            return report.fenced() ? "fenced" : "not in recovery";
        }
    }

    private Listing<NodeView> nodes() {
        return new Listing<>(
                "nodes",
                List.of(
                        Value.text(
                                "name", "the node's name", view -> view.node().name()),
                        Value.text("shard", "the shard that it belongs to", view -> view.shard()
                                .name()),
                        Value.text("role", "primary, standby, or fenced after a failover", NodeView::role),
                        Value.text(
                                "health",
                                "how it answers this client: up, suspect, down, or unknown",
                                view -> health(view.state())),
                        Value.text("host", "its host", view -> view.node().host()),
                        Value.number("port", "its port", view -> view.node().port()),
                        Value.text(
                                "database", "its database", view -> view.node().database()),
                        Value.<NodeView>text(
                                        "zone",
                                        "where it stands, for clients that prefer what is near",
                                        view -> view.node().zone())
                                .setBy((view, zone) -> setZone(view.node().name(), zone)),
                        Value.<NodeView>number("weight", "its share of the reads, 0 for none", view -> view.node()
                                        .weight())
                                .setBy((view, weight) -> setWeight(view.node().name(), weight)),
                        Value.number(
                                "timeline", "the timeline that it writes or replays", reported(NodeReport::timeline)),
                        Value.text(
                                "position",
                                "up to where it has written or replayed the WAL",
                                view -> position(view.report())),
                        Value.number(
                                "lag_ms",
                                "how far its replay is behind, in milliseconds",
                                reported(NodeReport::lagMillis)),
                        Value.number(
                                "connections", "open connections on the server", reported(NodeReport::connections)),
                        Value.number(
                                "generation",
                                "rises each time that connections to it are found lost",
                                view -> view.state() == null
                                        ? null
                                        : view.state().generation()),
                        Value.text("reason", "why it is not up", view -> reason(view.state()))),
                this::nodeViews);
    }

    private SortedMap<String, NodeView> nodeViews() {
        ClusterMap map = cache.current();
        SortedMap<String, NodeView> views = new TreeMap<>();
        if (map != null) {
            Topology seen = topology.current();
            for (Shard shard : map.shards()) {
                for (String member : shard.members()) {
                    Node node = Objects.requireNonNull(map.nodes().get(member));
                    views.put(member, new NodeView(node, shard, seen.node(member)));
                }
            }
        }
        return views;
    }

    private static Function<NodeView, @Nullable Number> reported(Function<NodeReport, Number> part) {
        return view -> {
            NodeReport report = view.report();
            return report == null ? null : part.apply(report);
        };
    }

    private static String health(@Nullable NodeState state) {
        return (state == null ? Health.UNKNOWN : state.health()).name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String reason(@Nullable NodeState state) {
        return state == null ? null : state.reason();
    }

    /** A position as PostgreSQL writes a {@code pg_lsn}. */
    private static @Nullable String position(@Nullable NodeReport report) {
        return report == null
                ? null
                : String.format(Locale.ROOT, "%X/%X", report.position() >>> 32, report.position() & 0xFFFF_FFFFL);
    }

    private void setWeight(String node, @Nullable String value) throws SQLException {
        int weight = value == null ? Node.DEFAULT_WEIGHT : weight(node, value);
        registry.change(changes -> {
            Node old = existing(changes.map(), node);
            changes.changeNode(node, old.zone(), weight);
        });
    }

    private static int weight(String node, String value) throws SQLException {
        if (value.matches("[0-9]{1,9}") && Integer.parseInt(value) <= Node.HIGHEST_WEIGHT) {
            return Integer.parseInt(value);
        }
        throw invalid("nodes." + node + ".weight", "It is a whole number from 0 to " + Node.HIGHEST_WEIGHT + ".");
    }

    private void setZone(String node, @Nullable String zone) throws SQLException {
        if (zone != null && (zone.isBlank() || zone.length() > LONGEST_ZONE)) {
            throw invalid(
                    "nodes." + node + ".zone",
                    "It is a name of at most " + LONGEST_ZONE + " characters; RESET takes it away.");
        }
        registry.change(changes -> {
            Node old = existing(changes.map(), node);
            changes.changeNode(node, zone, old.weight());
        });
    }

    /** A node that may have left the cluster meanwhile. */
    private Node existing(ClusterMap map, String name) throws SQLException {
        Node node = map.nodes().get(name);
        if (node == null) {
            ClusterMap seen = cache.current();
            if (seen != null && seen.nodes().containsKey(name)) {
                throw PgplexErrors.error(
                        SqlState.OBJECT_NOT_IN_STATE,
                        "Patroni says what node \"" + name + "\" is",
                        "Use the tags noloadbalance and zone in the member's Patroni configuration.");
            }
            throw Listing.unknown("nodes." + name, new TreeMap<>(map.nodes()).keySet());
        }
        return node;
    }

    // ---- shards

    /** A shard by the map, which of its nodes its commits wait for as far as the store knows, and why its leader is not up or not replaced, or null. */
    private record ShardView(
            Shard shard,
            ClusterMap.Failover failover,
            @Nullable String synchronous,
            @Nullable String reason) {}

    private Listing<ShardView> shards() {
        return new Listing<>(
                "shards",
                List.of(
                        Value.text(
                                "name", "the shard's name", view -> view.shard().name()),
                        Value.<ShardView>text(
                                        "leader",
                                        "the node that takes its writes; setting it is a switchover",
                                        view -> view.shard().primary())
                                .setBy(this::setLeader),
                        Value.number("epoch", "rises with each change of its leader or buckets", view -> view.shard()
                                .epoch()),
                        Value.text(
                                "standbys",
                                "the nodes that follow its leader",
                                view -> String.join(",", view.shard().standbys())),
                        Value.text(
                                "patroni",
                                "the scope of the Patroni cluster that chooses its leader",
                                view -> view.shard().patroni()),
                        Value.text(
                                "failover",
                                "who promotes a standby when the leader is gone: patroni, or pgplex when safe, lossy, never when off",
                                ClusterTree::failover),
                        Value.text(
                                "synchronous",
                                "how many of which standbys each commit is surely on, as a failover goes by it",
                                ShardView::synchronous),
                        Value.text("reason", "why its leader is not up, or is not replaced", ShardView::reason)),
                this::shardViews);
    }

    private SortedMap<String, ShardView> shardViews() {
        ClusterMap map = cache.current();
        SortedMap<String, ShardView> views = new TreeMap<>();
        if (map != null) {
            Map<String, String> refusals = failoverRefusals.get();
            Topology seen = topology.current();
            for (Shard shard : map.shards()) {
                String refusal = refusals.get(shard.name());
                String reason = refusal != null ? refusal : reason(seen.node(shard.primary()));
                views.put(shard.name(), new ShardView(shard, map.failover(), synchronous(shard), reason));
            }
        }
        return views;
    }

    /** What a failover of the shard could rely on; null for nothing, or where the store does not answer. */
    private @Nullable String synchronous(Shard shard) {
        String key = new ClusterKeys(cache.cluster()).replication(shard.name());
        try {
            ShardReplication known = ShardReplication.decode(store.read(key).get(key));
            return known == null || known.count() == 0 || !known.primary().equals(shard.primary())
                    ? null
                    : known.count() + " of " + String.join(",", known.standbys());
        } catch (MetadataException e) {
            return null;
        }
    }

    private static String failover(ShardView view) {
        return view.shard().patroni() != null
                ? "patroni"
                : view.failover().name().toLowerCase(Locale.ROOT);
    }

    private void setLeader(ShardView view, @Nullable String node) throws SQLException {
        Shard shard = view.shard();
        String path = "shards." + shard.name() + ".leader";
        if (node == null) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "\"" + path + "\" has no default",
                    "SET " + path + " = 'node' is a switchover to that node.");
        }
        if (!shard.members().contains(node)) {
            throw invalid(path, "The nodes of the shard are " + String.join(", ", shard.members()) + ".");
        }
        switchover.to(shard.name(), node);
        awaitLeader(shard.name(), node);
    }

    /** Waits until this client's map shows the leader, so that the next SHOW does; the change itself is made. */
    private void awaitLeader(String shard, String node) throws SQLException {
        try {
            ClusterMap map = cache.current();
            Shard led = map == null ? null : map.shard(shard);
            while (led != null && !led.primary().equals(node)) {
                map = cache.awaitChange(map, FOLLOWED_WITHIN);
                led = map == null ? null : map.shard(shard);
            }
        } catch (MetadataException e) {
            throw PgplexErrors.error(
                    SqlState.CONNECTION_FAILURE,
                    "node \"" + node + "\" leads, but this client has not heard of it",
                    e.getMessage(),
                    null,
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the leader is changed
        }
    }

    // ---- both

    /** Waits until each node was looked at once, or a while where some look takes longer. */
    void awaitFirstLook() {
        long deadline = System.nanoTime() + FIRST_LOOK_NANOS;
        Topology seen = topology.current();
        try {
            while (seen.nodes().values().stream().anyMatch(node -> node.health() == Health.UNKNOWN)
                    && topology.awaitChange(seen, deadline)) {
                seen = topology.current();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // what is known now will do
        }
    }

    private static SQLException invalid(String path, String hint) {
        return PgplexErrors.error(SqlState.INVALID_PARAMETER, "invalid value for \"" + path + "\"", hint);
    }
}
