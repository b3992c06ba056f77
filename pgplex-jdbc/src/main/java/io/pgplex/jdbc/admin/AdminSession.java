package io.pgplex.jdbc.admin;

import io.pgplex.jdbc.cluster.ClusterRegistry;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.execute.BatchResult;
import io.pgplex.jdbc.execute.BoundParameters;
import io.pgplex.jdbc.execute.Cluster;
import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.LogicalSession;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.execute.RunningStatement;
import io.pgplex.jdbc.execute.StatementResult;
import io.pgplex.jdbc.failover.Switchover;
import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Work;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * A connection to the management database, which is on no server: {@link AdminTree} says what there is. Each SET takes effect
 * at once and for the whole cluster; there are no transactions, so commit and rollback do nothing. What tools do to any
 * connection when they open one (autocommit, isolation, application_name, metadata about the driver) works.
 */
public final class AdminSession implements LogicalSession {

    /** The name of the database, which no cluster's own can have. */
    public static final String DATABASE = "pgplex";

    private static final List<String> APPLICATION_NAME = List.of("application_name");

    private final Cluster cluster;
    private final ClusterTree things;
    private final AdminTree tree;
    private final Runnable onClose;
    private final PgConnection nowhere;
    private String applicationName = "";
    private boolean looked;
    private boolean autoCommit = true;
    private boolean readOnly;
    private int isolation = Connection.TRANSACTION_READ_COMMITTED;
    private int networkTimeoutMillis;
    private volatile boolean closed;

    /**
     * A session.
     *
     * @param failoverRefusals why shards whose primary is gone keep it, by shard, as far as this client decides that
     * @param credentials whose login makes another node a primary
     * @param timeout how long a change may take to be seen by this client
     * @param onClose called once, when the session is over
     */
    public AdminSession(
            Cluster cluster,
            Supplier<Map<String, String>> failoverRefusals,
            Credentials credentials,
            Duration timeout,
            Runnable onClose)
            throws SQLException {
        this.cluster = cluster;
        this.things = new ClusterTree(
                cluster.store(),
                cluster.cache(),
                cluster.topology(),
                new ClusterRegistry(cluster.store(), cluster.cache(), timeout),
                failoverRefusals,
                new Switchover(cluster.store(), cluster.name(), credentials));
        this.tree = things.tree();
        this.onClose = onClose;
        this.nowhere = RefusingServer.connect();
    }

    @Override
    public PreparedText prepare(String sql, boolean jdbcParameters, boolean escapeProcessing) throws SQLException {
        return cluster.plans().text(sql, jdbcParameters, escapeProcessing);
    }

    @Override
    public List<StatementResult> execute(
            PreparedText text, BoundParameters parameters, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        List<StatementResult> results = new ArrayList<>();
        for (ScannedStatement statement : text.statements()) {
            results.add(run(AdminStatement.of(statement)));
        }
        return results.isEmpty() ? List.of(done()) : results;
    }

    private StatementResult run(AdminStatement statement) throws SQLException {
        if (statement instanceof AdminStatement.Show show) {
            if (!looked) {
                things.awaitFirstLook();
                looked = true;
            }
            return new StatementResult.Rows(
                    show.path().equals(APPLICATION_NAME) ? applicationName() : tree.show(show.path(), nowhere));
        }
        AdminStatement.Set set = (AdminStatement.Set) statement;
        if (set.path().equals(APPLICATION_NAME)) {
            applicationName = set.value() == null ? "" : set.value();
            return done();
        }
        if (readOnly) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION,
                    "cannot execute SET in a read-only session of the management database");
        }
        tree.set(set.path(), set.value());
        return done();
    }

    private ResultSet applicationName() throws SQLException {
        List<DriverRows.Column> column = List.of(DriverRows.Column.text(APPLICATION_NAME.get(0)));
        return new DriverRows(nowhere, column).add(applicationName).open();
    }

    private static StatementResult done() {
        return new StatementResult.Count(0, null);
    }

    @Override
    public BatchResult executeBatch(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        throw noBatches();
    }

    @Override
    public BatchResult executeBatch(List<PreparedText> texts, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        throw noBatches();
    }

    private static SQLException noBatches() {
        return PgplexErrors.error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "batches are not supported in the management database",
                "Execute one statement after the other.");
    }

    /** Runs work on a connection that has everything but a server: each query is refused. */
    @Override
    public <T extends @Nullable Object> T onHome(Work<T> work) throws SQLException {
        return work.on(nowhere);
    }

    @Override
    public ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        return work.on(nowhere);
    }

    @Override
    public HeldConnection hold(PreparedText call, BoundParameters parameters) throws SQLException {
        throw AdminStatement.refused();
    }

    @Override
    public boolean autoCommit() {
        return autoCommit;
    }

    @Override
    public void setAutoCommit(boolean autoCommit) {
        this.autoCommit = autoCommit;
    }

    @Override
    public void commit() {
        // what was set is set already
    }

    @Override
    public void rollback() {
        // what was set stays set
    }

    @Override
    public Savepoint setSavepoint(@Nullable String name) throws SQLException {
        throw noSavepoints();
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        throw noSavepoints();
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        throw noSavepoints();
    }

    private static SQLException noSavepoints() {
        return PgplexErrors.error(
                SqlState.FEATURE_NOT_SUPPORTED,
                "savepoints are not supported in the management database",
                "Each SET takes effect at once and cannot be rolled back.");
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void setReadOnly(boolean readOnly) {
        this.readOnly = readOnly;
    }

    @Override
    public int transactionIsolation() {
        return isolation;
    }

    @Override
    public void setTransactionIsolation(int level) {
        isolation = level;
    }

    @Override
    public @Nullable String schema() {
        return null;
    }

    /** Does nothing: there are no schemas. */
    @Override
    public void setSchema(@Nullable String schema) {}

    @Override
    public int networkTimeoutMillis() {
        return networkTimeoutMillis;
    }

    @Override
    public void setNetworkTimeoutMillis(int millis) {
        networkTimeoutMillis = millis;
    }

    /** Whether it is open: no server is needed. */
    @Override
    public boolean isValid(int timeoutSeconds) {
        return !closed;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void close() throws SQLException {
        if (!closed) {
            closed = true;
            onClose.run();
            nowhere.close();
        }
    }

    @Override
    public void abort() {
        if (!closed) {
            closed = true;
            onClose.run();
        }
    }
}
