package io.pgplex.jdbc.pool;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/** Work on a physical connection. */
@FunctionalInterface
public interface Work<T extends @Nullable Object> {
    T on(PgConnection connection) throws SQLException;
}
