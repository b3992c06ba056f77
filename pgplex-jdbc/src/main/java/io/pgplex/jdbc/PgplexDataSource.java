package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A data source of logical connections. It needs no pool in front: physical connections are pooled below. Set its bean
 * properties before the first connection is taken; then it is thread-safe.
 */
public final class PgplexDataSource extends DataSourceSettings implements DataSource {

    public PgplexDataSource() {
        this(PgplexDriver.OPENER);
    }

    PgplexDataSource(ConnectionOpener opener) {
        super(opener);
    }

    @Override
    public Connection getConnection() throws SQLException {
        return open();
    }

    @Override
    public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
        return open(user, password);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw PgplexErrors.error(SqlState.INVALID_PARAMETER, "cannot unwrap to " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
