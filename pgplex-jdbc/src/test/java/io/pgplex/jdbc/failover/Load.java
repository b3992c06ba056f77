package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.failover.LoadRecord.Attempt;
import io.pgplex.testkit.LocalCluster;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Clients that write to a cluster, each on a connection that it keeps, until they are told to end. It knows which shards have
 * a fault, because it was told, and how much was acknowledged on each. Thread-safe.
 */
final class Load implements AutoCloseable {

    private static final Duration END_LIMIT = Duration.ofSeconds(60);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition acknowledged = lock.newCondition();
    private final Map<String, Long> acknowledgedOn = new HashMap<>();

    /** When something was acknowledged last, and the longest time between two such moments, in nanoseconds; by shard. */
    private final Map<String, Long> lastOn = new HashMap<>();

    private final Map<String, Long> longestPauseOn = new HashMap<>();

    /** The shards that had a fault, from the beginning to now; the last entry is now. */
    private final List<Set<String>> faults = new ArrayList<>(List.of(Set.of()));

    private final List<Connection> connections = new ArrayList<>();
    private final List<Future<List<Attempt>>> clients = new ArrayList<>();
    private final ExecutorService threads;
    private volatile boolean ended;

    /**
     * Begins to write.
     *
     * @param keys distribution keys of each shard
     */
    Load(LocalCluster cluster, long seed, int clientCount, Map<String, List<Long>> keys) throws SQLException {
        threads = Executors.newFixedThreadPool(clientCount, task -> {
            Thread thread = new Thread(task, "load");
            thread.setDaemon(true);
            return thread;
        });
        SplittableRandom random = new SplittableRandom(seed);
        for (int client = 0; client < clientCount; client++) {
            Connection connection = cluster.connect();
            connections.add(connection);
            clients.add(threads.submit(new LoadClient(this, connection, client, random.split(), keys)));
        }
    }

    /** The connections, one for each client. */
    List<Connection> connections() {
        return List.copyOf(connections);
    }

    boolean hasEnded() {
        return ended;
    }

    /** From now on, these shards and no others have a fault. */
    void faulty(String... shards) {
        lock.lock();
        try {
            faults.add(Set.of(shards));
        } finally {
            lock.unlock();
        }
    }

    /** A place in the history of faults, for {@link #faultySince}. */
    int now() {
        lock.lock();
        try {
            return faults.size() - 1;
        } finally {
            lock.unlock();
        }
    }

    /** The shards that had a fault at some time since then. */
    Set<String> faultySince(int then) {
        lock.lock();
        try {
            Set<String> all = new HashSet<>();
            faults.subList(then, faults.size()).forEach(all::addAll);
            return all;
        } finally {
            lock.unlock();
        }
    }

    void acknowledge(List<String> shards) {
        lock.lock();
        try {
            long now = System.nanoTime();
            for (String shard : shards) {
                acknowledgedOn.merge(shard, 1L, Long::sum);
                Long last = lastOn.put(shard, now);
                longestPauseOn.merge(shard, last == null ? 0L : now - last, Math::max);
            }
            acknowledged.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The longest time in which nothing was acknowledged on a shard since this was last asked, in milliseconds. */
    long longestPauseMillis(String shard) {
        lock.lock();
        try {
            Long pause = longestPauseOn.remove(shard);
            return TimeUnit.NANOSECONDS.toMillis(pause == null ? 0 : pause);
        } finally {
            lock.unlock();
        }
    }

    /** Waits until so much more was acknowledged on a shard, and says whether it was within the time. */
    boolean awaitAcknowledged(String shard, long more, Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long wanted = acknowledgedOn.getOrDefault(shard, 0L) + more;
            long left = limit.toNanos();
            while (acknowledgedOn.getOrDefault(shard, 0L) < wanted) {
                if (left <= 0 || clients.stream().anyMatch(Future::isDone)) {
                    return false;
                }
                left = acknowledged.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the clients; what they did. */
    List<Attempt> end() throws Exception {
        ended = true;
        List<Attempt> attempts = new ArrayList<>();
        for (Future<List<Attempt>> client : clients) {
            try {
                attempts.addAll(client.get(END_LIMIT.toSeconds(), TimeUnit.SECONDS));
            } catch (ExecutionException e) {
                throw new AssertionError("a client could not go on", e.getCause());
            }
        }
        return attempts;
    }

    @Override
    public void close() throws SQLException {
        ended = true;
        threads.shutdownNow();
        for (Connection connection : connections) {
            connection.close();
        }
    }
}
