package io.pgplex.benchmarks.failover;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * An application that writes one row after the other, keeps its connection while it is valid, takes a new one where it is not,
 * and tries again at once whatever happens. Thread-safe.
 */
final class Writer implements AutoCloseable {

    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int VALID_SECONDS = 1;

    private final Contender contender;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition written = lock.newCondition();

    /** How often writes and connects failed, by SQLState. */
    private final Map<String, Integer> errors = new TreeMap<>();

    private int connections;
    private @Nullable SQLException firstSinceWrite;

    /** When the newest write that succeeded began, and when it was acknowledged; {@link System#nanoTime}. */
    private long begunNanos;

    private long acknowledgedNanos;
    private boolean any;
    private volatile boolean closed;

    Writer(Contender contender) {
        this.contender = contender;
        this.thread = new Thread(this::write, "writer " + contender.name());
        thread.setDaemon(true);
        thread.start();
    }

    Contender contender() {
        return contender;
    }

    private void write() {
        Connection connection = null;
        while (!closed) {
            long begin = System.nanoTime();
            try {
                if (connection == null) {
                    connection = DriverManager.getConnection(contender.url());
                    connected();
                }
                insert(connection);
                succeeded(begin);
            } catch (SQLException e) {
                failed(e);
                connection = stillOfUse(connection);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        close(connection);
    }

    private void insert(Connection connection) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO writes (k, v) VALUES (?, 1)")) {
            insert.setLong(1, contender.key());
            insert.executeUpdate();
        }
    }

    private static @Nullable Connection stillOfUse(@Nullable Connection connection) {
        try {
            if (connection != null && connection.isValid(VALID_SECONDS)) {
                return connection;
            }
        } catch (SQLException e) {
            // of no use then
        }
        close(connection);
        return null;
    }

    private static void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            // its server is gone
        }
    }

    private void connected() {
        lock.lock();
        try {
            connections++;
        } finally {
            lock.unlock();
        }
    }

    private void succeeded(long begin) {
        lock.lock();
        try {
            begunNanos = begin;
            acknowledgedNanos = System.nanoTime();
            any = true;
            firstSinceWrite = null;
            written.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(SQLException e) {
        lock.lock();
        try {
            errors.merge(String.valueOf(e.getSQLState()), 1, Integer::sum);
            if (firstSinceWrite == null) {
                firstSinceWrite = e;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Errors so far, by SQLState. */
    Map<String, Integer> errors() {
        lock.lock();
        try {
            return new TreeMap<>(errors);
        } finally {
            lock.unlock();
        }
    }

    /** The first error since the newest write that succeeded, or null. */
    @Nullable
    SQLException firstErrorSinceWrite() {
        lock.lock();
        try {
            return firstSinceWrite;
        } finally {
            lock.unlock();
        }
    }

    /** Connections taken so far. */
    int connections() {
        lock.lock();
        try {
            return connections;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a write that began after a moment to be acknowledged.
     *
     * @return when it was acknowledged, or null where there was none in time; {@link System#nanoTime}
     */
    @Nullable
    Long awaitWrite(long sinceNanos, long limitNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = limitNanos;
            while (!any || begunNanos - sinceNanos < 0) {
                if (left <= 0) {
                    return null;
                }
                left = written.awaitNanos(left);
            }
            return acknowledgedNanos;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
