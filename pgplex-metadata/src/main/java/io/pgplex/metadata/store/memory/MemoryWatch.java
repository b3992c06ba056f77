package io.pgplex.metadata.store.memory;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchEvent;
import io.pgplex.metadata.store.WatchListener;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A place in the store's history that follows its end. At most one delivery is queued per watch, so a slow listener
 * costs no memory: it is lost when the history is compacted under it.
 */
final class MemoryWatch implements Watch {

    private final MemoryState state;
    private final String prefix;
    private final WatchListener listener;
    private final ThreadPoolExecutor deliveries;
    private final Consumer<MemoryWatch> onEnd;
    private final AtomicBoolean queued = new AtomicBoolean();
    private volatile boolean ended;

    /** Confined to the delivering thread. */
    private long nextRevision;

    MemoryWatch(
            MemoryState state,
            String prefix,
            long fromRevision,
            WatchListener listener,
            ThreadPoolExecutor deliveries,
            Consumer<MemoryWatch> onEnd) {
        this.state = state;
        this.prefix = prefix;
        this.nextRevision = fromRevision;
        this.listener = listener;
        this.deliveries = deliveries;
        this.onEnd = onEnd;
    }

    /** One thread, which exists only while there is something to deliver. */
    static ThreadPoolExecutor newDeliveries() {
        ThreadPoolExecutor executor =
                new ThreadPoolExecutor(1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "pgplex-memory-watch");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    /** Something changed. Never blocks, so it may be called under the store's lock. */
    void wake() {
        if (!ended && queued.compareAndSet(false, true)) {
            try {
                deliveries.execute(this::deliver);
            } catch (RejectedExecutionException e) {
                ended = true; // the client was closed at the same moment
            }
        }
    }

    private void deliver() {
        queued.set(false);
        if (ended) {
            return;
        }
        List<WatchEvent> events;
        try {
            events = state.eventsFrom(prefix, nextRevision, next -> nextRevision = next);
        } catch (MetadataException e) {
            close();
            listener.lost(e);
            return;
        }
        if (!events.isEmpty()) {
            listener.changed(events);
        }
    }

    @Override
    public void close() {
        ended = true;
        state.remove(this);
        onEnd.accept(this);
    }
}
