package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/**
 * What one statement may still do while rows travel for it: its time, its bytes, and whether it was cancelled between two
 * of its steps. Confined to its session's thread.
 */
final class MovementBudget {

    private final RunningStatement running;
    private final int cancels;
    private final long deadlineNanos;
    private final boolean timed;
    private final long maximumBytes;
    private long bytes;

    MovementBudget(Execution execution, long maximumBytes) {
        this(execution.running(), execution.options().queryTimeoutMillis(), maximumBytes);
    }

    /** @param timeoutMillis 0 for none */
    MovementBudget(RunningStatement running, int timeoutMillis, long maximumBytes) {
        this.running = running;
        this.cancels = running.cancels();
        this.timed = timeoutMillis > 0;
        this.deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        this.maximumBytes = maximumBytes;
    }

    /** Refuses to go on after a cancel or the deadline: 57014, as the server does. */
    void check() throws SQLException {
        if (running.cancels() != cancels) {
            throw PgplexErrors.error(SqlState.QUERY_CANCELED, "canceling statement due to user request");
        }
        if (timed && System.nanoTime() - deadlineNanos >= 0) {
            throw PgplexErrors.error(SqlState.QUERY_CANCELED, "canceling statement due to query timeout");
        }
    }

    /** What is left of the time, for a physical statement; 0 for no limit. */
    int remainingMillis() {
        if (!timed) {
            return 0;
        }
        long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        return (int) Math.max(1, Math.min(left, Integer.MAX_VALUE));
    }

    /** Counts bytes that travel; 54000 when there are too many. */
    void spend(long more) throws SQLException {
        bytes += more;
        if (bytes > maximumBytes) {
            throw PgplexErrors.error(
                    SqlState.LIMIT_EXCEEDED,
                    "rows that travel between shards for this statement exceed maxIntermediate (" + maximumBytes
                            + " bytes)",
                    "Narrow the statement, or raise maxIntermediate.");
        }
    }
}
