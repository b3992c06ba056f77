package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.ExecuteOptions;
import io.pgplex.jdbc.pool.Work;
import java.sql.Array;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.NClob;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.sql.Struct;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.Utils;
import org.postgresql.jdbc.AutoSave;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.jdbc.PreferQueryMode;
import org.postgresql.largeobject.LargeObjectManager;
import org.postgresql.replication.PGReplicationConnection;
import org.postgresql.util.PGobject;

/**
 * pgjdbc's own interface, and the making of PostgreSQL's values, on a logical connection: what makes sense on many servers
 * is done, what belongs to one server is refused by name.
 */
abstract class PostgresExtensions implements Connection, PGConnection {
    private final ConnectionFacts facts;
    private ExecuteOptions defaults = ExecuteOptions.DEFAULT;
    private int prepareThreshold;
    private boolean adaptiveFetch;

    PostgresExtensions(ConnectionFacts facts) throws SQLException {
        this.facts = facts;
        this.prepareThreshold = facts.number("prepareThreshold", 5);
        this.adaptiveFetch = Boolean.parseBoolean(facts.word("adaptiveFetch", "false"));
        int fetchSize = facts.number("defaultRowFetchSize", 0);
        if (fetchSize != 0) {
            this.defaults = StatementOptions.fetchSize(defaults, fetchSize);
        }
    }

    abstract void requireOpen() throws SQLException;

    /** Runs work on a physical connection of the home shard. */
    abstract <T extends @Nullable Object> T onHome(Work<T> work) throws SQLException;

    /** Makes an array that any shard takes. */
    abstract Array detached(Array array) throws SQLException;

    final ConnectionFacts facts() {
        return facts;
    }

    /** What a new statement's options are. */
    final ExecuteOptions defaults() {
        return defaults;
    }

    final void setDefaults(ExecuteOptions defaults) {
        this.defaults = defaults;
    }

    @Override
    public Array createArrayOf(String typeName, @Nullable Object elements) throws SQLException {
        requireOpen();
        return onHome(physical -> detached(physical.createArrayOf(typeName, elements)));
    }

    @Override
    public Array createArrayOf(String typeName, Object @Nullable [] elements) throws SQLException {
        return createArrayOf(typeName, (Object) elements);
    }

    @Override
    public SQLXML createSQLXML() throws SQLException {
        return onHome(Connection::createSQLXML);
    }

    @Override
    public Struct createStruct(String typeName, Object[] attributes) throws SQLException {
        requireOpen();
        throw JdbcErrors.notImplemented("createStruct(String, Object[])");
    }

    @Override
    public Blob createBlob() throws SQLException {
        requireOpen();
        throw JdbcErrors.notImplemented("createBlob()");
    }

    @Override
    public Clob createClob() throws SQLException {
        requireOpen();
        throw JdbcErrors.notImplemented("createClob()");
    }

    @Override
    public NClob createNClob() throws SQLException {
        requireOpen();
        throw JdbcErrors.notImplemented("createNClob()");
    }

    @Override
    public String escapeIdentifier(String identifier) throws SQLException {
        return Utils.escapeIdentifier(null, identifier).toString();
    }

    /** A literal's inside as the server reads it now; it depends on {@code standard_conforming_strings}. */
    @Override
    public String escapeLiteral(String literal) throws SQLException {
        requireOpen();
        return onHome(physical -> physical.escapeLiteral(literal));
    }

    @Override
    public void setDefaultFetchSize(int rows) throws SQLException {
        defaults = StatementOptions.fetchSize(defaults, rows);
    }

    @Override
    public int getDefaultFetchSize() {
        return defaults.fetchSize();
    }

    @Override
    public void setQueryTimeout(int seconds) throws SQLException {
        defaults = StatementOptions.queryTimeout(defaults, seconds);
    }

    @Override
    public int getQueryTimeout() {
        return defaults.queryTimeoutMillis() / 1000;
    }

    /** Remembers the threshold; physical connections go by their own, the URL's {@code prepareThreshold}. */
    @Override
    public void setPrepareThreshold(int threshold) {
        prepareThreshold = threshold;
    }

    @Override
    public int getPrepareThreshold() {
        return prepareThreshold;
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
    public PreferQueryMode getPreferQueryMode() {
        return PreferQueryMode.of(facts.word("preferQueryMode", PreferQueryMode.EXTENDED.value()));
    }

    @Override
    public AutoSave getAutosave() {
        return AutoSave.of(facts.word("autosave", AutoSave.NEVER.value()));
    }

    /** Refuses a change: autosave belongs to physical connections, which are shared. */
    @Override
    public void setAutosave(AutoSave autoSave) {
        if (autoSave != getAutosave()) {
            throw JdbcErrors.refusedUnchecked("changing autosave", "Set the connection parameter autosave.");
        }
    }

    @Override
    public Map<String, String> getParameterStatuses() {
        return unchecked(PgConnection::getParameterStatuses);
    }

    @Override
    public @Nullable String getParameterStatus(String name) {
        return unchecked(physical -> physical.getParameterStatus(name));
    }

    private <T extends @Nullable Object> T unchecked(Work<T> work) {
        try {
            return onHome(work);
        } catch (SQLException cause) {
            throw new IllegalStateException(cause.getMessage(), cause);
        }
    }

    @Override
    public PGNotification[] getNotifications() throws SQLException {
        return getNotifications(0);
    }

    @Override
    public PGNotification[] getNotifications(int timeoutMillis) throws SQLException {
        requireOpen();
        throw JdbcErrors.refused("LISTEN", "Listen on a connection of its own to one server.");
    }

    @Override
    public CopyManager getCopyAPI() throws SQLException {
        requireOpen();
        throw JdbcErrors.refused("COPY", "Use batches of INSERT, or copy through a connection to each shard.");
    }

    @Override
    public LargeObjectManager getLargeObjectAPI() throws SQLException {
        requireOpen();
        throw JdbcErrors.refused("the large object API", "Store the value in a column of type bytea.");
    }

    @Override
    @Deprecated
    public org.postgresql.fastpath.Fastpath getFastpathAPI() throws SQLException {
        requireOpen();
        throw JdbcErrors.refused("the fastpath API", "Call the function with SELECT.");
    }

    @Override
    public PGReplicationConnection getReplicationAPI() {
        throw JdbcErrors.refusedUnchecked("the replication API", "Replicate from a connection to each server.");
    }

    @Override
    public int getBackendPID() {
        throw JdbcErrors.refusedUnchecked(
                "a backend's process number", "There is one on each shard: select pg_backend_pid() with a shard hint.");
    }

    @Override
    @Deprecated
    public void addDataType(String type, String className) {
        throw JdbcErrors.refusedUnchecked("addDataType", dataTypeHint(type));
    }

    @Override
    public void addDataType(String type, Class<? extends PGobject> objectType) throws SQLException {
        requireOpen();
        throw JdbcErrors.refused("addDataType", dataTypeHint(type));
    }

    private static String dataTypeHint(String type) {
        return "Set the connection parameter datatype." + type + " to the class's name.";
    }
}
