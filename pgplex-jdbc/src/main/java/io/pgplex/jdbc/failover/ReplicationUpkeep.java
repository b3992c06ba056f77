package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeReport;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.Compare;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what the metadata store says of one shard's synchronous replication true, while its primary is well: so that it is
 * known, once the primary is gone, whether a standby has all that was acknowledged. What weakens is written down as soon as it
 * is seen; what strengthens once every commit that was there before is on as many standbys as it will be from now on.
 *
 * <p>After a change of the primary by pgplex it keeps {@code synchronous_standby_names} too: those standbys which stream, so
 * that commits do not wait for ever. Confined to a thread.
 */
final class ReplicationUpkeep implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReplicationUpkeep.class);

    /** How long commits wait for a standby that does not stream before they go on without it. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final MetadataStore store;
    private final String cluster;
    private final String shard;
    private final ClusterKeys keys;
    private final Credentials credentials;

    /** The connection to the primary, kept from look to look. */
    private @Nullable NodeControl primary;

    /** The setting that the last look saw, and the end of the WAL at the first look that saw it. */
    private @Nullable String setting;

    private long since;

    /** Since when a standby is missing for which commits wait; 0 for none. */
    private long missingSinceNanos;

    /** What the primary could not be told, and need not be said again; null for nothing. */
    private @Nullable String refused;

    /** By what names the standbys are known to their primary, by node. */
    private final Map<String, String> names = new HashMap<>();

    ReplicationUpkeep(MetadataStore store, String cluster, String shard, Credentials credentials) {
        this.store = store;
        this.cluster = cluster;
        this.shard = shard;
        this.keys = new ClusterKeys(cluster);
        this.credentials = credentials;
    }

    /**
     * Looks once.
     *
     * @param leader the shard's primary, which is well
     * @param office what must hold for a change of the store
     */
    void look(Shard of, Node leader, Map<String, Node> nodes, Topology topology, Compare office)
            throws SQLException, MetadataException, InterruptedException {
        ShardReplication known =
                ShardReplication.decode(store.read(keys.replication(shard)).get(keys.replication(shard)));
        boolean failed = true;
        try {
            NodeControl control = connected(leader);
            if (known != null && known.primary().equals(leader.name()) && known.managed()) {
                keep(control, of, nodes, topology, known, office);
            } else {
                observe(control, of, nodes, topology, known, office);
            }
            failed = false;
        } finally {
            if (failed) {
                close();
            }
        }
    }

    private NodeControl connected(Node leader) throws SQLException {
        NodeControl open = primary;
        if (open != null && !open.node().equals(leader)) {
            close();
            open = null;
        }
        if (open == null) {
            open = NodeControl.open(leader, cluster, shard, credentials, LeaderChange.CONNECT_SECONDS);
            primary = open;
        }
        return open;
    }

    /** Writes down what an operator has set. */
    private void observe(
            NodeControl control,
            Shard of,
            Map<String, Node> nodes,
            Topology topology,
            @Nullable ShardReplication known,
            Compare office)
            throws SQLException, MetadataException {
        String now = control.synchronousNames();
        notice(now, control);
        learnNames(of, nodes, topology);
        SynchronousNames wanted = SynchronousNames.parse(now);
        if (wanted.count() == 0) {
            write(known, ShardReplication.none(of.primary(), 0, false), office);
            return;
        }
        List<NodeControl.Follower> followers = control.followers();
        Set<String> standbys = new TreeSet<>();
        for (String name : wanted.names()) {
            if (!name.equals("*")) {
                standbys.add(nodeCalled(name, of));
            }
        }
        int caughtUp = 0;
        for (NodeControl.Follower follower : followers) {
            if (wanted.includes(follower.name())) {
                standbys.add(nodeCalled(follower.name(), of));
                caughtUp += follower.confirms() && follower.streaming() && follower.flushed() >= since ? 1 : 0;
            }
        }
        ShardReplication target =
                new ShardReplication(of.primary(), wanted.count(), new ArrayList<>(standbys), wanted.count(), false);
        if (target.equals(known)) {
            return;
        }
        boolean holds = since > 0 && caughtUp >= wanted.count();
        write(known, holds ? target : ShardReplication.none(of.primary(), wanted.count(), false), office);
    }

    /** Has all standbys follow, and commits wait for those that do. */
    private void keep(
            NodeControl control,
            Shard of,
            Map<String, Node> nodes,
            Topology topology,
            ShardReplication known,
            Compare office)
            throws SQLException, MetadataException, InterruptedException {
        String now = control.synchronousNames();
        notice(now, control);
        learnNames(of, nodes, topology);
        Map<String, NodeControl.Follower> streaming = new TreeMap<>();
        for (NodeControl.Follower follower : control.followers()) {
            String node = nodeCalled(follower.name(), of);
            if (follower.streaming() && of.standbys().contains(node)) {
                streaming.put(node, follower);
            }
        }
        follow(control, of, nodes, topology, streaming.keySet());
        List<String> standbys = List.copyOf(streaming.keySet());
        int count = Math.min(known.wanted(), standbys.size());
        List<String> called =
                streaming.values().stream().map(NodeControl.Follower::name).toList();
        String target = SynchronousNames.any(count, called);
        if (SynchronousNames.parse(target).isLike(SynchronousNames.parse(now))) {
            missingSinceNanos = 0;
            boolean caughtUp = since > 0
                    && streaming.values().stream()
                                    .filter(follower -> follower.confirms() && follower.flushed() >= since)
                                    .count()
                            >= count;
            if (caughtUp) {
                write(known, new ShardReplication(of.primary(), count, standbys, known.wanted(), true), office);
            }
            return;
        }
        if (waitsForMissing(now, called) && !isPatienceOver()) {
            return;
        }
        // not safe from here on, until a later look finds that it is
        write(known, ShardReplication.none(of.primary(), known.wanted(), true), office);
        try {
            control.setSynchronousNames(target);
        } catch (SQLException e) {
            if (!target.equals(refused)) {
                LOG.warn(
                        "cluster {}: synchronous_standby_names of {} cannot be set to {}: {}",
                        cluster,
                        control.node().name(),
                        target,
                        e.getMessage());
            }
            refused = target;
            return;
        }
        LOG.info(
                "cluster {}: commits on {} now wait for: {}",
                cluster,
                control.node().name(),
                target);
    }

    private void follow(
            NodeControl control, Shard of, Map<String, Node> nodes, Topology topology, Set<String> streaming) {
        for (String standby : of.standbys()) {
            Node node = nodes.get(standby);
            if (standbyReport(topology, standby) == null || node == null || streaming.contains(standby)) {
                continue;
            }
            try (NodeControl follower =
                    NodeControl.open(node, cluster, shard, credentials, LeaderChange.CONNECT_SECONDS)) {
                LeaderChange.follow(cluster, follower, control);
                names.put(standby, follower.standbyName());
            } catch (SQLException e) {
                LOG.debug("standby {} does not answer: {}", standby, e.getMessage());
            }
        }
    }

    private static boolean waitsForMissing(String setting, List<String> streaming) {
        SynchronousNames present = SynchronousNames.parse(setting);
        return present.names().stream().anyMatch(name -> !streaming.contains(name));
    }

    private boolean isPatienceOver() {
        long now = System.nanoTime();
        if (missingSinceNanos == 0) {
            missingSinceNanos = now;
        }
        return now - missingSinceNanos > PATIENCE_NANOS;
    }

    /** Notes a setting that was not seen before: {@link #since} is 0 until the next look sees it, too. */
    private void notice(String now, NodeControl control) throws SQLException {
        if (!now.equals(setting)) {
            setting = now;
            since = 0;
        } else if (since == 0) {
            since = control.position();
        }
    }

    /** Asks standbys by what name their primary knows them, once each. */
    private void learnNames(Shard of, Map<String, Node> nodes, Topology topology) {
        for (String standby : of.standbys()) {
            Node node = nodes.get(standby);
            NodeReport report = standbyReport(topology, standby);
            if (node == null || report == null || names.containsKey(standby)) {
                continue;
            }
            try (NodeControl control =
                    NodeControl.open(node, cluster, shard, credentials, LeaderChange.CONNECT_SECONDS)) {
                names.put(standby, control.standbyName());
            } catch (SQLException e) {
                LOG.debug("standby {} does not answer: {}", standby, e.getMessage());
            }
        }
    }

    /** What was last seen of a node that is there and in recovery, else null. */
    private static @Nullable NodeReport standbyReport(Topology topology, String node) {
        NodeState state = topology.node(node);
        NodeReport report = state == null || state.health() != Health.UP ? null : state.report();
        return report != null && report.standby() ? report : null;
    }

    /**
     * The node that gives its primary that name, or has it itself, where it was not to be asked; a question mark and the name
     * where there is none.
     */
    private String nodeCalled(String name, Shard of) {
        for (Map.Entry<String, String> entry : names.entrySet()) {
            if (entry.getValue().equalsIgnoreCase(name) && of.standbys().contains(entry.getKey())) {
                return entry.getKey();
            }
        }
        return of.standbys().contains(name) && !names.containsKey(name) ? name : "?" + name;
    }

    private void write(@Nullable ShardReplication known, ShardReplication found, Compare office)
            throws MetadataException {
        if (found.equals(known)) {
            return;
        }
        Transaction.Put put = new Transaction.Put(keys.replication(shard), found.encode(), null);
        Outcome outcome = store.commit(new Transaction(List.of(office), List.of(put), List.of()));
        if (!(outcome instanceof Outcome.Committed)) {
            throw new MetadataException(
                    MetadataException.Kind.UNAVAILABLE, "another client promotes standbys of the cluster by now");
        }
        LOG.info(
                "cluster {}, shard {}: {}",
                cluster,
                shard,
                found.count() == 0
                        ? "commits of " + found.primary() + " are not known to be on a standby"
                        : "each commit of " + found.primary() + " is on " + found.count() + " of " + found.standbys());
    }

    @Override
    public void close() {
        NodeControl open = primary;
        primary = null;
        setting = null;
        if (open != null) {
            open.close();
        }
    }
}
