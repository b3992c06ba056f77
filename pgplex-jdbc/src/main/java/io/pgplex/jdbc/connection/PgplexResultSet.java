package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.delegate.DelegatingResultSet;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The result set that an application reads: rows of one shard, or of several behind one cursor. Everything that concerns
 * rows and values is the delegate's, which is pgjdbc's own where one shard answered. Used by one thread at a time; any
 * thread may close it.
 */
public final class PgplexResultSet extends DelegatingResultSet {
    private final ResultSet rows;
    private final @Nullable PgplexStatement statement;

    @Nullable
    PgplexResultSet previous;

    @Nullable
    PgplexResultSet next;

    /**
     * A result set of a statement.
     *
     * @param statement null for rows that no statement of the application asked for
     */
    PgplexResultSet(ResultSet rows, @Nullable PgplexStatement statement) {
        this.rows = rows;
        this.statement = statement;
    }

    @Override
    protected ResultSet delegate() {
        return rows;
    }

    @Override
    public boolean next() throws SQLException {
        return rows.next();
    }

    @Override
    public @Nullable Statement getStatement() throws SQLException {
        if (rows.isClosed()) {
            throw JdbcErrors.resultSetClosed();
        }
        return statement;
    }

    /** Closes the rows and gives back what they hold. */
    @Override
    public void close() throws SQLException {
        if (statement == null) {
            rows.close();
        } else {
            statement.close(this);
        }
    }

    void closeRows() throws SQLException {
        rows.close();
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this) || type.isInstance(rows) || rows.isWrapperFor(type);
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        return type.isInstance(rows) ? type.cast(rows) : rows.unwrap(type);
    }
}
