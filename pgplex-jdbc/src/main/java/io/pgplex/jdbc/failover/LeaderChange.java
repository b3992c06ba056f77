package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterMap.Failover;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.Compare;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A change of one shard's primary, in steps. Confined to a thread.
 *
 * <p>The epoch is on the new primary before the leader key names it, so that nobody writes there whom it does not know; and the
 * key is changed by one transaction that holds only while whoever changes it still may. Whatever step is the last one, the
 * next arbiter sees from the servers how far it went ({@link FailoverDecision}).
 */
final class LeaderChange implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LeaderChange.class);

    /** How long a standby may take to replay what it has received, and become a primary. */
    private static final long PROMOTION_SECONDS = 60;

    private static final long POLL_MILLIS = 10;

    /** How long standbys may take to change whom they follow, and to have the same WAL. */
    private static final long GATHER_MILLIS = 1_000;

    /** Attempts against clients that change something else of the cluster. */
    private static final int MOST_ATTEMPTS = 10;

    /** Seconds to wait for a node that is wanted. */
    static final int CONNECT_SECONDS = 2;

    private final MetadataStore store;
    private final ClusterMap map;
    private final ClusterKeys keys;
    private final Credentials credentials;
    private final Compare office;
    private final List<String> ends;

    /** As the store has it, with the epoch that this change has given it. */
    private Shard shard;

    /** The shard's standbys that answer, as far as they were asked. */
    private final List<NodeControl> standbys = new ArrayList<>();

    /**
     * A change that has done nothing yet.
     *
     * @param map the map as the store has it now
     * @param office what must hold for the key to be changed
     * @param ends keys that go when the leader's key is changed
     */
    LeaderChange(
            MetadataStore store,
            ClusterMap map,
            Shard shard,
            Credentials credentials,
            Compare office,
            List<String> ends) {
        this.store = store;
        this.map = map;
        this.shard = shard;
        this.keys = new ClusterKeys(map.cluster());
        this.credentials = credentials;
        this.office = office;
        this.ends = ends;
    }

    /**
     * The way of a failover, after its decision: the primary is gone, and the most advanced of these standbys takes its place.
     *
     * @return the new primary
     * @throws SQLException 55000 where it would not be safe after all; what a server says
     */
    String failOver(Set<String> candidates, Failover mode, @Nullable ShardReplication known)
            throws SQLException, MetadataException, InterruptedException {
        List<NodeControl.State> states = ask(candidates);
        NodeControl chosen = choose(states, mode, known);
        long epoch = nextEpoch(states);
        fenceInBackground(shard.primary(), epoch);
        prepare(chosen, known);
        lead(chosen);
        gather(chosen, known);
        checkOffice();
        promote(chosen);
        awaitPrimary(chosen);
        admit(chosen, epoch);
        publish(chosen.node().name(), epoch, known);
        return chosen.node().name();
    }

    /**
     * The rest of that way, where a node was promoted already.
     *
     * @param checked whether the old primary has acknowledged nothing since, which otherwise the standbys are asked for
     */
    void finish(String promoted, Set<String> others, @Nullable ShardReplication known, boolean checked)
            throws SQLException, MetadataException, InterruptedException {
        List<NodeControl.State> states = ask(others);
        try (NodeControl primary = open(promoted)) {
            if (!checked) {
                checkNothingFollowed(primary, states);
            }
            long epoch = Math.max(nextEpoch(states), primary.state().epoch());
            prepare(primary, known);
            admit(primary, epoch);
            publish(promoted, epoch, known);
            lead(primary);
        }
    }

    /**
     * Has the old primary take no more clients if it can be reached, and waits for nothing: it counts as gone. Its standbys
     * may copy what is written there, which {@link #admit} undoes.
     */
    private void fenceInBackground(String node, long epoch) {
        Node old = node(node);
        Thread fence = new Thread(
                () -> {
                    try (NodeControl control =
                            NodeControl.open(old, map.cluster(), shard.name(), credentials, CONNECT_SECONDS)) {
                        if (control.fence(epoch, false)) {
                            int ignored = control.expel(control.now(), false);
                        }
                    } catch (SQLException e) {
                        LOG.debug("node {} cannot be fenced now: {}", node, e.getMessage());
                    }
                },
                "pgplex-fence-" + node);
        fence.setDaemon(true);
        fence.start();
    }

    /** Connects to standbys; those that do not answer count as gone. */
    private List<NodeControl.State> ask(Set<String> nodes) {
        List<NodeControl.State> states = new ArrayList<>();
        for (String node : nodes) {
            try {
                NodeControl control = open(node);
                NodeControl.State state = control.state();
                if (state.standby() && state.epoch() > 0) {
                    standbys.add(control);
                    states.add(state);
                } else {
                    control.close();
                }
            } catch (SQLException e) {
                LOG.info("cluster {}: standby {} does not answer: {}", map.cluster(), node, e.getMessage());
            }
        }
        return states;
    }

    /**
     * The standby with the most WAL. Nothing is changed yet.
     *
     * @throws SQLException 55000 where those that answer do not surely have all, and that is required
     */
    private NodeControl choose(List<NodeControl.State> states, Failover mode, @Nullable ShardReplication known)
            throws SQLException {
        Set<String> reachable = new HashSet<>();
        standbys.forEach(standby -> reachable.add(standby.node().name()));
        String unsafe = mode == Failover.LOSSY ? null : FailoverDecision.whyUnsafe(shard, reachable, known);
        if (unsafe != null || standbys.isEmpty()) {
            throw refused(unsafe == null ? "no standby answers" : unsafe);
        }
        boolean isSafe = FailoverDecision.whyUnsafe(shard, reachable, known) == null;
        return standbys.get(isSafe && known != null ? mostConfirmed(states, known) : mostAdvanced(states));
    }

    /**
     * The place of the one with the most WAL among those that commits waited for. All of these followed the old primary when they
     * were written down, so they are on its timeline, whatever timeline they name: a standby knows of a new one at its next
     * restart point, and a fresh copy at once.
     */
    private int mostConfirmed(List<NodeControl.State> states, ShardReplication known) {
        int best = -1;
        for (int i = 0; i < states.size(); i++) {
            boolean confirms = known.standbys().contains(standbys.get(i).node().name());
            if (confirms
                    && (best < 0 || states.get(i).received() > states.get(best).received())) {
                best = i;
            }
        }
        return best;
    }

    /** The place of the one on the highest timeline, and there with the most WAL; the first of equal ones. */
    static int mostAdvanced(List<NodeControl.State> states) {
        Comparator<NodeControl.State> order =
                Comparator.comparingInt(NodeControl.State::timeline).thenComparingLong(NodeControl.State::received);
        int best = 0;
        for (int i = 1; i < states.size(); i++) {
            if (order.compare(states.get(i), states.get(best)) > 0) {
                best = i;
            }
        }
        return best;
    }

    /** Later than any that these servers have seen somebody choose. */
    private long nextEpoch(List<NodeControl.State> states) {
        long epoch = shard.epoch() + 1;
        for (NodeControl.State state : states) {
            epoch = Math.max(epoch, state.epoch());
        }
        return epoch;
    }

    /** Fails where a standby has more of the old primary's WAL than the one that was promoted: it was not the right one. */
    private void checkNothingFollowed(NodeControl promoted, List<NodeControl.State> states) throws SQLException {
        long began = promoted.promotedAt();
        for (NodeControl.State state : states) {
            if (began == 0 || state.received() > began) {
                throw refused("node " + promoted.node().name()
                        + " was promoted, but a standby has later commits of the old primary");
            }
        }
    }

    /**
     * Has commits of the new primary wait for the standbys that will follow it, if the old one's did. On a standby the setting
     * means nothing yet, so a crash here leaves nothing behind.
     */
    void prepare(NodeControl chosen, @Nullable ShardReplication known) throws SQLException, InterruptedException {
        int wanted = known == null ? 0 : known.wanted();
        if (wanted == 0) {
            return;
        }
        List<String> names = new ArrayList<>();
        for (NodeControl standby : standbys) {
            if (!standby.equals(chosen)) {
                names.add(standby.standbyName());
            }
        }
        try {
            chosen.setSynchronousNames(SynchronousNames.any(Math.min(wanted, names.size()), names));
        } catch (SQLException e) {
            LOG.warn(
                    "cluster {}: synchronous_standby_names of the new primary {} stay as they are: {}",
                    map.cluster(),
                    chosen.node().name(),
                    e.getMessage());
        }
    }

    /**
     * Asks the store whether this client may still change the primary: from here on it cannot be taken back.
     *
     * @throws SQLException 55000 where it may not
     */
    void checkOffice() throws SQLException, MetadataException {
        Transaction nothing = new Transaction(List.of(office), List.of(), List.of());
        if (!(store.commit(nothing) instanceof Outcome.Committed)) {
            throw refused("this client may no longer do so");
        }
    }

    /**
     * Has a standby become a primary. A crash after it leaves a primary on a later timeline that takes no clients: the next
     * arbiter goes on with it.
     *
     * @throws SQLException 55000 where it does not begin
     */
    void promote(NodeControl chosen) throws SQLException {
        if (!chosen.promote()) {
            throw refused("node " + chosen.node().name() + " cannot be promoted");
        }
    }

    /**
     * Waits until a standby that was promoted is a primary.
     *
     * @throws SQLException 55000 where that takes too long: an arbiter goes on with it once it is
     */
    void awaitPrimary(NodeControl chosen) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PROMOTION_SECONDS);
        while (chosen.isStandby()) {
            if (System.nanoTime() - deadline > 0) {
                throw refused("node " + chosen.node().name() + " is still replaying");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Has a primary take the clients of that epoch, which nobody knows of yet. A crash leaves it as one before it does. */
    void admit(NodeControl primary, long epoch) throws SQLException {
        if (!primary.admit(epoch)) {
            throw refused("node " + primary.node().name() + " knows a later epoch than " + epoch);
        }
    }

    /**
     * Names the new primary in the leader key: the change is made. What is known of its replication is that nobody has its
     * commits yet; {@link ReplicationUpkeep} looks again.
     *
     * @throws SQLException 55000 when another one has changed the primary
     */
    void publish(String node, long epoch, @Nullable ShardReplication known) throws SQLException, MetadataException {
        int wanted = known == null ? 0 : known.wanted();
        put(node, epoch, ends, ShardReplication.none(node, wanted, wanted > 0));
    }

    /** Gives the shard another epoch under the primary that it has. */
    void publishEpoch(long epoch, List<String> keysToEnd) throws SQLException, MetadataException {
        put(shard.primary(), epoch, keysToEnd, null);
    }

    private void put(String node, long epoch, List<String> keysToEnd, @Nullable ShardReplication replication)
            throws SQLException, MetadataException {
        for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
            ClusterMapChanges changes = ClusterMapChanges.read(store, map.cluster());
            Shard now = changes.clusterExists() ? changes.map().shard(shard.name()) : null;
            if (now == null || !now.primary().equals(shard.primary()) || now.epoch() != shard.epoch()) {
                throw refused("its primary has been changed by another client meanwhile");
            }
            Transaction change = changes.changeLeader(shard.name(), node, epoch).toTransaction();
            List<Compare> compares = new ArrayList<>(change.compares());
            compares.add(office);
            List<Transaction.Put> puts = new ArrayList<>(change.puts());
            if (replication != null) {
                puts.add(new Transaction.Put(keys.replication(shard.name()), replication.encode(), null));
            }
            List<String> deletes = new ArrayList<>(change.deletes());
            deletes.addAll(keysToEnd);
            if (store.commit(new Transaction(compares, puts, deletes)) instanceof Outcome.Committed) {
                shard = shard.ledBy(node, epoch);
                return;
            }
        }
        throw refused("others keep changing the cluster, or this client may no longer do so");
    }

    /**
     * Has the other standbys follow that one, before it is promoted if it is to be: nothing of the old primary then reaches
     * them that does not reach it, for with more WAL than it has they could never follow it. What is left undone {@link
     * ReplicationUpkeep} tries again.
     */
    void lead(NodeControl primary) {
        for (NodeControl standby : standbys) {
            if (!standby.equals(primary)) {
                follow(map.cluster(), standby, primary);
            }
        }
    }

    /** Waits until none of the standbys that were told to follow another node streams from this one; not for ever. */
    void awaitDeparture(NodeControl old) throws SQLException, InterruptedException {
        Set<String> names = new HashSet<>();
        for (NodeControl standby : standbys) {
            names.add(standby.standbyName());
        }
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        while (old.followers().stream().anyMatch(follower -> names.contains(follower.name()))
                && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /**
     * Waits until a standby has what the others have, which it gets while the old primary still sends, and until that sends
     * to none of the others any more: what they would confirm from then on, the chosen one would not have. Not for ever: the
     * old primary may be gone, or this login may not lead the others.
     *
     * @param known the standbys that commits wait for, or null where they wait for none
     * @throws SQLException 55000 where one of these has got more meanwhile: it is the better choice, next time
     */
    void gather(NodeControl chosen, @Nullable ShardReplication known) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GATHER_MILLIS);
        while (!(isTheirOnlySource(chosen)
                        && mostReceived(chosen, null) <= chosen.state().received())
                && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
        if (known != null && mostReceived(chosen, known) > chosen.state().received()) {
            throw refused(
                    "a standby has later commits than node " + chosen.node().name());
        }
    }

    private boolean isTheirOnlySource(NodeControl chosen) {
        for (NodeControl standby : standbys) {
            try {
                if (!standby.equals(chosen) && !standby.receivesOnlyFrom(chosen)) {
                    return false;
                }
            } catch (SQLException e) {
                LOG.debug(
                        "standby {} does not answer any more: {}",
                        standby.node().name(),
                        e.getMessage());
            }
        }
        return true;
    }

    /** The most that another standby has received, of those alone that commits waited for where these are given. */
    private long mostReceived(NodeControl besides, @Nullable ShardReplication among) {
        long most = 0;
        for (NodeControl standby : standbys) {
            if (standby.equals(besides)
                    || (among != null
                            && !among.standbys().contains(standby.node().name()))) {
                continue;
            }
            try {
                most = Math.max(most, standby.state().received());
            } catch (SQLException e) {
                LOG.debug(
                        "standby {} does not answer any more: {}",
                        standby.node().name(),
                        e.getMessage());
            }
        }
        return most;
    }

    /** Has a standby follow a primary, or says why it cannot. */
    static void follow(String cluster, NodeControl standby, NodeControl primary) {
        try {
            if (standby.follow(primary)) {
                LOG.info(
                        "cluster {}: standby {} now follows {}",
                        cluster,
                        standby.node().name(),
                        primary.node().name());
            }
        } catch (SQLException e) {
            LOG.warn(
                    "cluster {}: standby {} cannot be told to follow {}: {}",
                    cluster,
                    standby.node().name(),
                    primary.node().name(),
                    e.getMessage());
        }
    }

    /** Connects to the standbys among these nodes, beside the one that is promoted, so that they can be led. */
    void others(Set<String> nodes) {
        List<NodeControl.State> ignored = ask(nodes);
    }

    /** The keys that go when all is done. */
    List<String> ends() {
        return ends;
    }

    NodeControl open(String node) throws SQLException {
        return NodeControl.open(node(node), map.cluster(), shard.name(), credentials, CONNECT_SECONDS);
    }

    private Node node(String name) {
        return Objects.requireNonNull(map.nodes().get(name));
    }

    SQLException refused(String why) {
        return PgplexErrors.error(
                SqlState.OBJECT_NOT_IN_STATE, "the primary of shard \"" + shard.name() + "\" was not changed: " + why);
    }

    @Override
    public void close() {
        standbys.forEach(NodeControl::close);
    }
}
