package io.pgplex.metadata.cache;

import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchEvent;
import io.pgplex.metadata.store.WatchListener;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pairs below one prefix as this client knows them: read once, then kept up to date by a watch. Thread-safe.
 *
 * <p>When the watch is lost, a thread of its own reads again until that succeeds, waiting between attempts.
 */
final class FollowedPrefix implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(FollowedPrefix.class);

    private static final long FIRST_BACKOFF_MILLIS = 50;
    private static final long LONGEST_BACKOFF_MILLIS = 5_000;
    private static final long CLOSE_MILLIS = 5_000;

    /** Who is told of the pairs; in order, by one thread at a time, which must not be blocked for long. */
    interface Listener {

        /**
         * The store was seen at a revision.
         *
         * @param pairs all pairs that are relevant, by key
         * @param changed whether they differ from those of the call before; true in the first call
         */
        void seen(long revision, List<KeyValue> pairs, boolean changed);

        /** The store cannot be followed now; what was seen last may be old. May be called again with another reason. */
        void detached(String reason);
    }

    private final MetadataStore store;
    private final String prefix;
    private final Predicate<String> relevant;
    private final String threadName;
    private final Listener listener;

    /** Guards the fields below it; never held over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final TreeMap<String, KeyValue> pairs = new TreeMap<>();
    private boolean seen;
    private long revision;
    private @Nullable Watch watch;
    private @Nullable Thread attaching;

    /** Rises with each watch, so that events of an earlier one are not believed. */
    private long generation;

    private boolean closed;

    /**
     * Follows nothing yet.
     *
     * @param relevant which keys below the prefix are kept
     * @param threadName of the thread that reads after a loss
     */
    FollowedPrefix(
            MetadataStore store, String prefix, Predicate<String> relevant, String threadName, Listener listener) {
        this.store = store;
        this.prefix = prefix;
        this.relevant = relevant;
        this.threadName = threadName;
        this.listener = listener;
    }

    /**
     * Reads all at one revision, and watches from the next.
     *
     * @throws MetadataException whatever the store throws; CORRUPT when it went back
     */
    void attach() throws MetadataException {
        Snapshot snapshot = store.read(prefix);
        TreeMap<String, KeyValue> fresh = new TreeMap<>();
        for (KeyValue pair : snapshot.pairs()) {
            if (relevant.test(pair.key())) {
                fresh.put(pair.key(), pair);
            }
        }
        long mine;
        lock.lock();
        try {
            if (snapshot.revision() < revision) {
                throw new MetadataException(
                        Kind.CORRUPT,
                        "the metadata store went back from revision " + revision + " to " + snapshot.revision());
            }
            mine = ++generation;
            boolean changed = !seen || !pairs.equals(fresh);
            pairs.clear();
            pairs.putAll(fresh);
            tell(snapshot.revision(), changed);
        } finally {
            lock.unlock();
        }
        Watch opened = store.watch(prefix, snapshot.revision() + 1, new Follower(mine));
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

    /** Attaches in a thread of its own, as often as it takes. */
    void attachInBackground() {
        lock.lock();
        try {
            if (!closed) {
                Thread thread = new Thread(this::attachUntilItSucceeds, threadName);
                thread.setDaemon(true);
                attaching = thread;
                thread.start();
            }
        } finally {
            lock.unlock();
        }
    }

    private void attachUntilItSucceeds() {
        long backoffMillis = FIRST_BACKOFF_MILLIS;
        while (!isClosed()) {
            try {
                attach();
                return;
            } catch (MetadataException | RuntimeException e) { // one failure must not end the attempts
                detached(String.valueOf(e.getMessage()));
                LOG.debug("keys {} cannot be read yet: {}", prefix, e.getMessage());
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

    /** The lock is held. */
    private void tell(long at, boolean changed) {
        revision = at;
        seen = true;
        listener.seen(at, new ArrayList<>(pairs.values()), changed);
    }

    private void detached(String reason) {
        lock.lock();
        try {
            if (!closed) {
                listener.detached(reason);
            }
        } finally {
            lock.unlock();
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
                boolean changed = false;
                for (WatchEvent event : events) {
                    if (!relevant.test(event.key())) {
                        continue;
                    }
                    changed = true;
                    if (event instanceof WatchEvent.Put put) {
                        pairs.put(put.key(), put.pair());
                    } else {
                        pairs.remove(event.key());
                    }
                }
                tell(events.get(events.size() - 1).revision(), changed);
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
                LOG.info("watch of keys {} was lost, reading again: {}", prefix, reason.getMessage());
                detached(String.valueOf(reason.getMessage()));
                attachInBackground();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Ends the watch and tells nothing more; the thread, if there is one, ends soon. Does not wait for it. */
    void abandon() {
        Watch toClose;
        Thread toEnd;
        lock.lock();
        try {
            closed = true;
            toClose = watch;
            toEnd = attaching;
            watch = null;
        } finally {
            lock.unlock();
        }
        if (toClose != null) {
            toClose.close();
        }
        if (toEnd != null && toEnd != Thread.currentThread()) {
            toEnd.interrupt();
        }
    }

    /** Ends the watch and leaves no thread. */
    @Override
    public void close() {
        abandon();
        Thread toEnd;
        lock.lock();
        try {
            toEnd = attaching;
            attaching = null;
        } finally {
            lock.unlock();
        }
        if (toEnd != null && toEnd != Thread.currentThread()) {
            try {
                toEnd.join(CLOSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
