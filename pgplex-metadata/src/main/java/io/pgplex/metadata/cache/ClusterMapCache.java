package io.pgplex.metadata.cache;

import io.pgplex.metadata.cache.CacheStatus.State;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchEvent;
import io.pgplex.metadata.store.WatchListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
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
 * <p>When the watch is lost, a thread of the cache reads again until that succeeds, waiting between attempts; until
 * then, and while the store holds what cannot be understood, the last good map stays current and {@link #status()} says
 * why.
 */
public final class ClusterMapCache implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterMapCache.class);

    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long LONGEST_BACKOFF_MILLIS = 5_000;
    private static final long CLOSE_MILLIS = 5_000;

    private final MetadataStore store;
    private final String cluster;
    private final ClusterKeys keys;
    private final List<ClusterMapListener> listeners = new CopyOnWriteArrayList<>();

    /** Guards the fields below it; never held over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();

    /** What the map is made from, and whether {@link #current} is made from exactly that. */
    private final TreeMap<String, KeyValue> pairs = new TreeMap<>();

    private boolean decoded;
    private @Nullable Watch watch;
    private @Nullable Thread reattaching;

    /** Rises with each watch, so that events of an earlier one are not believed. */
    private long generation;

    private boolean closed;

    private volatile @Nullable ClusterMap current;
    private volatile CacheStatus status = new CacheStatus(State.DETACHED, "not read yet", 0);

    private ClusterMapCache(MetadataStore store, String cluster) {
        this.store = store;
        this.cluster = cluster;
        this.keys = new ClusterKeys(cluster);
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
            cache.attach();
            CacheStatus status = cache.status();
            if (status.state() == State.CORRUPT) {
                throw new MetadataException(Kind.CORRUPT, Objects.requireNonNull(status.reason()));
            }
        } catch (MetadataException e) {
            cache.close();
            throw e;
        }
        return cache;
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
     * Waits until the cache has seen a revision, for instance that of this client's own transaction on this cluster.
     *
     * @return the map then, null when the cluster does not exist
     * @throws MetadataException TIMEOUT; UNAVAILABLE when the cache is closed
     */
    public @Nullable ClusterMap awaitRevision(long revision, Duration timeout)
            throws MetadataException, InterruptedException {
        return await(() -> status.revision() >= revision, timeout);
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

    /** Reads all at one revision, and watches from the next. */
    private void attach() throws MetadataException {
        Snapshot snapshot = store.read(keys.prefix());
        TreeMap<String, KeyValue> fresh = new TreeMap<>();
        for (KeyValue pair : snapshot.pairs()) {
            if (keys.isPartOfMap(pair.key())) {
                fresh.put(pair.key(), pair);
            }
        }
        long mine;
        lock.lock();
        try {
            if (snapshot.revision() < status.revision()) {
                throw new MetadataException(
                        Kind.CORRUPT,
                        "the metadata store went back from revision " + status.revision() + " to "
                                + snapshot.revision());
            }
            mine = ++generation;
            boolean same = decoded && pairs.equals(fresh);
            pairs.clear();
            pairs.putAll(fresh);
            publish(snapshot.revision(), !same);
        } finally {
            lock.unlock();
        }
        Watch opened = store.watch(keys.prefix(), snapshot.revision() + 1, new Follower(mine));
        boolean late;
        lock.lock();
        try {
            late = closed || mine != generation;
            if (!late) {
                watch = opened;
            }
        } finally {
            lock.unlock();
        }
        if (late) {
            opened.close();
        }
    }

    /** One watch's listener. */
    private final class Follower implements WatchListener {
        private final long mine;

        Follower(long mine) {
            this.mine = mine;
        }

        @Override
        public void changed(List<WatchEvent> events) {
            lock.lock();
            try {
                if (closed || mine != generation) {
                    return;
                }
                boolean relevant = false;
                for (WatchEvent event : events) {
                    if (!keys.isPartOfMap(event.key())) {
                        continue;
                    }
                    relevant = true;
                    if (event instanceof WatchEvent.Put put) {
                        pairs.put(put.key(), put.pair());
                    } else {
                        pairs.remove(event.key());
                    }
                }
                publish(events.get(events.size() - 1).revision(), relevant);
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void lost(MetadataException reason) {
            lock.lock();
            try {
                if (closed || mine != generation) {
                    return;
                }
                generation++;
                watch = null;
                LOG.info("watch of cluster {} was lost, reading again: {}", cluster, reason.getMessage());
                detached(String.valueOf(reason.getMessage()));
                Thread thread = new Thread(ClusterMapCache.this::reattach, "pgplex-cluster-map-" + cluster);
                thread.setDaemon(true);
                reattaching = thread;
                thread.start();
            } finally {
                lock.unlock();
            }
        }
    }

    private void detached(String reason) {
        lock.lock();
        try {
            if (!closed) {
                status = new CacheStatus(State.DETACHED, reason, status.revision());
            }
        } finally {
            lock.unlock();
        }
    }

    private void reattach() {
        long backoffMillis = FIRST_BACKOFF_MILLIS;
        while (!isClosed()) {
            try {
                attach();
                return;
            } catch (MetadataException | RuntimeException e) { // one failure must not end the attempts
                detached(String.valueOf(e.getMessage()));
                LOG.debug("cluster {} cannot be read yet: {}", cluster, e.getMessage());
            }
            try {
                TimeUnit.MILLISECONDS.sleep(backoffMillis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // close() wants us gone
                return;
            }
            backoffMillis = Math.min(2 * backoffMillis, LONGEST_BACKOFF_MILLIS);
        }
    }

    /**
     * Makes what is in {@link #pairs} visible. The lock is held.
     *
     * @param relevant whether the pairs changed; else the map stays and only the revision is noted
     */
    private void publish(long revision, boolean relevant) {
        if (!relevant) {
            status = decoded
                    ? new CacheStatus(State.FOLLOWING, null, revision)
                    : new CacheStatus(State.CORRUPT, status.reason(), revision);
            changed.signalAll();
            return;
        }
        ClusterMap before = current;
        try {
            ClusterMap after = ClusterMapCodec.decode(cluster, new Snapshot(revision, new ArrayList<>(pairs.values())));
            decoded = true;
            current = after;
            status = new CacheStatus(State.FOLLOWING, null, revision);
            changed.signalAll();
            tell(before, after);
        } catch (MetadataException e) {
            decoded = false;
            LOG.warn("cluster {} keeps its last good map: {}", cluster, e.getMessage());
            status = new CacheStatus(State.CORRUPT, e.getMessage(), revision);
            changed.signalAll();
        }
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

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the watch and leaves no thread; {@link #current()} keeps the last map. */
    @Override
    public void close() {
        Watch toClose;
        Thread toEnd;
        lock.lock();
        try {
            closed = true;
            toClose = watch;
            toEnd = reattaching;
            watch = null;
            reattaching = null;
            status = new CacheStatus(State.CLOSED, "closed", status.revision());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (toClose != null) {
            toClose.close();
        }
        if (toEnd != null && toEnd != Thread.currentThread()) {
            toEnd.interrupt();
            try {
                toEnd.join(CLOSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
