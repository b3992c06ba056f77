package io.pgplex.jdbc.statistics;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapListener;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution.Distributed;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.statistics.Statistics;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sizes of a cluster's tables, kept up to date while somebody asks for them. Thread-safe; who asks reads a volatile field
 * and never waits.
 *
 * <p>The first question starts a thread, which reads the catalogs of all shards at once, and again from time to time; it
 * ends when nobody has asked for a while. So a client whose statements each run on one shard never pays for it. A shard that
 * cannot be read keeps the figures that it had.
 */
public final class StatisticsCache implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatisticsCache.class);

    /** The longest wait for one shard's answer. */
    private static final int NETWORK_TIMEOUT_MILLIS = 10_000;

    /** Seconds for which the thread outlives its last task. */
    private static final long IDLE_THREAD_SECONDS = 1;

    /**
     * When to read. Immutable.
     *
     * @param interval from one reading to the next, at least, give or take a quarter, so that clients started together
     *     spread out
     * @param rest times the longest that a shard took for the last answer, the least pause before the next question: catalogs
     *     of thousands of tables, asked by many clients, must not become a load
     * @param afterChange from a change of the cluster map to a reading, which then serves the changes in between too
     * @param idle after so long without a question reading ends
     */
    record Pace(Duration interval, int rest, Duration afterChange, Duration idle) {

        /**
         * A minute, because autovacuum looks for tables to analyse no more often ({@code autovacuum_naptime}); ten minutes,
         * because an idle physical connection lasts as long, and reading would keep one of each shard open.
         */
        static final Pace USUAL = new Pace(Duration.ofMinutes(1), 100, Duration.ofSeconds(1), Duration.ofMinutes(10));
    }

    /** A shard's answer, and how long the shard took for it. */
    private record Answer(ShardStatistics statistics, long nanos) {}

    /** Whose connections read: the statistics of a table are for those who may read it. */
    private record Reader(Credentials credentials, PoolSettings pool) {}

    private final ClusterMapCache maps;
    private final Primaries primaries;
    private final FanOut fanOut;
    private final Pace pace;
    private final ScheduledThreadPoolExecutor thread;
    private final ClusterMapListener listener = (before, after) -> mapChanged();

    /** Whether the next reading is planned, which a question need not do then. */
    private final AtomicBoolean following = new AtomicBoolean();
    /** Whether a reading after a change of the map is planned. */
    private final AtomicBoolean changing = new AtomicBoolean();

    private volatile Statistics current = Statistics.UNKNOWN;
    private volatile @Nullable Reader reader;
    private volatile long lastQuestionNanos;

    /** What each shard said last, by its name. Confined to the thread, as all below. */
    private final Map<String, ShardStatistics> shards = new HashMap<>();
    /** The shards that could not be read the last time: each is reported once. */
    private final Set<String> unreadable = new HashSet<>();

    private long longestNanos;

    /** Does nothing yet. */
    public StatisticsCache(Primaries primaries, FanOut fanOut) {
        this(primaries, fanOut, Pace.USUAL);
    }

    StatisticsCache(Primaries primaries, FanOut fanOut, Pace pace) {
        this.maps = primaries.maps();
        this.primaries = primaries;
        this.fanOut = fanOut;
        this.pace = pace;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread fresh = new Thread(task, "pgplex-statistics-" + maps.cluster());
            fresh.setDaemon(true);
            return fresh;
        });
        thread.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
        maps.addListener(listener);
    }

    /** What is known now, whether or not it is still kept up to date. */
    public Statistics current() {
        return current;
    }

    /**
     * How a session asks for what it is going to use. Each question may begin to read in the background, as who asked; the
     * answer is what is known now, which is nothing at first.
     */
    public Supplier<Statistics> askedBy(Credentials credentials, PoolSettings settings) {
        Reader asking = new Reader(credentials, settings);
        return () -> ask(asking);
    }

    private Statistics ask(Reader asking) {
        lastQuestionNanos = System.nanoTime();
        reader = asking;
        if (!following.get() && following.compareAndSet(false, true)) {
            plan(this::follow, Duration.ZERO);
        }
        return current;
    }

    private void mapChanged() {
        if (following.get() && changing.compareAndSet(false, true)) {
            plan(this::readAfterChange, pace.afterChange());
        }
    }

    private void plan(Runnable task, Duration delay) {
        try {
            ScheduledFuture<?> ignored = thread.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("the cluster's connections are closed, and nothing is read any more");
        }
    }

    private void follow() {
        read();
        if (System.nanoTime() - lastQuestionNanos > pace.idle().toNanos()) {
            following.set(false);
        } else {
            double factor = 0.75 + ThreadLocalRandom.current().nextDouble() / 2;
            long pauseNanos = (long) (factor * pace.interval().toNanos());
            plan(this::follow, Duration.ofNanos(Math.max(pauseNanos, pace.rest() * longestNanos)));
        }
    }

    private void readAfterChange() {
        changing.set(false);
        read();
    }

    /** Reads all shards and publishes what they say; whatever happens, the thread goes on. */
    private void read() {
        ClusterMap map = maps.current();
        Reader as = reader;
        if (map == null || as == null) {
            return;
        }
        try {
            List<Callable<Answer>> calls = new ArrayList<>();
            for (Shard shard : map.shards()) {
                calls.add(() -> read(map, shard, as));
            }
            List<Outcome<Answer>> outcomes = fanOut.all(calls, () -> {});
            longestNanos = 0;
            for (int i = 0; i < outcomes.size(); i++) {
                note(map.shards().get(i).name(), outcomes.get(i));
            }
            shards.keySet().retainAll(map.shards().stream().map(Shard::name).collect(Collectors.toSet()));
            ClusterStatistics fresh = ClusterStatistics.of(map, shards);
            if (!fresh.equals(current)) {
                current = fresh;
            }
        } catch (RuntimeException e) {
            LOG.debug("the sizes of tables could not be put together", e);
        }
    }

    private void note(String shard, Outcome<Answer> outcome) {
        Answer said = outcome.value();
        if (said != null) {
            shards.put(shard, said.statistics());
            longestNanos = Math.max(longestNanos, said.nanos());
            unreadable.remove(shard);
        } else if (unreadable.add(shard)) {
            LOG.debug("the sizes of tables on shard {} are not known now", shard, outcome.failure());
        }
    }

    private Answer read(ClusterMap map, Shard shard, Reader as) throws SQLException {
        boolean home = shard.ordinal() == map.homeShard().ordinal();
        Lease lease = primaries
                .leasedBy(as.credentials(), as.pool())
                .takeNow(shard, false, NETWORK_TIMEOUT_MILLIS, SessionState.INITIAL);
        try {
            long begin = System.nanoTime();
            ShardStatistics said =
                    ShardStatisticsReader.read(lease.backend().connection(), home ? null : distributed(map));
            return new Answer(said, System.nanoTime() - begin);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            lease.release();
        }
    }

    /** Of a replicated table the home shard's copy is enough. */
    private static Collection<TableName> distributed(ClusterMap map) {
        return map.tables().values().stream()
                .filter(table -> table.distribution() instanceof Distributed)
                .map(Table::name)
                .toList();
    }

    /** Ends reading. */
    @Override
    public void close() {
        maps.removeListener(listener);
        thread.shutdownNow();
    }
}
