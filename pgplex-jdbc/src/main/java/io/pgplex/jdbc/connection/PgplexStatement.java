package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.NoParameters;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLState;

/**
 * A statement of a logical connection: what the application set on it, and its way to the session. Used by one thread at a
 * time; {@link #cancel} and {@link #close} may come from any thread.
 */
public class PgplexStatement extends StatementSettings {
    private volatile @Nullable RunningStatement running;
    private @Nullable List<PreparedText> batch;
    private boolean closeOnCompletion;
    private volatile boolean closed;

    PgplexStatement(PgplexConnection connection, ExecuteOptions options) {
        super(connection, options);
    }

    @Override
    final PgplexStatement statement() {
        return this;
    }

    @Override
    final void requireOpen() throws SQLException {
        if (closed) {
            throw JdbcErrors.statementClosed();
        }
        connection.requireOpen();
    }

    /** Executes a text; its answers can be read afterwards, those of the last execution no more. */
    final void run(PreparedText text, BoundParameters parameters, ExecuteOptions how) throws SQLException {
        RunningStatement inFlight = begin();
        try {
            show(connection.session().execute(text, parameters, how, inFlight));
        } finally {
            end();
        }
        requireStillOpen();
    }

    /** Takes the connection, and forgets the last execution. */
    final RunningStatement begin() throws SQLException {
        connection.lock();
        try {
            requireOpen();
            closeResults();
            RunningStatement inFlight = running;
            if (inFlight == null) {
                running = inFlight = new RunningStatement();
            }
            inFlight.clearWarnings();
            connection.executing(this);
            return inFlight;
        } catch (Throwable failure) {
            connection.unlock();
            throw failure;
        }
    }

    /** Gives the connection back. */
    final void end() {
        connection.executing(null);
        connection.unlock();
    }

    /** Ends an execution during which another thread has closed this statement, and waits to close its answers. */
    final void requireStillOpen() throws SQLException {
        if (closed) {
            throw JdbcErrors.statementClosed();
        }
    }

    /** Executes a text that came with the call; a prepared statement refuses. */
    void runText(String sql, GeneratedKeys keys) throws SQLException {
        requireOpen();
        PreparedText text = connection.session().prepare(sql, false, options().escapeProcessing());
        run(text, NoParameters.NONE, StatementOptions.generatedKeys(options(), keys));
    }

    @Override
    public final ResultSet executeQuery(String sql) throws SQLException {
        runText(sql, GeneratedKeys.NONE);
        return onlyRows();
    }

    @Override
    public final boolean execute(String sql) throws SQLException {
        runText(sql, GeneratedKeys.NONE);
        return currentIsRows();
    }

    @Override
    public final boolean execute(String sql, int keys) throws SQLException {
        runText(sql, StatementOptions.keys(keys));
        return currentIsRows();
    }

    @Override
    public final boolean execute(String sql, int @Nullable [] columns) throws SQLException {
        runText(sql, StatementOptions.keys(columns));
        return currentIsRows();
    }

    @Override
    public final boolean execute(String sql, String @Nullable [] columns) throws SQLException {
        runText(sql, StatementOptions.keys(columns));
        return currentIsRows();
    }

    @Override
    public final long executeLargeUpdate(String sql) throws SQLException {
        return update(sql, GeneratedKeys.NONE);
    }

    @Override
    public final long executeLargeUpdate(String sql, int keys) throws SQLException {
        return update(sql, StatementOptions.keys(keys));
    }

    @Override
    public final long executeLargeUpdate(String sql, int @Nullable [] columns) throws SQLException {
        return update(sql, StatementOptions.keys(columns));
    }

    @Override
    public final long executeLargeUpdate(String sql, String @Nullable [] columns) throws SQLException {
        return update(sql, StatementOptions.keys(columns));
    }

    @Override
    public final int executeUpdate(String sql) throws SQLException {
        return narrowed(executeLargeUpdate(sql));
    }

    @Override
    public final int executeUpdate(String sql, int keys) throws SQLException {
        return narrowed(executeLargeUpdate(sql, keys));
    }

    @Override
    public final int executeUpdate(String sql, int @Nullable [] columns) throws SQLException {
        return narrowed(executeLargeUpdate(sql, columns));
    }

    @Override
    public final int executeUpdate(String sql, String @Nullable [] columns) throws SQLException {
        return narrowed(executeLargeUpdate(sql, columns));
    }

    private long update(String sql, GeneratedKeys keys) throws SQLException {
        runText(sql, keys);
        return updated(keys);
    }

    /** The count of an update; pgjdbc lets a query pass where keys were asked for, and so does this. */
    final long updated(GeneratedKeys keys) throws SQLException {
        if (keys.equals(GeneratedKeys.NONE)) {
            requireNoRows();
        }
        return getLargeUpdateCount();
    }

    @Override
    public void addBatch(String sql) throws SQLException {
        requireOpen();
        PreparedText text = connection.session().prepare(sql, false, options().escapeProcessing());
        if (text.statements().size() > 1) {
            throw JdbcErrors.state(
                    "Multi-statement SQL is not supported in Statement.addBatch(); "
                            + "call addBatch() once per statement instead.",
                    PSQLState.NOT_IMPLEMENTED);
        }
        if (batch == null) {
            batch = new ArrayList<>();
        }
        batch.add(text);
    }

    @Override
    public void clearBatch() throws SQLException {
        batch = null;
    }

    /** Executes and empties the batch; null when it is empty. */
    @Nullable
    BatchResult runBatch() throws SQLException {
        List<PreparedText> texts = batch;
        batch = null;
        if (texts == null) {
            return null;
        }
        return runBatch(inFlight -> connection.session().executeBatch(texts, options(), inFlight));
    }

    /** A batch on its way to the session. */
    @FunctionalInterface
    interface BatchCall {
        BatchResult execute(RunningStatement inFlight) throws SQLException;
    }

    final BatchResult runBatch(BatchCall call) throws SQLException {
        RunningStatement inFlight = begin();
        BatchResult result;
        try {
            result = call.execute(inFlight);
            showKeys(result.generatedKeys());
        } finally {
            end();
        }
        requireStillOpen();
        return result;
    }

    @Override
    public final long[] executeLargeBatch() throws SQLException {
        requireOpen();
        BatchResult result = runBatch();
        return result == null ? new long[0] : result.counts();
    }

    @Override
    public final int[] executeBatch() throws SQLException {
        long[] counts = executeLargeBatch();
        int[] narrowed = new int[counts.length];
        for (int i = 0; i < counts.length; i++) {
            narrowed[i] = narrowed(counts[i]);
        }
        return narrowed;
    }

    /** Cancels what this statement has in flight on any shard; does nothing when it is not executing. */
    @Override
    public final void cancel() throws SQLException {
        RunningStatement inFlight = running;
        if (inFlight != null) {
            inFlight.cancel();
        }
    }

    /** Cancels what is in flight and closes the result sets. */
    @Override
    public final void close() throws SQLException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            cancel();
        } finally {
            connection.lock();
            try {
                closeResults();
            } finally {
                connection.unlock();
            }
        }
    }

    @Override
    public final boolean isClosed() throws SQLException {
        return closed || connection.isClosed();
    }

    @Override
    final void resultSetClosed() throws SQLException {
        if (closeOnCompletion && !closed && !hasOpenResults()) {
            close();
        }
    }

    @Override
    public void closeOnCompletion() throws SQLException {
        closeOnCompletion = true;
    }

    @Override
    public boolean isCloseOnCompletion() throws SQLException {
        return closeOnCompletion;
    }

    @Override
    public PgplexConnection getConnection() {
        return connection;
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        requireOpen();
        RunningStatement inFlight = running;
        return inFlight == null ? null : inFlight.warnings();
    }

    @Override
    public void clearWarnings() throws SQLException {
        RunningStatement inFlight = running;
        if (inFlight != null) {
            inFlight.clearWarnings();
        }
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (!type.isInstance(this)) {
            throw JdbcErrors.cannotUnwrap(type);
        }
        return type.cast(this);
    }
}
