package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.execute.GeneratedKeys;
import io.pgplex.jdbc.execute.LogicalSession;
import io.pgplex.jdbc.execute.PreparedText;
import io.pgplex.jdbc.pool.Work;
import java.sql.Array;
import java.sql.CallableStatement;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseStatement;
import org.postgresql.core.Field;
import org.postgresql.util.PSQLState;

/**
 * A logical connection: one database to the application, many servers behind its session. Used by one thread at a time;
 * {@link #close}, {@link #abort}, {@link #cancelQuery} and {@link #isClosed} may come from any thread. Every use of the
 * session is under one lock, which only such threads ever wait for.
 */
public final class PgplexConnection extends PostgresExtensions {
    private final LogicalSession session;
    private final ReentrantLock lock = new ReentrantLock();
    private final OpenStatements openStatements = new OpenStatements();
    private final ClientInfo clientInfo = new ClientInfo(this);
    private Map<String, Class<?>> typeMap = new HashMap<>();
    private @Nullable DatabaseMetaData metaData;
    private @Nullable SQLWarning warnings;
    private volatile @Nullable PgplexStatement executing;
    private volatile boolean closed;

    /**
     * A connection over an open session, which it closes.
     *
     * @throws SQLException 22023 when a property that concerns statements is out of range
     */
    public PgplexConnection(LogicalSession session, ConnectionFacts facts) throws SQLException {
        super(facts);
        this.session = session;
    }

    LogicalSession session() {
        return session;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /** Remembers a statement that holds result sets. */
    void holds(PgplexStatement statement) {
        openStatements.add(statement);
    }

    /** Forgets a statement that holds none any more. */
    void released(PgplexStatement statement) {
        openStatements.remove(statement);
    }

    void executing(@Nullable PgplexStatement statement) {
        executing = statement;
    }

    @Override
    void requireOpen() throws SQLException {
        if (isClosed()) {
            throw JdbcErrors.connectionClosed();
        }
    }

    /** A use of the session. */
    @FunctionalInterface
    private interface Use<T extends @Nullable Object> {
        T of(LogicalSession session) throws SQLException;
    }

    /** A change of the session. */
    @FunctionalInterface
    private interface Change {
        void of(LogicalSession session) throws SQLException;
    }

    private <T extends @Nullable Object> T ask(Use<T> use) throws SQLException {
        lock.lock();
        try {
            requireOpen();
            return use.of(session);
        } finally {
            lock.unlock();
        }
    }

    private void change(Change change) throws SQLException {
        lock.lock();
        try {
            requireOpen();
            change.of(session);
        } finally {
            lock.unlock();
        }
    }

    @Override
    <T extends @Nullable Object> T onHome(Work<T> work) throws SQLException {
        return ask(session -> session.onHome(work));
    }

    /** Rows that stay open on the home shard. */
    ResultSet rowsFromHome(Work<ResultSet> work) throws SQLException {
        return ask(session -> session.rowsFromHome(work));
    }

    /** An empty result set without columns. */
    ResultSet noRows() throws SQLException {
        return onHome(physical ->
                ((BaseStatement) physical.createStatement()).createDriverResultSet(new Field[0], List.of()));
    }

    @Override
    Array detached(Array array) throws SQLException {
        return DetachedArray.of(array, session);
    }

    @Override
    public Statement createStatement() throws SQLException {
        requireOpen();
        return new PgplexStatement(this, defaults());
    }

    @Override
    public Statement createStatement(int type, int concurrency) throws SQLException {
        return createStatement(type, concurrency, getHoldability());
    }

    @Override
    public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
        requireOpen();
        return new PgplexStatement(this, StatementOptions.resultSet(defaults(), type, concurrency, holdability));
    }

    @Override
    public PreparedStatement prepareStatement(String sql) throws SQLException {
        return prepare(sql, defaults());
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency) throws SQLException {
        return prepareStatement(sql, type, concurrency, getHoldability());
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
            throws SQLException {
        return prepare(sql, StatementOptions.resultSet(defaults(), type, concurrency, holdability));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int keys) throws SQLException {
        return prepare(sql, keys == Statement.RETURN_GENERATED_KEYS ? GeneratedKeys.ALL : GeneratedKeys.NONE);
    }

    @Override
    public PreparedStatement prepareStatement(String sql, int @Nullable [] columns) throws SQLException {
        return prepare(sql, StatementOptions.keys(columns));
    }

    @Override
    public PreparedStatement prepareStatement(String sql, String @Nullable [] columns) throws SQLException {
        return prepare(sql, StatementOptions.keys(columns));
    }

    private PreparedStatement prepare(String sql, GeneratedKeys keys) throws SQLException {
        return prepare(sql, StatementOptions.generatedKeys(defaults(), keys));
    }

    private PreparedStatement prepare(String sql, ExecuteOptions options) throws SQLException {
        return new PgplexPreparedStatement(this, scanned(sql), options);
    }

    @Override
    public CallableStatement prepareCall(String sql) throws SQLException {
        return new PgplexCallableStatement(this, sql, scanned(sql), defaults());
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
        return prepareCall(sql, type, concurrency, getHoldability());
    }

    @Override
    public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability) throws SQLException {
        ExecuteOptions options = StatementOptions.resultSet(defaults(), type, concurrency, holdability);
        return new PgplexCallableStatement(this, sql, scanned(sql), options);
    }

    private PreparedText scanned(String sql) throws SQLException {
        requireOpen();
        return session.prepare(sql, true, true);
    }

    @Override
    public String nativeSQL(String sql) throws SQLException {
        return onHome(physical -> physical.nativeSQL(sql));
    }

    @Override
    public boolean getAutoCommit() throws SQLException {
        return ask(LogicalSession::autoCommit);
    }

    @Override
    public void setAutoCommit(boolean autoCommit) throws SQLException {
        change(session -> session.setAutoCommit(autoCommit));
    }

    @Override
    public void commit() throws SQLException {
        change(session -> {
            requireTransactions(session, "Cannot commit when autoCommit is enabled.");
            session.commit();
        });
    }

    @Override
    public void rollback() throws SQLException {
        change(session -> {
            requireTransactions(session, "Cannot rollback when autoCommit is enabled.");
            session.rollback();
        });
    }

    @Override
    public Savepoint setSavepoint() throws SQLException {
        return savepoint(null);
    }

    @Override
    public Savepoint setSavepoint(String name) throws SQLException {
        return savepoint(name);
    }

    private Savepoint savepoint(@Nullable String name) throws SQLException {
        return ask(session -> {
            requireTransactions(session, "Cannot establish a savepoint in auto-commit mode.");
            return session.setSavepoint(name);
        });
    }

    private static void requireTransactions(LogicalSession session, String message) throws SQLException {
        if (session.autoCommit()) {
            throw JdbcErrors.state(message, PSQLState.NO_ACTIVE_SQL_TRANSACTION);
        }
    }

    @Override
    public void rollback(Savepoint savepoint) throws SQLException {
        change(session -> session.rollback(savepoint));
    }

    @Override
    public void releaseSavepoint(Savepoint savepoint) throws SQLException {
        change(session -> session.releaseSavepoint(savepoint));
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        return ask(LogicalSession::readOnly);
    }

    @Override
    public void setReadOnly(boolean readOnly) throws SQLException {
        change(session -> session.setReadOnly(readOnly));
    }

    @Override
    public int getTransactionIsolation() throws SQLException {
        return ask(LogicalSession::transactionIsolation);
    }

    @Override
    public void setTransactionIsolation(int level) throws SQLException {
        if (level != TRANSACTION_READ_UNCOMMITTED
                && level != TRANSACTION_READ_COMMITTED
                && level != TRANSACTION_REPEATABLE_READ
                && level != TRANSACTION_SERIALIZABLE) {
            throw JdbcErrors.state(
                    "Transaction isolation level " + level + " not supported.", PSQLState.NOT_IMPLEMENTED);
        }
        change(session -> session.setTransactionIsolation(level));
    }

    @Override
    public int getHoldability() throws SQLException {
        requireOpen();
        return defaults().holdability();
    }

    @Override
    public void setHoldability(int holdability) throws SQLException {
        requireOpen();
        if (holdability != ResultSet.HOLD_CURSORS_OVER_COMMIT && holdability != ResultSet.CLOSE_CURSORS_AT_COMMIT) {
            throw JdbcErrors.invalidValue("Unknown ResultSet holdability setting: " + holdability + ".");
        }
        setDefaults(StatementOptions.resultSet(
                defaults(), ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, holdability));
    }

    /** The database's name. */
    @Override
    public String getCatalog() throws SQLException {
        requireOpen();
        return facts().database();
    }

    /** Does nothing, as in pgjdbc: a connection stays in its database. */
    @Override
    public void setCatalog(@Nullable String catalog) throws SQLException {
        requireOpen();
    }

    @Override
    @SuppressWarnings("NullAway") // it does not see that the answer's type is nullable
    public @Nullable String getSchema() throws SQLException {
        return this.<@Nullable String>ask(LogicalSession::schema);
    }

    @Override
    public void setSchema(@Nullable String schema) throws SQLException {
        change(session -> session.setSchema(schema));
    }

    @Override
    public int getNetworkTimeout() throws SQLException {
        return ask(LogicalSession::networkTimeoutMillis);
    }

    @Override
    public void setNetworkTimeout(@Nullable Executor executor, int millis) throws SQLException {
        requireOpen();
        if (millis < 0) {
            throw JdbcErrors.invalidValue("Network timeout must be a value greater than or equal to 0.");
        }
        change(session -> session.setNetworkTimeoutMillis(millis));
    }

    @Override
    public Map<String, Class<?>> getTypeMap() throws SQLException {
        requireOpen();
        return typeMap;
    }

    @Override
    public void setTypeMap(Map<String, Class<?>> map) throws SQLException {
        typeMap = map;
    }

    @Override
    public DatabaseMetaData getMetaData() throws SQLException {
        requireOpen();
        if (metaData == null) {
            metaData = new PgplexDatabaseMetaData(this);
        }
        return metaData;
    }

    @Override
    public void setClientInfo(String name, @Nullable String value) throws SQLClientInfoException {
        clientInfo.set(name, value);
    }

    @Override
    public void setClientInfo(Properties properties) throws SQLClientInfoException {
        clientInfo.set(properties);
    }

    @Override
    public @Nullable String getClientInfo(String name) throws SQLException {
        return onHome(physical -> physical.getClientInfo(name));
    }

    @Override
    public Properties getClientInfo() throws SQLException {
        return onHome(physical -> (Properties) physical.getClientInfo().clone());
    }

    void addWarning(SQLWarning warning) {
        if (warnings == null) {
            warnings = warning;
        } else {
            warnings.setNextWarning(warning);
        }
    }

    @Override
    public @Nullable SQLWarning getWarnings() throws SQLException {
        requireOpen();
        return warnings;
    }

    @Override
    public void clearWarnings() throws SQLException {
        requireOpen();
        warnings = null;
    }

    @Override
    public boolean isValid(int timeoutSeconds) throws SQLException {
        if (timeoutSeconds < 0) {
            throw JdbcErrors.invalidValue("Invalid timeout (" + timeoutSeconds + "<0).");
        }
        lock.lock();
        try {
            return !isClosed() && session.isValid(timeoutSeconds);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isClosed() {
        return closed || session.isClosed();
    }

    /** Cancels what the connection has in flight on any shard. */
    @Override
    public void cancelQuery() throws SQLException {
        requireOpen();
        cancelExecuting();
    }

    private void cancelExecuting() throws SQLException {
        PgplexStatement statement = executing;
        if (statement != null) {
            statement.cancel();
        }
    }

    /** Cancels what is in flight, closes all result sets, rolls an open transaction back. */
    @Override
    public void close() throws SQLException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            cancelExecuting();
        } finally {
            lock.lock();
            try {
                closeAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void closeAll() throws SQLException {
        SQLException failure = openStatements.closeAll();
        try {
            session.close();
        } catch (SQLException next) {
            if (failure != null) {
                next.addSuppressed(failure);
            }
            throw next;
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Ends the session without waiting for what it is doing. */
    @Override
    public void abort(@Nullable Executor executor) throws SQLException {
        if (executor == null) {
            throw new SQLException("executor is null");
        }
        if (!isClosed()) {
            closed = true;
            executor.execute(session::abort);
        }
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        requireOpen();
        return type.isInstance(this);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        requireOpen();
        if (!type.isInstance(this)) {
            throw JdbcErrors.cannotUnwrap(type);
        }
        return type.cast(this);
    }
}
