package io.pgplex.jdbc.pool;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.pgplex.metadata.model.Node;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What the pools of one server have in common: how it answers, as the topology's monitor says, the generation of its
 * connections, and a circuit breaker around opening new ones. Thread-safe; without a monitor it is open and stays so.
 */
final class NodeGate {

    /** How the monitor finds the server. */
    enum Standing {
        /** No monitor has said anything. */
        UNWATCHED,
        /** It answers, so that a login that takes long is a slow one. */
        ANSWERS,
        /** It may hang: a login is not waited for longer than {@link #DOUBTFUL_SECONDS}. */
        DOUBTFUL,
        /** It is not asked for connections. */
        DOWN
    }

    /** How long a login may take at a server that may hang. */
    static final int DOUBTFUL_SECONDS = 2;

    /** After so many failures in a row the server gets no login for {@link #PAUSE}, or until the monitor sees it. */
    private static final int FAILURES = 5;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** Logins that show whether a server that has refused takes connections again. */
    private static final int TRIALS = 2;

    private final CircuitBreaker breaker;
    private volatile Standing standing = Standing.UNWATCHED;
    private volatile long generation;
    private volatile @Nullable String reason;
    /** Completed when the server is not down any more; another one each time that it goes down. */
    private volatile CompletableFuture<Boolean> reopened = CompletableFuture.completedFuture(true);

    NodeGate(Node node) {
        this.breaker = CircuitBreaker.of(
                "pgplex-" + node.name(),
                CircuitBreakerConfig.custom()
                        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(FAILURES)
                        .minimumNumberOfCalls(FAILURES)
                        .failureRateThreshold(100)
                        .waitDurationInOpenState(PAUSE)
                        .permittedNumberOfCallsInHalfOpenState(TRIALS)
                        .recordException(NodeGate::isServersFault)
                        .writableStackTraceEnabled(false)
                        .build());
    }

    /** Whether the server cannot be reached, or has no connection free; else it answers, and says what is wrong. */
    private static boolean isServersFault(Throwable failure) {
        return !(failure instanceof SQLException e) || isWorthAnotherTry(e);
    }

    /** Whether a failure to connect may be gone soon: the server is not reached, is not ready, or has none free. */
    static boolean isWorthAnotherTry(SQLException failure) {
        String state = failure.getSQLState();
        return Backend.isFatal(failure) || state == null || state.startsWith("53");
    }

    boolean isDown() {
        return standing == Standing.DOWN;
    }

    /** Whether a login or connection that takes long may be waited for. */
    boolean isPatient() {
        Standing now = standing;
        return now == Standing.UNWATCHED || now == Standing.ANSWERS;
    }

    /** How long its login, or a connection of it that nobody uses, is waited for. */
    long patienceMillis(PoolSettings settings) {
        return isPatient()
                ? settings.connectionTimeoutMillis()
                : Math.min(TimeUnit.SECONDS.toMillis(DOUBTFUL_SECONDS), settings.connectionTimeoutMillis());
    }

    /** Why it does not answer, or null. */
    @Nullable
    String reason() {
        return reason;
    }

    long generation() {
        return generation;
    }

    void generation(long newest) {
        generation = newest;
    }

    /** Takes over what the monitor says. */
    void stand(Standing now, @Nullable String why) {
        reason = why;
        if (now == Standing.DOWN && standing != Standing.DOWN) {
            reopened = new CompletableFuture<>();
        }
        standing = now;
        if (now != Standing.DOWN) {
            reopened.complete(true);
        }
        if (now == Standing.ANSWERS && breaker.getState() == CircuitBreaker.State.OPEN) {
            breaker.transitionToHalfOpenState();
        }
    }

    /** Waits until the server is not down any more, or until the time is over. */
    void awaitOpen(long millis) throws InterruptedException {
        try {
            reopened.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // the caller looks for itself
        }
    }

    /** Opens a connection. */
    @FunctionalInterface
    interface Login<T> {
        T open() throws SQLException;
    }

    /**
     * Logs in, unless the last logins have failed.
     *
     * @throws SQLException what the login says; 08001 where it is not tried
     */
    <T> T login(Login<T> login) throws SQLException {
        if (!breaker.tryAcquirePermission()) {
            throw new SQLTransientConnectionException(
                    "the last " + FAILURES + " connections to it failed; the next is tried soon", "08001");
        }
        long began = breaker.getCurrentTimestamp();
        try {
            T opened = login.open();
            breaker.onSuccess(breaker.getCurrentTimestamp() - began, breaker.getTimestampUnit());
            return opened;
        } catch (SQLException | RuntimeException e) {
            breaker.onError(breaker.getCurrentTimestamp() - began, breaker.getTimestampUnit(), e);
            throw e;
        }
    }
}
