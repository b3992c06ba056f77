package io.pgplex.jdbc.fanout;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * How one of several calls ended. Immutable.
 *
 * @param value what it returned; null when it failed or returned nothing
 * @param failure what it threw, or null
 */
public record Outcome<T extends @Nullable Object>(
        @Nullable T value, @Nullable Throwable failure) {

    public boolean failed() {
        return failure != null;
    }

    /** The failure as the exception that a JDBC method may throw. */
    public SQLException sqlFailure() {
        return sqlException(failure);
    }

    private static SQLException sqlException(@Nullable Throwable failure) {
        if (failure instanceof SQLException sql) {
            return sql;
        }
        if (failure instanceof RuntimeException unchecked) {
            throw unchecked;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException("a call that did not fail has no failure", failure);
    }
}
