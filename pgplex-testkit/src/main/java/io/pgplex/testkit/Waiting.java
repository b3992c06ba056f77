package io.pgplex.testkit;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for another process's state, which can only be asked for again and again. */
final class Waiting {
    private static final long POLL_MILLIS = 5;

    private Waiting() {}

    /**
     * Returns as soon as the condition holds.
     *
     * @throws ServerException with the given message when it does not within the time
     */
    static void until(BooleanSupplier condition, Duration limit, Supplier<String> message) {
        if (!holdsWithin(condition, limit)) {
            throw new ServerException(message.get());
        }
    }

    /** Waits for the condition and says whether it came to hold within the time. */
    static boolean holdsWithin(BooleanSupplier condition, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
        return true;
    }

    /** Keeps the thread's interrupt and gives the exception to leave with. */
    static ServerException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new ServerException("interrupted while waiting for a server", e);
    }
}
