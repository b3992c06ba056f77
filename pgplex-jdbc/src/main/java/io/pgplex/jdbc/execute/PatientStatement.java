package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.transaction.Barrier;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/** A statement that waits, for the barrier or a connection, until it is cancelled or its time is over. */
final class PatientStatement implements Barrier.Waiter {

    private final RunningStatement running;
    private final int cancelsBefore;
    private final long begin;
    private final long timeoutMillis;

    /**
     * A statement that begins now.
     *
     * @param timeoutMillis how long it may take; 0 for no limit
     */
    PatientStatement(RunningStatement running, long timeoutMillis) {
        this(running, running.applicationCancels(), System.nanoTime(), timeoutMillis);
    }

    /** A statement that has begun at that time, when it had been cancelled so often. */
    PatientStatement(RunningStatement running, int cancelsBefore, long beginNanos, long timeoutMillis) {
        this.running = running;
        this.cancelsBefore = cancelsBefore;
        this.begin = beginNanos;
        this.timeoutMillis = timeoutMillis;
    }

    @Override
    public void check() throws SQLException {
        if (running.applicationCancels() != cancelsBefore) {
            throw PgplexErrors.error(SqlState.QUERY_CANCELED, "canceling statement due to user request");
        }
        if (timeoutMillis > 0 && System.nanoTime() - begin > TimeUnit.MILLISECONDS.toNanos(timeoutMillis)) {
            throw PgplexErrors.error(SqlState.QUERY_CANCELED, "canceling statement due to statement timeout");
        }
    }
}
