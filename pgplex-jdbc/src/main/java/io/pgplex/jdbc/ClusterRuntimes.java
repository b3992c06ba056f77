package io.pgplex.jdbc;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The runtimes of this JVM, one a cluster. A runtime is opened by the first connection and closed some time after the last
 * one, so that a program that opens one connection after the other does not start anew each time. Thread-safe.
 */
final class ClusterRuntimes {

    /** How long a runtime outlives its last connection. */
    static final Duration LINGER = Duration.ofSeconds(30);

    /** How long the closing thread outlives its last task. */
    private static final long IDLE_SECONDS = 1;

    private final Duration linger;
    private final Map<ClusterKey, Slot> slots = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor closer;

    ClusterRuntimes(Duration linger) {
        this.linger = linger;
        closer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "pgplex-closer");
            thread.setDaemon(true);
            return thread;
        });
        closer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
        closer.allowCoreThreadTimeOut(true);
        closer.setRemoveOnCancelPolicy(true);
    }

    /** A use of a runtime; it ends with {@link #end}. */
    static final class Use {
        private final Slot slot;
        private final ClusterRuntime runtime;
        private boolean ended;

        private Use(Slot slot, ClusterRuntime runtime) {
            this.slot = slot;
            this.runtime = runtime;
        }

        ClusterRuntime runtime() {
            return runtime;
        }

        /** Ends the use; does nothing the second time. */
        void end() {
            end(false);
        }

        /** Ends a use that came to nothing: a runtime that nobody else uses is closed without delay. */
        void fail() {
            end(true);
        }

        private synchronized void end(boolean failed) {
            if (!ended) {
                ended = true;
                slot.release(failed);
            }
        }
    }

    /**
     * Begins to use the cluster's runtime, which is opened when there is none.
     *
     * @throws SQLException 08001 when the cluster cannot be reached before the deadline
     */
    Use use(ClusterKey key, LoginDeadline deadline) throws SQLException {
        while (true) {
            Slot slot = slots.computeIfAbsent(key, Slot::new);
            CompletableFuture<ClusterRuntime> opening = slot.acquire();
            if (opening != null) {
                return new Use(slot, slot.await(opening, deadline));
            }
        }
    }

    /** How many clusters have a runtime, used or lingering. */
    int size() {
        return slots.size();
    }

    /** One cluster's place. Its lock is never held over I/O. */
    private final class Slot {
        private final ClusterKey key;
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable CompletableFuture<ClusterRuntime> runtime;
        private int uses;
        private @Nullable ScheduledFuture<?> closing;
        /** Whether this slot has left the map: who found it there before looks again. */
        private boolean retired;

        Slot(ClusterKey key) {
            this.key = key;
        }

        /** Counts a use; null when the slot is retired. */
        @Nullable
        CompletableFuture<ClusterRuntime> acquire() {
            lock.lock();
            try {
                if (retired) {
                    return null;
                }
                CompletableFuture<ClusterRuntime> opening = runtime;
                if (opening == null || opening.isCompletedExceptionally()) {
                    opening = LoginDeadline.start("pgplex-login-" + key.cluster(), () -> ClusterRuntime.open(key));
                    runtime = opening;
                }
                uses++;
                if (closing != null) {
                    closing.cancel(false);
                    closing = null;
                }
                return opening;
            } finally {
                lock.unlock();
            }
        }

        ClusterRuntime await(CompletableFuture<ClusterRuntime> opening, LoginDeadline deadline) throws SQLException {
            boolean open = false;
            try {
                ClusterRuntime result = deadline.await(opening, "cluster \"" + key.cluster() + "\" could not be read");
                open = true;
                return result;
            } finally {
                if (!open) {
                    release(true);
                }
            }
        }

        void release(boolean now) {
            lock.lock();
            try {
                uses--;
                if (uses == 0) {
                    long delayMillis = now ? 0 : linger.toMillis();
                    closing = closer.schedule(this::closeUnused, delayMillis, TimeUnit.MILLISECONDS);
                }
            } finally {
                lock.unlock();
            }
        }

        private void closeUnused() {
            CompletableFuture<ClusterRuntime> unused;
            lock.lock();
            try {
                if (uses > 0 || retired) {
                    return;
                }
                retired = true;
                unused = runtime;
                slots.remove(key, this);
            } finally {
                lock.unlock();
            }
            if (unused != null) {
                // one that is still being opened is closed by the thread that opens it
                CompletableFuture<Void> ignored = unused.thenAccept(ClusterRuntime::close);
            }
        }
    }
}
