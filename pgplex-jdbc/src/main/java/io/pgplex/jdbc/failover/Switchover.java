package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.Compare;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a standby the primary of its shard on request, while the old primary is well: nothing is lost, and writes wait for less
 * than a second. Thread-safe.
 */
public final class Switchover {

    private static final Logger LOG = LoggerFactory.getLogger(Switchover.class);

    /** How long the old primary's running transactions may take to end by themselves. */
    private static final long GRACE_MILLIS = 300;

    /** In the first part of that, clients hear of the change, and even idle sessions are left alone. */
    private static final long QUIET_MILLIS = 50;

    private static final long POLL_MILLIS = 10;

    /** How long sessions that were told to end may take to. */
    private static final long EXPEL_MILLIS = 2_000;

    /** How long the standby may take to replay what the old primary wrote last. */
    private static final long CATCH_UP_MILLIS = 2_000;

    /** A standby that has less than this of the WAL, in bytes, is not asked to become the primary. */
    private static final long MOST_BEHIND = 16L * 1024 * 1024;

    /** How long a switchover whose client died keeps others away. */
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(5);

    private final MetadataStore store;
    private final String cluster;
    private final ClusterKeys keys;
    private final Credentials credentials;

    /** @param credentials whose login changes the primary */
    public Switchover(MetadataStore store, String cluster, Credentials credentials) {
        this.store = store;
        this.cluster = cluster;
        this.keys = new ClusterKeys(cluster);
        this.credentials = credentials;
    }

    /**
     * Makes a node the primary of a shard; does nothing where it is that already. Returns when the leader key says so: clients
     * follow as soon as the store has told them.
     *
     * @throws SQLException 42704 for an unknown shard or node; 55000 where the node is no standby that follows closely, did not
     *     catch up in time, or Patroni leads; 55006 while somebody else changes the primary; 42501 where this login may not;
     *     08006 when the metadata store does not answer; what a server says
     */
    public void to(String shard, String node) throws SQLException {
        try {
            Snapshot snapshot = store.read(keys.prefix());
            ClusterMapChanges stored = ClusterMapChanges.of(cluster, snapshot);
            ClusterMap map = stored.clusterExists() ? stored.map() : null;
            Shard of = map == null ? null : map.shard(shard);
            if (map == null || of == null) {
                throw PgplexErrors.error(SqlState.UNDEFINED_OBJECT, "shard \"" + shard + "\" does not exist");
            }
            if (of.primary().equals(node)) {
                return;
            }
            check(of, node);
            begin(map, of, node, snapshot);
        } catch (MetadataException e) {
            throw PgplexErrors.error(SqlState.CONNECTION_FAILURE, "the metadata store failed", e.getMessage(), null, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgplexErrors.error(
                    SqlState.QUERY_CANCELED,
                    "interrupted while the primary of shard \"" + shard + "\" was changed",
                    null,
                    "An arbiter finishes the change, or takes it back, within some seconds.",
                    e);
        }
    }

    private static void check(Shard of, String node) throws SQLException {
        if (of.patroni() != null) {
            throw PgplexErrors.error(
                    SqlState.OBJECT_NOT_IN_STATE,
                    "Patroni chooses the primary of shard \"" + of.name() + "\"",
                    "Use patronictl switchover.");
        }
        if (!of.standbys().contains(node)) {
            throw PgplexErrors.error(
                    SqlState.UNDEFINED_OBJECT,
                    "node \"" + node + "\" is no standby of shard \"" + of.name() + "\"",
                    of.standbys().isEmpty()
                            ? "The shard has none."
                            : "Its standbys are: " + String.join(", ", of.standbys()) + ".");
        }
    }

    /** Keeps other switchovers and arbiters away from the shard, as long as this client lives. */
    private void begin(ClusterMap map, Shard of, String node, Snapshot snapshot)
            throws SQLException, MetadataException, InterruptedException {
        String key = keys.switchover(of.name());
        try (Lease lease = store.grantLease(TIME_TO_LIVE, () -> {})) {
            String document = Clients.document(
                    GlobalTransactionId.client(), ProcessHandle.current().pid());
            Outcome outcome = store.commit(Transaction.builder()
                    .ifAbsent(key)
                    .ifRevision(keys.shard(of.name()), revision(snapshot, keys.shard(of.name())))
                    .ifRevision(keys.leader(of.name()), revision(snapshot, keys.leader(of.name())))
                    .put(key, document, lease)
                    .build());
            if (!(outcome instanceof Outcome.Committed committed)) {
                throw PgplexErrors.error(
                        SqlState.OBJECT_IN_USE,
                        "the primary of shard \"" + of.name() + "\" is being changed by another client",
                        "Try again.");
            }
            String record = keys.replication(of.name());
            ShardReplication known = ShardReplication.decode(snapshot.get(record));
            Compare office = new Compare.Revision(key, committed.revision());
            try (LeaderChange change = new LeaderChange(store, map, of, credentials, office, List.of(key));
                    NodeControl old = change.open(of.primary());
                    NodeControl next = change.open(node)) {
                checkFitness(of, old, next);
                Set<String> others = new HashSet<>(of.standbys());
                others.remove(node);
                change.others(others);
                run(change, of, old, next, known);
            }
        }
    }

    /**
     * The way of a switchover. Until the standby is told to become a primary, a failure takes all back; from then on, and when
     * this client dies, an arbiter finishes or takes it back.
     */
    private void run(LeaderChange change, Shard of, NodeControl old, NodeControl next, @Nullable ShardReplication known)
            throws SQLException, MetadataException, InterruptedException {
        long closed = 1 + Math.max(of.epoch(), old.state().epoch());
        boolean promoting = false;
        try {
            String since = close(change, old, closed);
            drain(change, old, since);
            change.prepare(next, known);
            change.lead(next);
            change.awaitDeparture(old);
            catchUp(change, old, next, closed);
            change.gather(next, known);
            change.checkOffice();
            change.promote(next);
            promoting = true;
        } finally {
            if (!promoting) {
                takeBack(change, old, closed + 1);
            }
        }
        change.awaitPrimary(next);
        change.admit(next, closed + 1);
        change.publish(next.node().name(), closed + 1, known);
        retire(old, closed + 1);
        LOG.info(
                "cluster {}: node {} is the primary of shard {} now",
                cluster,
                next.node().name(),
                of.name());
    }

    /**
     * Has the old primary take no more clients, and then tells the clients, which wait from now on: it is their primary still,
     * at an epoch at which it takes nobody.
     *
     * @return when the server's clock says that nobody was taken any more
     */
    private static String close(LeaderChange change, NodeControl old, long epoch)
            throws SQLException, MetadataException {
        if (!old.fence(epoch, false)) {
            throw change.refused("node " + old.node().name() + " knows a later epoch than " + epoch);
        }
        String since = old.now();
        change.publishEpoch(epoch, List.of());
        return since;
    }

    /** Waits until the transactions that were running have ended, or ends them. */
    private static void drain(LeaderChange change, NodeControl old, String since)
            throws SQLException, InterruptedException {
        TimeUnit.MILLISECONDS.sleep(QUIET_MILLIS);
        long start = System.nanoTime();
        boolean idleOnly = true;
        while (old.expel(since, idleOnly) > 0) {
            long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            if (waited > EXPEL_MILLIS) {
                throw change.refused("sessions on node " + old.node().name() + " do not end");
            }
            idleOnly = waited < GRACE_MILLIS - QUIET_MILLIS;
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Waits until the standby has replayed all that the old primary's clients have written. */
    private static void catchUp(LeaderChange change, NodeControl old, NodeControl next, long epoch)
            throws SQLException, InterruptedException {
        long last = old.position();
        // writes a little behind that position, and so has all before it reach the disk, from where it is sent
        boolean ignored = old.fence(epoch, false);
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CATCH_UP_MILLIS);
        while (next.replayed() < last) {
            if (System.nanoTime() - deadline > 0) {
                throw change.refused(
                        "node " + next.node().name() + " did not catch up within " + CATCH_UP_MILLIS + " ms");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /** Lets the old primary go on. Where that fails, an arbiter does it. */
    private void takeBack(LeaderChange change, NodeControl old, long epoch) {
        try {
            change.admit(old, epoch);
            change.publishEpoch(epoch, change.ends());
            change.lead(old);
        } catch (SQLException | MetadataException e) {
            LOG.warn(
                    "cluster {}: node {} takes no clients yet: {}",
                    cluster,
                    old.node().name(),
                    e.getMessage());
        }
    }

    /** Keeps the old primary out until it is rebuilt as a standby. Where that fails, an arbiter does it. */
    private void retire(NodeControl old, long epoch) {
        try {
            boolean ignored = old.fence(epoch, true);
            int left = old.expel(old.now(), false);
            LOG.debug("{} sessions of node {} were ended", left, old.node().name());
        } catch (SQLException e) {
            LOG.warn(
                    "cluster {}: node {} is not read-only yet: {}",
                    cluster,
                    old.node().name(),
                    e.getMessage());
        }
    }

    private static long revision(Snapshot snapshot, String key) {
        KeyValue pair = snapshot.get(key);
        return pair == null ? 0 : pair.modRevision();
    }

    /** Looks whether it will work, before anything is changed. */
    private static void checkFitness(Shard of, NodeControl old, NodeControl next) throws SQLException {
        for (NodeControl control : List.of(old, next)) {
            if (!control.mayDecide()) {
                throw PgplexErrors.error(
                        SqlState.INSUFFICIENT_PRIVILEGE,
                        "this login may not change primaries on node \""
                                + control.node().name() + "\"",
                        "It needs EXECUTE on the functions fence, expel, admit, promote, promoted_at and standby_name of"
                                + " schema pgplex.");
            }
        }
        NodeControl.State state = next.state();
        if (old.isStandby() || !state.standby() || state.epoch() == 0) {
            throw notNow(
                    of, "node \"" + (old.isStandby() ? old : next).node().name() + "\" is not what the map says", null);
        }
        String name = next.standbyName();
        long position = old.position();
        for (NodeControl.Follower follower : old.followers()) {
            if (follower.name().equals(name) && follower.streaming()) {
                long behind = position - follower.flushed();
                if (behind > MOST_BEHIND) {
                    throw notNow(
                            of,
                            "node \"" + next.node().name() + "\" is " + behind + " bytes of WAL behind",
                            "Try again when it has caught up.");
                }
                return;
            }
        }
        throw notNow(of, "node \"" + next.node().name() + "\" does not stream from the primary", null);
    }

    private static SQLException notNow(Shard of, String why, @Nullable String hint) {
        return PgplexErrors.error(
                SqlState.OBJECT_NOT_IN_STATE,
                "the primary of shard \"" + of.name() + "\" was not changed: " + why,
                hint);
    }
}
