package io.pgplex.jdbc;

import java.sql.SQLException;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.PooledConnection;
import org.jspecify.annotations.Nullable;

/**
 * A data source for pools that manage {@link PooledConnection}s, as application servers do. Set its bean properties
 * before the first connection is taken; then it is thread-safe.
 */
public final class PgplexConnectionPoolDataSource extends DataSourceSettings implements ConnectionPoolDataSource {

    public PgplexConnectionPoolDataSource() {
        this(PgplexDriver.OPENER);
    }

    PgplexConnectionPoolDataSource(ConnectionOpener opener) {
        super(opener);
    }

    @Override
    public PooledConnection getPooledConnection() throws SQLException {
        return new PgplexPooledConnection(open());
    }

    @Override
    public PooledConnection getPooledConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return new PgplexPooledConnection(open(user, password));
    }
}
