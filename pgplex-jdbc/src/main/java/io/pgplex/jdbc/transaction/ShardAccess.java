package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.topology.PrimaryLeases;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * Work on the primaries of several shards at once, as one role, for which none is waited longer than {@link #PATIENCE}.
 * Used by one thread at a time.
 *
 * <p>A shard that does not answer in time counts as one that failed. Its call goes on by itself until the network or the pool
 * gives up, and until then the shard is not asked again: so a server that hangs costs one thread, and none of the others.
 */
public final class ShardAccess {

    /** The longest wait for one shard. */
    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How long a shard that gave no connection is left alone, the first time and at most: each attempt is a login. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    /** The longest wait for one answer on a connection. */
    private static final int NETWORK_TIMEOUT_MILLIS = 10_000;

    private final PrimaryLeases primaries;
    private final FanOut fanOut;
    private final Credentials credentials;
    private final PoolSettings settings;
    private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();

    public ShardAccess(Primaries primaries, FanOut fanOut, Credentials credentials, PoolSettings settings) {
        this.primaries = primaries.leasedBy(credentials, settings);
        this.fanOut = fanOut;
        this.credentials = credentials;
        this.settings = settings;
    }

    /** A shard that gave no connection, and is left alone for a while. */
    private record Refusal(SQLException failure, long pauseNanos, long untilNanos) {}

    /** What is done on one shard, on a connection in autocommit mode and with nothing set. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T on(PgConnection connection) throws SQLException;
    }

    /** Whether these are the ones that it works with. */
    public boolean isFor(Credentials others, PoolSettings otherSettings) {
        return credentials.equals(others) && settings.equals(otherSettings);
    }

    /** How each piece of work ended, in the order given. */
    <T extends @Nullable Object> Map<Shard, Outcome<T>> run(Map<Shard, Work<T>> work) {
        Map<Shard, CompletableFuture<T>> calls = new LinkedHashMap<>();
        work.forEach((shard, step) -> calls.put(shard, begin(shard, step)));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<Shard, Outcome<T>> outcomes = new LinkedHashMap<>();
        calls.forEach((shard, call) -> outcomes.put(shard, await(call, deadline)));
        return outcomes;
    }

    /** How work on one shard ended. */
    <T extends @Nullable Object> Outcome<T> run(Shard shard, Work<T> work) {
        return await(begin(shard, work), System.nanoTime() + PATIENCE.toNanos());
    }

    private <T extends @Nullable Object> CompletableFuture<T> begin(Shard shard, Work<T> work) {
        Refusal refusal = refusals.get(shard.name());
        if (refusal != null && System.nanoTime() - refusal.untilNanos() < 0) {
            return CompletableFuture.failedFuture(refusal.failure());
        }
        CompletableFuture<?> before = underWay.get(shard.name());
        if (before != null && !before.isDone()) {
            return CompletableFuture.failedFuture(new SQLException("has not answered yet", "08006"));
        }
        CompletableFuture<T> call = fanOut.begin(() -> on(shard, work));
        underWay.put(shard.name(), call);
        return call;
    }

    private <T extends @Nullable Object> T on(Shard shard, Work<T> work) throws SQLException {
        Lease lease = lease(shard);
        try {
            return work.on(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            lease.release();
        }
    }

    private Lease lease(Shard shard) throws SQLException {
        try {
            // not behind the application's own sessions: they may be waiting for what is to be done here
            Lease lease = primaries.takeNow(shard, true, NETWORK_TIMEOUT_MILLIS, SessionState.INITIAL);
            refusals.remove(shard.name());
            return lease;
        } catch (SQLException e) {
            Refusal before = refusals.get(shard.name());
            long pauseNanos =
                    before == null ? FIRST_PAUSE.toNanos() : Math.min(2 * before.pauseNanos(), LONGEST_PAUSE.toNanos());
            refusals.put(shard.name(), new Refusal(e, pauseNanos, System.nanoTime() + pauseNanos));
            throw e;
        }
    }

    private static <T extends @Nullable Object> Outcome<T> await(CompletableFuture<T> call, long deadline) {
        try {
            long left = Math.max(0, deadline - System.nanoTime());
            return new Outcome<>(call.get(left, TimeUnit.NANOSECONDS), null);
        } catch (TimeoutException e) {
            return new Outcome<>(null, new SQLException("no answer within " + PATIENCE.toSeconds() + " s", "08006", e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome<>(null, new SQLException("interrupted while waiting for an answer", "08006", e));
        } catch (ExecutionException e) {
            return new Outcome<>(null, e.getCause());
        }
    }
}
