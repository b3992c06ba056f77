package io.pgplex.jdbc.deadlock;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends deadlocks over shards, of which no server sees more than its own part. Thread-safe; transactions on one shard never
 * come here.
 *
 * <p>A transaction is watched from its second shard on. Nothing is sent to any server until a statement of it has taken
 * {@link #PATIENCE}: then its client publishes it on the home shard, and, where at least two are published, reads from the
 * servers who waits for whom. In a deadlock all wait, so all are published, and every client sees the whole cycle and comes
 * to the same victim; the victim's own client cancels its statement. What must be seen twice before that is what
 * {@link Observation} says. The home shard's server holds nothing but what is waiting now: its loss costs a delay.
 *
 * <p>The thread starts with the first transaction and ends when there is none. It looks as the login of a transaction that
 * waits, through connections beside the transactions' own, of which a pool always has some.
 */
public final class DeadlockWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DeadlockWatch.class);

    /** How long a statement may take before it is asked what it waits for: most statements never are. */
    static final Duration PATIENCE = Duration.ofMillis(400);

    /**
     * From one look to the next. With {@link #PATIENCE}: the last to wait is published after 0.6 s at the latest, seen within
     * 0.2 s, and seen again 0.2 to 0.4 s later, which leaves half of two seconds for the servers to answer.
     */
    static final Duration PAUSE = Duration.ofMillis(200);

    /** Times what a look took, the least pause: servers that are busy are not asked more. */
    private static final int REST = 4;

    /** The longest pause, whatever a look took. */
    private static final Duration MAXIMUM_PAUSE = Duration.ofSeconds(1);

    /** The longest wait for one server's answer. */
    private static final int NETWORK_TIMEOUT_MILLIS = 3_000;

    /** How old a reading of the home shard's clock may be: clocks run apart. */
    private static final Duration CLOCK_KEPT = Duration.ofSeconds(10);

    /** Seconds for which the thread outlives its last task. */
    private static final long IDLE_THREAD_SECONDS = 1;

    /** The home shard's clock, read between two moments of this JVM's. */
    private record HomeClock(long homeMicros, long beforeNanos, long afterNanos) {

        long atLeast(long nanoTime) {
            return homeMicros + TimeUnit.NANOSECONDS.toMicros(nanoTime - afterNanos);
        }

        long atMost(long nanoTime) {
            return homeMicros + TimeUnit.NANOSECONDS.toMicros(nanoTime - beforeNanos) + 1;
        }
    }

    /** Whose connections look. */
    private record Login(Credentials credentials, PoolSettings pool) {}

    private final ClusterMapCache maps;
    private final Primaries primaries;
    private final FanOut fanOut;
    private final ScheduledThreadPoolExecutor thread;
    private final String client = UUID.randomUUID().toString();
    private final Set<WatchedTransaction> watched = ConcurrentHashMap.newKeySet();
    /** Whether the next look is planned. */
    private final AtomicBoolean looking = new AtomicBoolean();

    /** What was seen at the last look, where there was something. Confined to the thread, as all below. */
    private @Nullable Observation last;

    private @Nullable HomeClock clock;
    /** By whose login something is published now; null where nothing is. */
    private @Nullable Login publishedBy;

    private boolean failing;

    /** Does nothing yet. */
    public DeadlockWatch(Primaries primaries, FanOut fanOut) {
        this.maps = primaries.maps();
        this.primaries = primaries;
        this.fanOut = fanOut;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread fresh = new Thread(task, "pgplex-deadlocks-" + maps.cluster());
            fresh.setDaemon(true);
            return fresh;
        });
        thread.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    // ---- what sessions call

    /**
     * Begins to watch a transaction that reaches its second shard, in the middle of a statement. The caller says which
     * shards those are ({@link WatchedTransaction#joined}).
     *
     * @param gtxid its name
     */
    public WatchedTransaction watch(String gtxid, Credentials credentials, PoolSettings pool) {
        long began = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        WatchedTransaction transaction = new WatchedTransaction(gtxid, began, credentials, pool);
        watched.add(transaction);
        start();
        return transaction;
    }

    /** Ends watching, at the transaction's end. */
    public void forget(WatchedTransaction transaction) {
        watched.remove(transaction);
    }

    private void start() {
        if (!looking.get() && looking.compareAndSet(false, true)) {
            plan(PATIENCE);
        }
    }

    private void plan(Duration delay) {
        try {
            ScheduledFuture<?> ignored = thread.schedule(this::lookAndGoOn, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("the cluster's connections are closed, and nobody looks any more");
        }
    }

    // ---- the thread

    /** Looks once, and plans the next look; whatever happens, the thread goes on. */
    private void lookAndGoOn() {
        long begin = System.nanoTime();
        try {
            look();
            failing = false;
        } catch (SQLException | RuntimeException e) {
            last = null;
            clock = null;
            boolean needed = publishedBy != null;
            publishedBy = null;
            if (needed && !failing) {
                failing = true;
                LOG.warn("deadlocks over shards cannot be looked for now", e);
            }
        }
        if (watched.isEmpty() && publishedBy == null) {
            looking.set(false);
            if (!watched.isEmpty()) {
                // it came after the question, and found the thread looking
                start();
            }
        } else {
            Duration rest = Duration.ofNanos((System.nanoTime() - begin) * REST);
            Duration bounded = rest.compareTo(MAXIMUM_PAUSE) > 0 ? MAXIMUM_PAUSE : rest;
            plan(bounded.compareTo(PAUSE) < 0 ? PAUSE : bounded);
        }
    }

    private void look() throws SQLException {
        watched.removeIf(WatchedTransaction::isAbandoned);
        long nowNanos = System.nanoTime();
        HomeClock known = clock;
        if (known != null && nowNanos - known.afterNanos() > CLOCK_KEPT.toNanos()) {
            known = null;
        }
        long seen = known == null ? 0 : known.atLeast(nowNanos);
        Map<String, WatchedTransaction> own = new HashMap<>();
        List<WaitingTransaction> waiting = new ArrayList<>();
        // the same one as long as there is something published, which is its own
        Login login = publishedBy;
        for (WatchedTransaction transaction : watched) {
            WaitingTransaction found = transaction.waitingSince(nowNanos - PATIENCE.toNanos(), seen);
            if (found != null) {
                own.put(found.gtxid(), transaction);
                waiting.add(found);
                if (login == null) {
                    login = new Login(transaction.credentials(), transaction.pool());
                }
            }
        }
        ClusterMap map = maps.current();
        if (login == null || map == null) {
            return;
        }
        Observation now = observe(map, login, waiting, seen);
        Observation before = last;
        last = now;
        if (before != null && now != null) {
            for (Deadlock deadlock : before.confirmedBy(now).deadlocks()) {
                WatchedTransaction victim = own.get(deadlock.victim().gtxid());
                if (victim != null) {
                    victim.cancel(deadlock, fanOut);
                }
            }
        }
    }

    /** Publishes what waits here, and reads what waits anywhere; null where too few wait for a deadlock. */
    private @Nullable Observation observe(ClusterMap map, Login login, List<WaitingTransaction> waiting, long seen)
            throws SQLException {
        // what cannot be withdrawn is forgotten by the others soon
        publishedBy = waiting.isEmpty() ? null : login;
        long beforeNanos = System.nanoTime();
        SharedWaits.Published published =
                on(map.homeShard(), login, home -> SharedWaits.exchange(home, client, waiting, seen));
        HomeClock read = new HomeClock(published.homeMicros(), beforeNanos, System.nanoTime());
        clock = read;
        List<WaitingTransaction> transactions = published.transactions();
        if (waiting.isEmpty() || transactions.size() < 2) {
            return null;
        }
        List<LockWait> waits = lockWaits(map, login, transactions);
        return new Observation(transactions, waits, read.atMost(System.nanoTime()));
    }

    /** The waits on every shard that one of these transactions is on; a shard that cannot be asked has none. */
    private List<LockWait> lockWaits(ClusterMap map, Login login, List<WaitingTransaction> transactions) {
        Set<String> names = new HashSet<>();
        transactions.forEach(transaction -> names.addAll(transaction.backends().keySet()));
        List<Callable<List<LockWait>>> calls = new ArrayList<>();
        for (Shard shard : map.shards()) {
            if (names.contains(shard.name())) {
                calls.add(() -> on(shard, login, connection -> SharedWaits.lockWaits(connection, shard.name())));
            }
        }
        List<LockWait> waits = new ArrayList<>();
        if (!calls.isEmpty()) {
            for (Outcome<List<LockWait>> outcome : fanOut.all(calls, () -> {})) {
                List<LockWait> found = outcome.value();
                if (found != null) {
                    waits.addAll(found);
                } else {
                    LOG.debug("a shard does not say who waits on it", outcome.failure());
                }
            }
        }
        return waits;
    }

    /** A question to one server. */
    @FunctionalInterface
    private interface Question<T> {
        T ask(Connection connection) throws SQLException;
    }

    /** Asks through a connection that no pool can be out of, however many of its connections are waiting for locks. */
    private <T> T on(Shard shard, Login login, Question<T> question) throws SQLException {
        Lease lease = primaries
                .leasedBy(login.credentials(), login.pool())
                .takeNow(shard, true, NETWORK_TIMEOUT_MILLIS, SessionState.INITIAL);
        try {
            return question.ask(lease.backend().connection());
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            lease.release();
        }
    }

    /** Ends looking; what is published is forgotten by the others soon. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
