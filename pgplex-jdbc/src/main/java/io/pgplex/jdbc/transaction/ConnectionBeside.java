package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.pool.Backend;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a commit still has to do on a shard after the transaction's own connection was of no use any more: done on another
 * connection, and again for a bounded time while the server restarts or is not done with what came before. Thread-safe.
 */
final class ConnectionBeside {

    /** How long a shard that does not answer is tried; an attempt that has begun may take the pool's own timeout longer. */
    static final Duration LIMIT = Duration.ofSeconds(10);

    private static final long FIRST_PAUSE_MILLIS = 5;
    private static final long LONGEST_PAUSE_MILLIS = 250;

    /**
     * A prepared transaction is busy, or the node's epoch another one; too many connections; a lock was waited for too long;
     * the node is not promoted yet. They pass.
     */
    private static final Set<String> PASSING = Set.of("55000", "53300", "55P03", "25006");

    private final ShardConnector connector;

    ConnectionBeside(ShardConnector connector) {
        this.connector = connector;
    }

    /** What is to be done; it may be done again after it has failed half way. */
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        T on(Statement statement) throws SQLException;
    }

    /**
     * Does the work, on the calling thread, interrupted or not; an interrupt is kept for the caller.
     *
     * @throws SQLException what the server said, or why it could not be reached in time
     */
    <T extends @Nullable Object> T run(Shard shard, Work<T> work) throws SQLException {
        return run(shard, LIMIT, work);
    }

    /**
     * The same.
     *
     * @param limit how long a shard that does not answer is tried
     */
    <T extends @Nullable Object> T run(Shard shard, Duration limit, Work<T> work) throws SQLException {
        long deadline = System.nanoTime() + limit.toNanos();
        long pauseMillis = FIRST_PAUSE_MILLIS;
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return once(shard, work);
                } catch (SQLException e) {
                    if (!mayPass(e) || System.nanoTime() - deadline >= 0) {
                        throw e;
                    }
                }
                interrupted |= Thread.interrupted();
                LockSupport.parkNanos(Duration.ofMillis(pauseMillis).toNanos());
                pauseMillis = Math.min(2 * pauseMillis, LONGEST_PAUSE_MILLIS);
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private <T extends @Nullable Object> T once(Shard shard, Work<T> work) throws SQLException {
        Lease lease = connector.connect(shard);
        try (Statement statement = lease.backend().connection().createStatement()) {
            lease.suspect();
            statement.execute(CommitSql.UNHINDERED);
            return work.on(statement);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            lease.release();
        }
    }

    private static boolean mayPass(SQLException failure) {
        return Backend.isFatal(failure) || PASSING.contains(String.valueOf(failure.getSQLState()));
    }
}
