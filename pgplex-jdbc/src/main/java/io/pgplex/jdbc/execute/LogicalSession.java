package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Work;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * One logical connection below the JDBC surface: its state, its transaction, the leases it holds. Used by one thread at a
 * time, except {@link #abort} and {@link #isClosed}, which any thread may call.
 */
public interface LogicalSession {

    /** A physical connection that one statement keeps until it closes it. */
    interface HeldConnection extends AutoCloseable {
        PgConnection connection();

        /** Runs the statement's call on the connection, as a statement of the session. */
        <T> T call(Call<T> call) throws SQLException;

        /** Gives the connection back; does nothing the second time. */
        @Override
        void close() throws SQLException;
    }

    /** The call of a function or procedure. */
    @FunctionalInterface
    interface Call<T> {
        T run() throws SQLException;
    }

    /** A text scanned once: kept by a statement, executed many times. */
    PreparedText prepare(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException;

    /** Executes a text; its answers in order, never empty. */
    List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException;

    /**
     * Executes one text once for each set of parameters.
     *
     * @throws java.sql.BatchUpdateException as pgjdbc throws it
     */
    BatchResult executeBatch(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException;

    /** Executes texts without parameters, one after the other, as one batch. */
    BatchResult executeBatch(List<PreparedText> texts, ExecuteOptions options, RunningStatement running)
            throws SQLException;

    /** Runs work that wants a physical connection of the home shard, inside the transaction if there is one. */
    <T extends @Nullable Object> T onHome(Work<T> work) throws SQLException;

    /** Runs work whose result set stays open on the home shard until it is closed. */
    ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException;

    /**
     * Keeps a physical connection of the shard where a call of a function or procedure runs, the home shard unless its
     * hints say otherwise, inside the transaction if there is one.
     */
    HeldConnection hold(PreparedText call, BoundParameters parameters) throws SQLException;

    boolean autoCommit();

    void setAutoCommit(boolean autoCommit) throws SQLException;

    void commit() throws SQLException;

    void rollback() throws SQLException;

    Savepoint setSavepoint(@Nullable String name) throws SQLException;

    void rollback(Savepoint savepoint) throws SQLException;

    void releaseSavepoint(Savepoint savepoint) throws SQLException;

    boolean readOnly();

    void setReadOnly(boolean readOnly) throws SQLException;

    int transactionIsolation() throws SQLException;

    void setTransactionIsolation(int level) throws SQLException;

    @Nullable
    String schema() throws SQLException;

    void setSchema(@Nullable String schema) throws SQLException;

    /** How long a physical connection waits for its server's answer; 0 for ever. */
    int networkTimeoutMillis() throws SQLException;

    void setNetworkTimeoutMillis(int millis) throws SQLException;

    /** Whether the server (the home shard) answers within the time. */
    boolean isValid(int timeoutSeconds);

    boolean isClosed();

    /** Gives everything back; rolls an open transaction back. Does nothing on a closed session. */
    void close() throws SQLException;

    /** Ends the session from any thread at once; its physical connections are not used again. */
    void abort();
}
