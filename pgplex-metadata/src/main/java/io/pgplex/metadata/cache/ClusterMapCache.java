package io.pgplex.metadata.cache;

import io.pgplex.metadata.cache.CacheStatus.State;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.patroni.PatroniOverlay;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Snapshot;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster map as this client knows it: read once, then kept up to date by a watch. Thread-safe, for any number of
 * users; {@link #current()} is one volatile read.
 *
 * <p>While the store cannot be followed, or holds what cannot be understood, the last good map stays current and
 * {@link #status()} says why.
 *
 * <p>Of a shard whose primary Patroni chooses, the map has the nodes that Patroni's keys name. They are never written back:
 * whoever changes the cluster reads its own keys.
 */
public final class ClusterMapCache implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMapCache.class);

    /** How long opening waits for Patroni's keys at most; each read of the store has a limit of its own. */
    private static final Duration PATRONI_PATIENCE = Duration.ofSeconds(30);

    private final String cluster;
    private final FollowedPrefix keys;
    private final PatroniShards patroni;
    private final List<ClusterMapListener> listeners = new CopyOnWriteArrayList<>();

    /** Guards the fields below it; never held over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();

    /** The map by the cluster's own keys, the last that could be understood. */
    private @Nullable ClusterMap stored;

    /** Why the cluster's own keys cannot be understood, or null when they can. */
    private @Nullable String corruption;

    private boolean closed;

    private volatile @Nullable ClusterMap current;
    private volatile CacheStatus status = new CacheStatus(State.DETACHED, "not read yet", 0);

    private ClusterMapCache(MetadataStore store, String cluster) {
        this.cluster = cluster;
        ClusterKeys own = new ClusterKeys(cluster);
        this.keys = new FollowedPrefix(
                store, own.prefix(), own::isPartOfMap, "pgplex-cluster-map-" + cluster, new OwnKeys());
        this.patroni = new PatroniShards(store, cluster, this::patroniChanged);
    }

    /**
     * Reads a cluster's map and follows it from then on.
     *
     * @param store stays the caller's to close, after the cache
     * @throws MetadataException whatever the store throws; CORRUPT when the map cannot be understood
     */
    public static ClusterMapCache open(MetadataStore store, String cluster) throws MetadataException {
        ClusterMapCache cache = new ClusterMapCache(store, cluster);
        try {
            cache.keys.attach();
            CacheStatus status = cache.status();
            if (status.state() == State.CORRUPT) {
                throw new MetadataException(Kind.CORRUPT, Objects.requireNonNull(status.reason()));
            }
            cache.awaitPatroni();
        } catch (MetadataException e) {
            cache.close();
            throw e;
        }
        return cache;
    }

    /** What Patroni says is part of the first map, where it can be had. */
    private void awaitPatroni() {
        try {
            ClusterMap ignored = await(patroni::answered, PATRONI_PATIENCE);
        } catch (MetadataException e) {
            LOG.warn("cluster {} goes on without Patroni's keys: {}", cluster, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The map now, or null when the cluster does not exist. */
    public @Nullable ClusterMap current() {
        return current;
    }

    public CacheStatus status() {
        return status;
    }

    public String cluster() {
        return cluster;
    }

    /** Tells a listener of every map after the current one. */
    public void addListener(ClusterMapListener listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
    }

    public void removeListener(ClusterMapListener listener) {
        listeners.remove(listener);
    }

    /**
     * Waits until the cache has seen a revision, for instance that of this client's own transaction on this cluster, and what
     * Patroni says of the shards of then.
     *
     * @return the map then, null when the cluster does not exist
     * @throws MetadataException TIMEOUT; UNAVAILABLE when the cache is closed
     */
    public @Nullable ClusterMap awaitRevision(long revision, Duration timeout)
            throws MetadataException, InterruptedException {
        return await(() -> status.revision() >= revision && patroni.answered(), timeout);
    }

    /**
     * Waits until another map than the given one is current.
     *
     * @param known a map that {@link #current()} gave
     * @throws MetadataException TIMEOUT; UNAVAILABLE when the cache is closed
     */
    @SuppressWarnings("ReferenceEquality") // each map is one value of the volatile field
    public @Nullable ClusterMap awaitChange(@Nullable ClusterMap known, Duration timeout)
            throws MetadataException, InterruptedException {
        return await(() -> current != known, timeout);
    }

    private @Nullable ClusterMap await(BooleanSupplier condition, Duration timeout)
            throws MetadataException, InterruptedException {
        long left = timeout.toNanos();
        lock.lock();
        try {
            while (!condition.getAsBoolean()) {
                if (closed) {
                    throw new MetadataException(Kind.UNAVAILABLE, "the cluster map's cache is closed");
                }
                if (left <= 0) {
                    throw new MetadataException(Kind.TIMEOUT, "no such change of the cluster map in " + timeout);
                }
                left = changed.awaitNanos(left);
            }
            return current;
        } finally {
            lock.unlock();
        }
    }

    /** The cluster's own keys. Called under the lock of {@link #keys}, never under the one of this object. */
    private final class OwnKeys implements FollowedPrefix.Listener {
        @Override
        public void seen(long revision, List<KeyValue> pairs, boolean relevant) {
            if (!relevant) {
                noted(revision);
                return;
            }
            try {
                ClusterMap read = ClusterMapCodec.decode(cluster, new Snapshot(revision, pairs));
                patroni.follow(read);
                stored(read, revision);
            } catch (MetadataException e) {
                LOG.warn("cluster {} keeps its last good map: {}", cluster, e.getMessage());
                corrupt(String.valueOf(e.getMessage()), revision);
            }
        }

        @Override
        public void detached(String reason) {
            lock.lock();
            try {
                if (!closed) {
                    status = new CacheStatus(State.DETACHED, reason, status.revision());
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** The pairs are as they were; only the revision is another. */
    private void noted(long revision) {
        lock.lock();
        try {
            if (!closed) {
                status = corruption == null
                        ? new CacheStatus(State.FOLLOWING, null, revision)
                        : new CacheStatus(State.CORRUPT, corruption, revision);
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private void corrupt(String reason, long revision) {
        lock.lock();
        try {
            corruption = reason;
        } finally {
            lock.unlock();
        }
        noted(revision);
    }

    /** The pairs mean another map. */
    private void stored(@Nullable ClusterMap read, long revision) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            stored = read;
            corruption = null;
            status = new CacheStatus(State.FOLLOWING, null, revision);
            publish(overlaid());
        } finally {
            lock.unlock();
        }
    }

    /** Patroni's keys changed: most often a position in the WAL, which makes no new map. */
    private void patroniChanged() {
        lock.lock();
        try {
            ClusterMap before = current;
            ClusterMap after = overlaid();
            if (!closed && before != null && after != null && !sameNodes(before, after)) {
                publish(after);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean sameNodes(ClusterMap before, ClusterMap after) {
        for (Shard shard : after.shards()) {
            if (!shard.equals(before.shard(shard.name()))) {
                LOG.info(
                        "Patroni: shard {} of cluster {} is led by {} and followed by {}",
                        shard.name(),
                        cluster,
                        shard.primary(),
                        shard.standbys());
            }
        }
        return before.shards().equals(after.shards()) && before.nodes().equals(after.nodes());
    }

    private @Nullable ClusterMap overlaid() {
        ClusterMap map = stored;
        return map == null ? null : PatroniOverlay.apply(map, patroni.states());
    }

    /** Makes a map visible. The lock is held. */
    private void publish(@Nullable ClusterMap after) {
        ClusterMap before = current;
        current = after;
        changed.signalAll();
        tell(before, after);
    }

    private void tell(@Nullable ClusterMap before, @Nullable ClusterMap after) {
        for (ClusterMapListener listener : listeners) {
            try {
                listener.changed(before, after);
            } catch (RuntimeException e) {
                LOG.warn("a listener of the cluster map of {} failed", cluster, e);
            }
        }
    }

    /** Ends the watches and leaves no thread; {@link #current()} keeps the last map. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            status = new CacheStatus(State.CLOSED, "closed", status.revision());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        keys.close();
        patroni.close();
    }
}
