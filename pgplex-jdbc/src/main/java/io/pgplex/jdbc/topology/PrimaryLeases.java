package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Attachment;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.NodePool;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/**
 * Connections to the primaries of shards for one login, whichever node that is by now. Thread-safe.
 *
 * <p>Each attempt goes to the primary of the newest cluster map, and the server itself says whether it is one. While a
 * primary is gone or not there yet, {@link #take} waits for the next one, at most as long as for any connection
 * ({@link PoolSettings#connectionTimeoutMillis}). Nothing of the caller's was sent then, so this is right whatever it is
 * about to do.
 */
public final class PrimaryLeases {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);

    /** With a primary that is still a standby: it is being promoted, by Patroni within a second. */
    private static final Duration LONGEST_PAUSE_IN_PROMOTION = Duration.ofMillis(40);

    /** Failures of the connection that do not pass: the pools are closed; the server does not let the user in. */
    private static final Set<String> LASTING = Set.of("08003", "08004");

    /** Failures that pass beside those of the connection: a standby, another epoch, too many connections. */
    private static final Set<String> PASSING = Set.of("25006", "55000", "53300");

    /** Who waits for a connection: asked now and then whether to go on. */
    @FunctionalInterface
    public interface Waiter {

        /**
         * Returns when the waiting may go on.
         *
         * @param sinceNanos since when it lasts, on {@link System#nanoTime}'s clock
         * @throws SQLException why not
         */
        void check(long sinceNanos) throws SQLException;
    }

    /** A shard's primary as of one map and topology. */
    private static final class Place {
        private final ClusterMap map;
        private final Topology topology;
        private final Node node;
        private final Attachment as;
        /** Why the node is not asked for connections, or null. */
        private final @Nullable String down;

        private volatile @Nullable NodePool pool;

        Place(ClusterMap map, Topology topology, Node node, Attachment as, @Nullable String down) {
            this.map = map;
            this.topology = topology;
            this.node = node;
            this.as = as;
            this.down = down;
        }
    }

    private final Primaries primaries;
    private final Credentials credentials;
    private final PoolSettings settings;

    /** The last place of each shard, by ordinal; replaced and never changed, so that a lost update costs a look-up. */
    private volatile @Nullable Place[] places = new Place[0];

    PrimaryLeases(Primaries primaries, Credentials credentials, PoolSettings settings) {
        this.primaries = primaries;
        this.credentials = credentials;
        this.settings = settings;
    }

    /**
     * A connection to a shard's primary, in this state and with this network timeout; waits for one where need be.
     *
     * @param holdingOthers whether the caller holds another lease and so must not wait behind others
     * @throws SQLException 08001 with the shard, the node and the last reason when there is none in time or the thread is
     *     interrupted; what the waiter throws; at once what the server said where time does not help
     */
    public Lease take(Shard shard, boolean holdingOthers, int networkTimeoutMillis, SessionState state, Waiter waiter)
            throws SQLException {
        return take(shard, holdingOthers, networkTimeoutMillis, state, waiter, settings.connectionTimeoutMillis());
    }

    /** The same with another longest wait. */
    public Lease take(
            Shard shard,
            boolean holdingOthers,
            int networkTimeoutMillis,
            SessionState state,
            Waiter waiter,
            long timeoutMillis)
            throws SQLException {
        long began = System.nanoTime();
        long pauseNanos = FIRST_PAUSE.toNanos();
        String reported = null;
        SQLException last = null;
        while (true) {
            Place place = place(shard);
            try {
                return once(place, holdingOthers, networkTimeoutMillis, state);
            } catch (SQLException e) {
                forget(shard, place);
                if (!mayPass(e) || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                // a node that was not asked again says less than when it was
                last = last == null || isLoss(e) ? e : last;
                if (isLoss(e) && !place.node.name().equals(reported)) {
                    // once only, so that those who wait do not wake each other for ever
                    reported = place.node.name();
                    report(place, e);
                }
                long leftNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis) - (System.nanoTime() - began);
                if (leftNanos <= 0) {
                    throw none(shard, place, timeoutMillis, last);
                }
                waiter.check(began);
                if (SqlState.READ_ONLY_TRANSACTION.code().equals(e.getSQLState())) {
                    pauseNanos = Math.min(pauseNanos, LONGEST_PAUSE_IN_PROMOTION.toNanos());
                }
                await(shard, place, Math.min(pauseNanos, leftNanos), e);
                waiter.check(began);
                pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE.toNanos());
            }
        }
    }

    /** The same in one attempt, for who has something else to do meanwhile. */
    public Lease takeNow(Shard shard, boolean holdingOthers, int networkTimeoutMillis, SessionState state)
            throws SQLException {
        Place place = place(shard);
        try {
            return once(place, holdingOthers, networkTimeoutMillis, state);
        } catch (SQLException e) {
            forget(shard, place);
            if (isLoss(e)) {
                report(place, e);
            }
            throw e;
        }
    }

    private Lease once(Place place, boolean holdingOthers, int networkTimeoutMillis, SessionState state)
            throws SQLException {
        if (place.down != null) {
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE, "node " + place.node.name() + " is down: " + place.down);
        }
        NodePool pool = place.pool;
        if (pool == null) {
            pool = primaries.pools().pool(place.node, credentials, settings);
            place.pool = pool;
        }
        Lease lease = pool.lease(holdingOthers, place.as);
        try {
            lease.backend().networkTimeout(networkTimeoutMillis);
            lease.backend().apply(state);
            return lease;
        } catch (SQLException e) {
            lease.backend().failed(e);
            lease.release();
            throw e;
        }
    }

    // ---- where

    private Place place(Shard shard) throws SQLException {
        ClusterMap map = primaries.maps().current();
        Topology topology = primaries.topology().current();
        @Nullable Place[] known = places;
        Place place = shard.ordinal() < known.length ? known[shard.ordinal()] : null;
        if (place == null
                || place.map != map
                || place.topology.version() != topology.version()
                || !place.as.shard().equals(shard.name())) {
            place = find(shard, map, topology);
            remember(shard, place);
        }
        return place;
    }

    private Place find(Shard shard, @Nullable ClusterMap map, Topology topology) throws SQLException {
        Shard newest = map == null ? null : map.shard(shard.name());
        if (map == null || newest == null) {
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE, "shard " + shard.name() + " is not in the cluster any more");
        }
        Node node = map.primary(newest);
        long epoch = newest.patroni() == null ? newest.epoch() : 0;
        NodeState state = topology.node(node.name());
        String down = state != null && state.health() == Health.DOWN ? String.valueOf(state.reason()) : null;
        return new Place(map, topology, node, new Attachment(map.cluster(), newest.name(), epoch), down);
    }

    private void remember(Shard shard, @Nullable Place place) {
        @Nullable Place[] known = places;
        @Nullable Place[] changed = Arrays.copyOf(known, Math.max(known.length, shard.ordinal() + 1));
        changed[shard.ordinal()] = place;
        places = changed;
    }

    /** Its pool may have been replaced. */
    private void forget(Shard shard, Place place) {
        @Nullable Place[] known = places;
        if (shard.ordinal() < known.length && known[shard.ordinal()] == place) {
            remember(shard, null);
        }
    }

    // ---- what a failure means

    private static boolean mayPass(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return PASSING.contains(state) || (Backend.isFatal(failure) && !LASTING.contains(state));
    }

    /** Whether it says something about the node, other than that its pool was out of connections or nobody asked it. */
    private static boolean isLoss(SQLException failure) {
        return Backend.isFatal(failure) && (failure instanceof PSQLException || failure.getCause() != null);
    }

    private void report(Place place, SQLException failure) {
        NodeState state = place.topology.node(place.node.name());
        if (state != null) {
            primaries.topology().lost(place.node.name(), state.generation(), String.valueOf(failure.getMessage()));
        }
    }

    /** Waits until another attempt is worth while: another map, or the same primary found well, or after the pause. */
    private void await(Shard shard, Place tried, long pauseNanos, SQLException failure) throws SQLException {
        long until = System.nanoTime() + pauseNanos;
        Topology known = primaries.topology().current();
        NodeState before = known.primary(shard.name());
        boolean wasUp = before != null && before.health() == Health.UP;
        try {
            while (primaries.maps().current() == tried.map
                    && !isBack(known.primary(shard.name()), tried.node, wasUp)
                    && primaries.topology().awaitChange(known, until)) {
                known = primaries.topology().current();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            e.addSuppressed(failure);
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE,
                    "interrupted while waiting for the primary of shard " + shard.name(),
                    null,
                    null,
                    e);
        }
    }

    private static boolean isBack(@Nullable NodeState primary, Node tried, boolean wasUp) {
        return !wasUp && primary != null && primary.node().equals(tried) && primary.health() == Health.UP;
    }

    private static SQLException none(Shard shard, Place place, long timeoutMillis, SQLException last) {
        return PgplexErrors.error(
                SqlState.NO_ELIGIBLE_NODE,
                "no connection to the primary of shard " + shard.name() + ", node " + place.node.name() + ", within "
                        + timeoutMillis + " ms",
                "The last attempt ended with: " + last.getMessage(),
                null,
                last);
    }
}
