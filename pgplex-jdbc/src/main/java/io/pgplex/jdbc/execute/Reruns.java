package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.PoolSettings;
import java.util.concurrent.TimeUnit;

/** How often and how long one statement may be run again. */
final class Reruns {
    private final long sinceNanos = System.nanoTime();
    private final long limitNanos;
    private int left;

    Reruns(PoolSettings pool) {
        limitNanos = TimeUnit.MILLISECONDS.toNanos(pool.connectionTimeoutMillis());
        // each run may come upon another idle connection that was lost at the same time
        left = pool.maximumSize() + 2;
    }

    boolean allowed() {
        return left-- > 0 && System.nanoTime() - sinceNanos < limitNanos;
    }
}
