package io.pgplex.metadata.store.memory;

import io.pgplex.metadata.store.Lease;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A lease that runs while its client is open, and for its time to live after that. Thread-safe. */
final class MemoryLease implements Lease {

    private final MemoryState state;
    private final long id;
    private final long timeToLiveNanos;
    private final LongSupplier nanoClock;
    private final Runnable onLost;
    private volatile boolean alive = true;
    private volatile boolean abandoned;
    private volatile long abandonedNanos;

    MemoryLease(MemoryState state, long id, Duration timeToLive, LongSupplier nanoClock, Runnable onLost) {
        this.state = state;
        this.id = id;
        this.timeToLiveNanos = timeToLive.toNanos();
        this.nanoClock = nanoClock;
        this.onLost = onLost;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public boolean isAlive() {
        return alive && !abandoned;
    }

    @Override
    public void revoke() {
        state.end(id, false);
    }

    /** The client is gone: nobody keeps the lease alive any more. */
    void abandon() {
        abandonedNanos = nanoClock.getAsLong();
        abandoned = true;
        // The JDK's own timer: watchers learn of the end even when nobody calls the store, without a thread of ours.
        CompletableFuture.delayedExecutor(timeToLiveNanos + 1, TimeUnit.NANOSECONDS)
                .execute(state::endExpiredLeases);
    }

    boolean isExpired() {
        return abandoned && nanoClock.getAsLong() - abandonedNanos >= timeToLiveNanos;
    }

    void ended(boolean lost) {
        alive = false;
        if (lost && !abandoned) {
            onLost.run();
        }
    }
}
