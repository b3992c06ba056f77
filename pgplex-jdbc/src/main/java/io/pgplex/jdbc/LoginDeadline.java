package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The instant until which a connection must be there. Immutable.
 *
 * <p>What may hang while a connection is opened (etcd, a server) runs on a thread of its own and is waited for. So a
 * caller leaves in time whatever hangs, and callers who want the same thing at once share one attempt instead of
 * queueing for one each. The attempt has a limit of its own; its thread ends with it.
 *
 * @param limit the whole time; zero for none
 * @param nanoTime when it is over, as {@link System#nanoTime} tells time
 */
record LoginDeadline(Duration limit, long nanoTime) {

    /** By how much attempts end before the deadline. */
    private static final Duration MARGIN = Duration.ofMillis(200);

    static LoginDeadline in(Duration limit) {
        return new LoginDeadline(limit, System.nanoTime() + limit.toNanos());
    }

    /**
     * How long attempts may be repeated so that who waits hears why the last one failed rather than that time is over.
     *
     * @param otherwise where there is no limit
     */
    long millisForAttempts(long otherwise) {
        return limit.isZero()
                ? otherwise
                : Duration.ofNanos(nanoTime - System.nanoTime()).minus(MARGIN).toMillis();
    }

    /** Runs something on a daemon thread of that name. */
    static <T> CompletableFuture<T> start(String thread, Callable<T> attempt) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread worker = new Thread(
                () -> {
                    try {
                        result.complete(attempt.call());
                    } catch (Throwable e) { // whoever waits must hear of it
                        result.completeExceptionally(e);
                    }
                },
                thread);
        worker.setDaemon(true);
        worker.start();
        return result;
    }

    /**
     * The result of {@link #start}.
     *
     * @param late what to say when there is none in time
     * @throws SQLException what the attempt threw, or 08001 when the deadline passes first
     */
    <T> T await(CompletableFuture<T> result, String late) throws SQLException {
        try {
            return limit.isZero()
                    ? result.get()
                    : result.get(Math.max(0, nanoTime - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE,
                    late + " within " + limit.toSeconds() + " s",
                    null,
                    "The limit is the property loginTimeout.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgplexErrors.error(
                    SqlState.NO_ELIGIBLE_NODE, "interrupted while connecting to the cluster", null, null, e);
        } catch (ExecutionException e) {
            throw thrown(e);
        }
    }

    private static SQLException thrown(ExecutionException failure) {
        Throwable cause = failure.getCause();
        if (cause instanceof SQLException known) {
            return known;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return PgplexErrors.bug("a connection could not be opened", cause);
    }
}
