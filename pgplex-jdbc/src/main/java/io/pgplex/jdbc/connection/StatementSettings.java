package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.ExecuteOptions;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGStatement;

/** The half of a statement that keeps what an application set on it, for the next execution. */
abstract class StatementSettings extends StatementResults implements Statement, PGStatement {
    private ExecuteOptions options;
    private int fetchDirection = ResultSet.FETCH_FORWARD;
    private int prepareThreshold;
    private boolean adaptiveFetch;
    private boolean poolable;

    StatementSettings(PgplexConnection connection, ExecuteOptions options) {
        super(connection);
        this.options = options;
        this.prepareThreshold = connection.getPrepareThreshold();
        this.adaptiveFetch = connection.getAdaptiveFetch();
    }

    final ExecuteOptions options() {
        return options;
    }

    @Override
    public int getFetchSize() {
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
    public int getMaxFieldSize() {
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
    public int getFetchDirection() {
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
    public int getResultSetType() {
        return options.resultSetType();
    }

    @Override
    public int getResultSetConcurrency() {
        return options.concurrency();
    }

    @Override
    public int getResultSetHoldability() {
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
}
