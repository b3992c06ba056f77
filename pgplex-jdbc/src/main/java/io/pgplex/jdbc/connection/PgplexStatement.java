package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;
import org.postgresql.util.PSQLState;

/**
 * A statement of a logical connection: what the application set on it, and its way to the session. Used by one thread at a
 * time; {@link #cancel} and {@link #close} may come from any thread.
 */
public class PgplexStatement extends StatementResults implements Statement, PGStatement {
    private ExecuteOptions options;
    private volatile @Nullable RunningStatement running;
    private @Nullable List<PreparedText> batch;
    private int fetchDirection = ResultSet.FETCH_FORWARD;
    private int prepareThreshold;
    private boolean adaptiveFetch;
    private boolean poolable;
    private boolean closeOnCompletion;
    private volatile boolean closed;

    PgplexStatement(PgplexConnection connection, ExecuteOptions options) {
        super(connection);
        this.options = options;
        this.prepareThreshold = connection.getPrepareThreshold();
    }

    @Override
    final PgplexStatement statement() {
        return this;
    }

    final ExecuteOptions options() {
        return options;
    }

    @Override
    final void requireOpen() throws SQLException {
        if (closed || connection.isClosed()) {
            throw JdbcErrors.statementClosed();
        }
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
    private void requireStillOpen() throws SQLException {
        if (closed) {
            throw JdbcErrors.statementClosed();
        }
    }

    /** Executes a text that came with the call; a prepared statement refuses. */
    void runText(String sql, GeneratedKeys keys) throws SQLException {
        requireOpen();
        PreparedText text = connection.session().prepare(sql, false, options.escapeProcessing());
        run(text, NoParameters.INSTANCE, StatementOptions.generatedKeys(options, keys));
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
        PreparedText text = connection.session().prepare(sql, false, options.escapeProcessing());
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
        return runBatch(inFlight -> connection.session().executeBatch(texts, options, inFlight));
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
        cancel();
        connection.lock();
        try {
            closeResults();
        } finally {
            connection.unlock();
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
        requireOpen();
        closeOnCompletion = true;
    }

    @Override
    public boolean isCloseOnCompletion() throws SQLException {
        requireOpen();
        return closeOnCompletion;
    }

    @Override
    public PgplexConnection getConnection() throws SQLException {
        requireOpen();
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
    public int getFetchSize() throws SQLException {
        requireOpen();
        return options.fetchSize();
    }

    @Override
    public void setFetchSize(int rows) throws SQLException {
        requireOpen();
        options = StatementOptions.fetchSize(options, rows);
    }

    @Override
    public int getMaxRows() throws SQLException {
        return (int) Math.min(getLargeMaxRows(), Integer.MAX_VALUE);
    }

    @Override
    public void setMaxRows(int rows) throws SQLException {
        setLargeMaxRows(rows);
    }

    @Override
    public long getLargeMaxRows() throws SQLException {
        requireOpen();
        return options.maxRows();
    }

    @Override
    public void setLargeMaxRows(long rows) throws SQLException {
        requireOpen();
        options = StatementOptions.maxRows(options, rows);
    }

    @Override
    public int getMaxFieldSize() throws SQLException {
        requireOpen();
        return options.maxFieldSizeBytes();
    }

    @Override
    public void setMaxFieldSize(int bytes) throws SQLException {
        requireOpen();
        options = StatementOptions.maxFieldSize(options, bytes);
    }

    @Override
    public int getQueryTimeout() throws SQLException {
        requireOpen();
        return options.queryTimeoutMillis() / 1000;
    }

    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        requireOpen();
        options = StatementOptions.queryTimeout(options, seconds);
    }

    @Override
    public void setEscapeProcessing(boolean enabled) throws SQLException {
        requireOpen();
        options = StatementOptions.escapeProcessing(options, enabled);
    }

    @Override
    public int getFetchDirection() throws SQLException {
        requireOpen();
        return fetchDirection;
    }

    @Override
    public void setFetchDirection(int direction) throws SQLException {
        requireOpen();
        if (direction != ResultSet.FETCH_FORWARD
                && direction != ResultSet.FETCH_REVERSE
                && direction != ResultSet.FETCH_UNKNOWN) {
            throw JdbcErrors.invalidValue("Invalid fetch direction constant: " + direction + ".");
        }
        fetchDirection = direction;
    }

    @Override
    public int getResultSetType() throws SQLException {
        requireOpen();
        return options.resultSetType();
    }

    @Override
    public int getResultSetConcurrency() throws SQLException {
        requireOpen();
        return options.concurrency();
    }

    @Override
    public int getResultSetHoldability() throws SQLException {
        requireOpen();
        return options.holdability();
    }

    @Override
    public void setPoolable(boolean poolable) throws SQLException {
        requireOpen();
        this.poolable = poolable;
    }

    @Override
    public boolean isPoolable() throws SQLException {
        requireOpen();
        return poolable;
    }

    /** Does nothing, as in pgjdbc. */
    @Override
    public void setCursorName(String name) throws SQLException {
        requireOpen();
    }

    /** 0: rows have had no OIDs since PostgreSQL 12. */
    @Override
    public long getLastOID() throws SQLException {
        requireOpen();
        return 0;
    }

    /** Remembers the threshold; physical connections go by their own, the URL's {@code prepareThreshold}. */
    @Override
    public void setPrepareThreshold(int threshold) throws SQLException {
        requireOpen();
        prepareThreshold = threshold < 0 ? 1 : threshold;
    }

    @Override
    public int getPrepareThreshold() {
        return prepareThreshold;
    }

    @Override
    @Deprecated
    @SuppressWarnings("InlineMeSuggester") // inherited deprecation
    public void setUseServerPrepare(boolean flag) throws SQLException {
        setPrepareThreshold(flag ? 1 : 0);
    }

    @Override
    public boolean isUseServerPrepare() {
        return false;
    }

    @Override
    public void setAdaptiveFetch(boolean adaptiveFetch) {
        this.adaptiveFetch = adaptiveFetch;
    }

    @Override
    public boolean getAdaptiveFetch() {
        return adaptiveFetch;
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
