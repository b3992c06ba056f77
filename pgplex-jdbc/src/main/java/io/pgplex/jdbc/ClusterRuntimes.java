package io.pgplex.jdbc;

import java.sql.SQLException;
import java.util.Map;
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
    private static final long LINGER_SECONDS = 30;

    private final Map<ClusterKey, Slot> slots = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor closer;

    ClusterRuntimes() {
        closer = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "pgplex-closer");
            thread.setDaemon(true);
            return thread;
        });
        closer.setKeepAliveTime(LINGER_SECONDS, TimeUnit.SECONDS);
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
        synchronized void end() {
            if (!ended) {
                ended = true;
                slot.release(false);
            }
        }

        /** Ends a use that came to nothing: a runtime that nobody else uses is closed at once. */
        synchronized void fail() {
            if (!ended) {
                ended = true;
                slot.release(true);
            }
        }
    }

    /** Begins to use the cluster's runtime, which is opened when there is none. */
    Use use(ClusterKey key) throws SQLException {
        Slot slot = slots.computeIfAbsent(key, absent -> new Slot());
        return new Use(slot, slot.acquire(key));
    }

    /** One cluster's place. Its lock is held while the runtime is opened, so that others wait for that one only. */
    private final class Slot {
        private final ReentrantLock lock = new ReentrantLock();
        private @Nullable ClusterRuntime runtime;
        private int uses;
        private @Nullable ScheduledFuture<?> closing;

        ClusterRuntime acquire(ClusterKey key) throws SQLException {
            lock.lock();
            try {
                ClusterRuntime open = runtime;
                if (open == null) {
                    open = ClusterRuntime.open(key);
                    runtime = open;
                }
                uses++;
                if (closing != null) {
                    closing.cancel(false);
                    closing = null;
                }
                return open;
            } finally {
                lock.unlock();
            }
        }

        void release(boolean now) {
            lock.lock();
            try {
                uses--;
                if (uses > 0) {
                    return;
                }
                if (now) {
                    close();
                } else {
                    closing = closer.schedule(this::closeUnused, LINGER_SECONDS, TimeUnit.SECONDS);
                }
            } finally {
                lock.unlock();
            }
        }

        private void closeUnused() {
            lock.lock();
            try {
                if (uses == 0) {
                    close();
                }
            } finally {
                lock.unlock();
            }
        }

        private void close() {
            ClusterRuntime open = runtime;
            runtime = null;
            if (open != null) {
                open.close();
            }
        }
    }
}
