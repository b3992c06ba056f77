package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.topology.Health;
import io.pgplex.jdbc.topology.NodeReport;
import io.pgplex.jdbc.topology.NodeState;
import io.pgplex.jdbc.topology.Topology;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.Clients.Poll;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.Election;
import io.pgplex.metadata.store.Leadership;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Snapshot;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Promotes a standby of each shard whose primary is gone, and keeps old primaries out, while it is the one that the clients
 * have elected. Only clients stand whose login may do so on the servers. It has a thread of its own, which begins when
 * somebody stands; {@link #stand}, {@link #status} and {@link #close} may be called by any.
 */
public final class FailoverArbiter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FailoverArbiter.class);

    /** From one look at the topology to the next, while all primaries are well and while one is not. */
    private static final long PAUSE_MILLIS = 250;

    private static final long URGENT_PAUSE_MILLIS = 50;

    /** From one look at what is not urgent to the next. */
    private static final long UPKEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** How long a client that may not stand waits until it asks again. */
    private static final long AGAIN_MILLIS = 5_000;

    /** How long a dead arbiter is missed. */
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(3);

    /** A candidate waits as long as others lead. */
    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    private static final long CLOSE_MILLIS = 5_000;

    private final MetadataStore store;
    private final ClusterMapCache maps;
    private final TopologyMonitor topology;
    private final ClusterKeys keys;
    private final Election election;

    /** By role, the newest login of each. */
    private final Map<String, Credentials> logins = new ConcurrentHashMap<>();

    private final Map<String, String> refusals = new ConcurrentHashMap<>();
    private final Thread thread;
    private boolean started;
    private volatile boolean closed;

    /** The login that may promote. Confined to the thread, as all below. */
    private @Nullable Credentials acting;

    private @Nullable Leadership leadership;
    private final Map<String, ReplicationUpkeep> upkeeps = new HashMap<>();
    private final Map<String, Long> lookedAfterNanos = new HashMap<>();

    /** Nodes that were found to be retired, with the generation at which they were. */
    private final Map<String, Long> retired = new HashMap<>();

    /** Does nothing until somebody stands. */
    public FailoverArbiter(MetadataStore store, ClusterMapCache maps, TopologyMonitor topology) {
        this.store = store;
        this.maps = maps;
        this.topology = topology;
        this.keys = new ClusterKeys(maps.cluster());
        this.election = new Election(store, keys.failoverArbiter(), TIME_TO_LIVE);
        this.thread = new Thread(this::run, "pgplex-failover-" + maps.cluster());
        thread.setDaemon(true);
    }

    /** Has this client stand for election with that login, if the servers let it promote. */
    public synchronized void stand(Credentials credentials) {
        logins.put(credentials.user(), credentials);
        if (!started && !closed) {
            started = true;
            thread.start();
        }
    }

    /** Why the primaries of shards that are gone stay so, by shard, as far as this client is the arbiter. */
    public Map<String, String> status() {
        return Map.copyOf(refusals);
    }

    private void run() {
        while (!closed) {
            try {
                TimeUnit.MILLISECONDS.sleep(round());
            } catch (InterruptedException e) {
                LOG.trace("interrupted: by close(), or by nobody who matters");
            } catch (RuntimeException e) { // one failure must not end failover
                LOG.warn("failover of cluster {} failed; it goes on", maps.cluster(), e);
                pause(AGAIN_MILLIS);
            }
        }
        boolean ignored = Thread.interrupted(); // which would keep the store from being told
        resign();
    }

    private void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            LOG.trace("interrupted: by close(), or by nobody who matters");
        }
    }

    /** Looks at all shards once, if this is the arbiter; the pause until the next time. */
    private long round() throws InterruptedException {
        ClusterMap map = maps.current();
        if (map == null || map.shards().stream().noneMatch(FailoverArbiter::isOurs)) {
            return AGAIN_MILLIS / 5;
        }
        Leadership office = office(map);
        Credentials login = acting;
        map = maps.current();
        if (office == null || login == null || map == null) {
            return closed ? 0 : AGAIN_MILLIS;
        }
        boolean urgent = false;
        for (Shard shard : map.shards()) {
            if (isOurs(shard)) {
                urgent |= look(map, shard, office, login);
            }
        }
        return urgent ? URGENT_PAUSE_MILLIS : PAUSE_MILLIS;
    }

    private static boolean isOurs(Shard shard) {
        return shard.patroni() == null && !shard.standbys().isEmpty();
    }

    /** Waits until it is elected; null when it may not stand, or the store is away. */
    private @Nullable Leadership office(ClusterMap map) throws InterruptedException {
        Leadership held = leadership;
        if (held != null && held.isHeld()) {
            return held;
        }
        resign();
        acting = whoMayDecide(map);
        if (acting == null) {
            return null;
        }
        try {
            String candidate = Clients.document(
                    GlobalTransactionId.client(), ProcessHandle.current().pid());
            Leadership won = election.campaign(candidate, FOR_EVER, () -> {});
            leadership = won;
            LOG.debug("this client watches over the primaries of cluster {}", maps.cluster());
            return won;
        } catch (MetadataException e) {
            LOG.debug("nobody can be elected in cluster {} now: {}", maps.cluster(), e.getMessage());
            return null;
        }
    }

    /** The first login that may promote, by the first node that says; null where none may, or no node answers. */
    private @Nullable Credentials whoMayDecide(ClusterMap map) {
        for (Credentials login : logins.values()) {
            for (Shard shard : map.shards()) {
                for (String node : isOurs(shard) ? shard.members() : List.<String>of()) {
                    Boolean may = mayDecide(map, shard, map.nodes().get(node), login);
                    if (may != null && may) {
                        return login;
                    }
                    if (may != null) {
                        break;
                    }
                }
            }
        }
        LOG.debug("no login of this client may promote standbys of cluster {}", maps.cluster());
        return null;
    }

    /** Null where the node does not answer. */
    private static @Nullable Boolean mayDecide(ClusterMap map, Shard shard, @Nullable Node node, Credentials login) {
        if (node == null) {
            return null;
        }
        try (NodeControl control =
                NodeControl.open(node, map.cluster(), shard.name(), login, LeaderChange.CONNECT_SECONDS)) {
            return control.mayDecide();
        } catch (SQLException e) {
            LOG.debug("node {} does not say who may promote: {}", node.name(), e.getMessage());
            return null;
        }
    }

    /** Does what has to be done for a shard; whether its primary is not well. */
    private boolean look(ClusterMap map, Shard shard, Leadership office, Credentials login)
            throws InterruptedException {
        Topology seen = topology.current();
        NodeState primary = seen.node(shard.primary());
        boolean urgent = primary != null && primary.health() != Health.UP;
        try {
            Poll poll = null;
            ShardReplication replication = null;
            if (primary != null && primary.health() == Health.DOWN) {
                poll = Clients.poll(store, maps.cluster(), shard.name(), shard.primary(), shard.epoch());
                replication = replication(shard);
            }
            FailoverDecision decision = FailoverDecision.decide(
                    shard, seen, map.failover(), poll, replication, retired(map, shard, seen, login));
            act(decision, map, shard, office, login);
        } catch (SQLException | MetadataException e) {
            if (primary != null && primary.health() == Health.DOWN) {
                tell(shard, String.valueOf(e.getMessage()));
            } else {
                LOG.debug("shard {} of cluster {} cannot be looked after now", shard.name(), maps.cluster(), e);
            }
        }
        return urgent;
    }

    private @Nullable ShardReplication replication(Shard shard) throws MetadataException {
        String key = keys.replication(shard.name());
        return ShardReplication.decode(store.read(key).get(key));
    }

    private void act(FailoverDecision decision, ClusterMap map, Shard shard, Leadership office, Credentials login)
            throws SQLException, MetadataException, InterruptedException {
        if (decision instanceof FailoverDecision.Refused refused) {
            tell(shard, refused.reason());
        } else if (decision instanceof FailoverDecision.Nothing) {
            upkeep(map, shard, office, login);
        } else if (decision instanceof FailoverDecision.Fence fence) {
            for (String node : fence.nodes()) {
                retire(map, shard, node, login);
            }
        } else {
            change(decision, shard, office, login);
        }
    }

    /** Changes the primary, or finishes its change, on what the store says now. */
    private void change(FailoverDecision decision, Shard shard, Leadership office, Credentials login)
            throws SQLException, MetadataException, InterruptedException {
        Snapshot snapshot = store.read(keys.prefix());
        ClusterMapChanges stored = ClusterMapChanges.of(maps.cluster(), snapshot);
        ClusterMap map = stored.clusterExists() ? stored.map() : null;
        Shard now = map == null ? null : map.shard(shard.name());
        if (map == null
                || now == null
                || !now.primary().equals(shard.primary())
                || now.epoch() != shard.epoch()
                || snapshot.get(keys.switchover(shard.name())) != null) {
            return;
        }
        ShardReplication known = ShardReplication.decode(snapshot.get(keys.replication(shard.name())));
        try (LeaderChange change = new LeaderChange(store, map, now, login, office.compare(), List.of())) {
            if (decision instanceof FailoverDecision.Promote promote) {
                LOG.warn(
                        "cluster {}: node {}, the primary of shard {}, is gone",
                        maps.cluster(),
                        now.primary(),
                        now.name());
                String promoted = change.failOver(promote.candidates(), map.failover(), known);
                LOG.warn("cluster {}: node {} is the primary of shard {} now", maps.cluster(), promoted, now.name());
            } else if (decision instanceof FailoverDecision.Finish finish) {
                Set<String> others = new HashSet<>(now.standbys());
                others.remove(finish.node());
                boolean closed = isUp(now.primary());
                change.finish(finish.node(), others, known, closed || map.failover() == ClusterMap.Failover.LOSSY);
                LOG.warn(
                        "cluster {}: node {}, which was promoted, is the primary of shard {} now",
                        maps.cluster(),
                        finish.node(),
                        now.name());
            } else {
                readmit(change, now);
            }
        }
        refusals.remove(shard.name());
    }

    /** Lets the primary take clients again, after a change that was given up before a standby was promoted. */
    private void readmit(LeaderChange change, Shard shard) throws SQLException, MetadataException {
        if (!isTime(shard)) {
            return;
        }
        try (NodeControl primary = change.open(shard.primary())) {
            NodeControl.State state = primary.state();
            if (state.standby() || state.retired() || (!state.fenced() && state.epoch() <= shard.epoch())) {
                return; // it has seemed so only
            }
            long epoch = Math.max(shard.epoch() + 1, state.epoch());
            change.admit(primary, epoch);
            change.publishEpoch(epoch, List.of());
            LOG.warn(
                    "cluster {}: node {}, the primary of shard {}, takes clients again",
                    maps.cluster(),
                    shard.primary(),
                    shard.name());
        }
    }

    private boolean isUp(String node) {
        NodeState state = topology.current().node(node);
        return state != null && state.health() == Health.UP;
    }

    /** Keeps an old primary out, that came back. */
    private void retire(ClusterMap map, Shard shard, String node, Credentials login) throws SQLException {
        NodeState seen = topology.current().node(node);
        Node address = map.nodes().get(node);
        if (seen == null || address == null) {
            return;
        }
        try (NodeControl control =
                NodeControl.open(address, map.cluster(), shard.name(), login, LeaderChange.CONNECT_SECONDS)) {
            NodeControl.State state = control.state();
            long epoch = state.fenced()
                    ? Math.max(shard.epoch(), state.epoch())
                    : Math.max(shard.epoch(), state.epoch() + 1);
            boolean fenced = control.fence(epoch, true);
            int ignored = control.expel(control.now(), false);
            LOG.warn(
                    "cluster {}: node {} is no primary of shard {} any more: {}",
                    map.cluster(),
                    node,
                    shard.name(),
                    fenced ? "it is read-only until it is rebuilt as a standby" : "it belongs to no shard");
            retired.put(node, seen.generation());
        }
    }

    /** Which of the nodes that are primaries, though others lead, have been told to stay out of it. */
    private Set<String> retired(ClusterMap map, Shard shard, Topology seen, Credentials login) {
        Set<String> found = new HashSet<>();
        for (String node : shard.standbys()) {
            NodeState state = seen.node(node);
            NodeReport report = state == null || state.health() != Health.UP ? null : state.report();
            if (state == null || report == null || report.standby()) {
                retired.remove(node);
            } else if (isRetired(map, shard, node, state.generation(), login)) {
                found.add(node);
            }
        }
        return found;
    }

    private boolean isRetired(ClusterMap map, Shard shard, String node, long generation, Credentials login) {
        Long known = retired.get(node);
        if (known != null && known == generation) {
            return true;
        }
        Node address = map.nodes().get(node);
        if (address == null) {
            return false;
        }
        try (NodeControl control =
                NodeControl.open(address, map.cluster(), shard.name(), login, LeaderChange.CONNECT_SECONDS)) {
            if (!control.state().retired()) {
                return false;
            }
            retired.put(node, generation);
            return true;
        } catch (SQLException e) {
            LOG.debug("node {} does not say what it is: {}", node, e.getMessage());
            return false;
        }
    }

    private void upkeep(ClusterMap map, Shard shard, Leadership office, Credentials login)
            throws SQLException, MetadataException, InterruptedException {
        if (!isUp(shard.primary())) {
            return;
        }
        refusals.remove(shard.name());
        if (isTime(shard)) {
            upkeeps.computeIfAbsent(shard.name(), name -> new ReplicationUpkeep(store, maps.cluster(), name, login))
                    .look(shard, map.primary(shard), map.nodes(), topology.current(), office.compare());
        }
    }

    private boolean isTime(Shard shard) {
        long now = System.nanoTime();
        Long last = lookedAfterNanos.get(shard.name());
        if (last != null && now - last < UPKEEP_NANOS) {
            return false;
        }
        lookedAfterNanos.put(shard.name(), now);
        return true;
    }

    /** Says once why nothing is done, and keeps it for who asks. */
    private void tell(Shard shard, String reason) {
        if (!reason.equals(refusals.put(shard.name(), reason))) {
            LOG.warn(
                    "cluster {}: node {}, the primary of shard {}, is not replaced: {}",
                    maps.cluster(),
                    shard.primary(),
                    shard.name(),
                    reason);
        }
    }

    private void resign() {
        Leadership ending = leadership;
        leadership = null;
        upkeeps.values().forEach(ReplicationUpkeep::close);
        upkeeps.clear();
        retired.clear();
        refusals.clear();
        if (ending != null) {
            ending.close();
        }
    }

    /** Ends, and lets another be elected. */
    @Override
    public void close() {
        boolean running;
        synchronized (this) {
            closed = true;
            running = started;
        }
        if (!running) {
            return;
        }
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
