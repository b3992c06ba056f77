package io.pgplex.metadata.store;

import io.pgplex.metadata.store.MetadataException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The choice of one client among many: who puts a leased key first leads until that key vanishes. Thread-safe.
 *
 * <p>A leader that was paused may still think it leads after another was elected: every change that it makes must carry
 * {@link Leadership#compare()}.
 */
public final class Election {

    /** Waiting candidates look again after this time even without an event. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final MetadataStore store;
    private final String key;
    private final Duration timeToLive;

    /**
     * An election over a key.
     *
     * @param key the key that names the leader while there is one
     * @param timeToLive how long a dead leader blocks the election
     */
    public Election(MetadataStore store, String key, Duration timeToLive) {
        this.store = Objects.requireNonNull(store, "store");
        this.key = Objects.requireNonNull(key, "key");
        this.timeToLive = Objects.requireNonNull(timeToLive, "timeToLive");
    }

    /** The candidate that leads, or null. */
    public @Nullable String leader() throws MetadataException {
        KeyValue pair = store.read(key).get(key);
        return pair == null ? null : pair.value();
    }

    /**
     * Waits until this candidate leads.
     *
     * @param candidate what others shall see as the leader's name
     * @param timeout how long to wait at most
     * @param onLost run once when the leadership was lost without being resigned
     * @throws MetadataException TIMEOUT when others led all the time; whatever the store throws
     * @throws InterruptedException when the thread was interrupted; the candidate has withdrawn
     */
    public Leadership campaign(String candidate, Duration timeout, Runnable onLost)
            throws MetadataException, InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        Lease lease = store.grantLease(timeToLive, onLost);
        boolean elected = false;
        try {
            Leadership leadership = tryToLead(candidate, lease);
            while (leadership == null) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new MetadataException(Kind.TIMEOUT, "another candidate holds " + key);
                }
                awaitVacancy(Math.min(left, LOOK_AGAIN.toNanos()));
                leadership = tryToLead(candidate, lease);
            }
            elected = true;
            return leadership;
        } finally {
            if (!elected) {
                close(lease);
            }
        }
    }

    /** Ends a lease also where the thread was interrupted, which would end the call to the store before it has begun. */
    private static void close(Lease lease) {
        boolean interrupted = Thread.interrupted();
        try {
            lease.close();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable Leadership tryToLead(String candidate, Lease lease) throws MetadataException {
        Outcome outcome = store.commit(
                Transaction.builder().ifAbsent(key).put(key, candidate, lease).build());
        return outcome instanceof Outcome.Committed committed ? new Leadership(key, committed.revision(), lease) : null;
    }

    private void awaitVacancy(long nanos) throws MetadataException, InterruptedException {
        Snapshot snapshot = store.read(key);
        if (snapshot.get(key) == null) {
            return;
        }
        CountDownLatch changed = new CountDownLatch(1);
        WatchListener listener = new WatchListener() {
            @Override
            public void changed(List<WatchEvent> events) {
                changed.countDown();
            }

            @Override
            public void lost(MetadataException reason) {
                changed.countDown();
            }
        };
        try (Watch watch = store.watch(key, snapshot.revision() + 1, listener)) {
            Objects.requireNonNull(watch);
            boolean ignored = changed.await(nanos, TimeUnit.NANOSECONDS);
        }
    }

    /**
     * Tells who leads, at each change from now on. The watch ends when it is lost: then the observer is told null, and
     * whoever needs more observes again.
     *
     * @param observer gets the leader's name, or null where there is none
     */
    public Watch observe(Consumer<@Nullable String> observer) throws MetadataException {
        Snapshot snapshot = store.read(key);
        KeyValue now = snapshot.get(key);
        observer.accept(now == null ? null : now.value());
        return store.watch(key, snapshot.revision() + 1, new WatchListener() {
            @Override
            public void changed(List<WatchEvent> events) {
                for (WatchEvent event : events) {
                    if (event.key().equals(key)) {
                        observer.accept(
                                event instanceof WatchEvent.Put put ? put.pair().value() : null);
                    }
                }
            }

            @Override
            public void lost(MetadataException reason) {
                observer.accept(null);
            }
        });
    }
}
