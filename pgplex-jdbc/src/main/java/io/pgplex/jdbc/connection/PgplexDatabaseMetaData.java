package io.pgplex.jdbc.connection;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Metadata of the database: the home shard's, where every table exists; what concerns the driver is pgplex's own. The
 * product stays PostgreSQL, by which frameworks choose their dialect. Used by one thread at a time, as its connection.
 */
public final class PgplexDatabaseMetaData extends DelegatingDatabaseMetaData {
    private final PgplexConnection connection;

    PgplexDatabaseMetaData(PgplexConnection connection) {
        this.connection = connection;
    }

    @Override
    <T extends @Nullable Object> T answer(Question<T> question) throws SQLException {
        return connection.onHome(physical -> question.ask(physical.getMetaData()));
    }

    @Override
    ResultSet rows(Question<ResultSet> question) throws SQLException {
        return new PgplexResultSet(connection.rowsFromHome(physical -> question.ask(physical.getMetaData())), null);
    }

    @Override
    public PgplexConnection getConnection() {
        return connection;
    }

    @Override
    public String getURL() {
        return connection.facts().url();
    }

    @Override
    public String getUserName() {
        return connection.facts().user();
    }

    @Override
    public String getDriverName() {
        return "pgplex JDBC driver";
    }

    @Override
    public String getDriverVersion() {
        return connection.facts().driverVersion();
    }

    @Override
    public int getDriverMajorVersion() {
        return connection.facts().driverMajorVersion();
    }

    @Override
    public int getDriverMinorVersion() {
        return connection.facts().driverMinorVersion();
    }

    @Override
    public boolean isReadOnly() throws SQLException {
        return connection.isReadOnly();
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
