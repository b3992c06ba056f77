package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGResultSetMetaData;
import org.postgresql.util.PSQLState;

/**
 * Hides the last columns of a result set and of its metadata: those that a fragment returns only to be sorted by. A
 * dynamic proxy, because every method that names a column by number or label has to be checked.
 */
final class VisibleColumns implements InvocationHandler {

    /** Methods whose first number is not a column. */
    private static final Set<String> NO_COLUMN =
            Set.of("absolute", "relative", "setFetchSize", "setFetchDirection", "unwrap", "isWrapperFor", "equals");

    private final @Nullable Object delegate;
    private final int visible;

    private VisibleColumns(@Nullable Object delegate, int visible) {
        this.delegate = delegate;
        this.visible = visible;
    }

    static ResultSet of(ResultSet rows, int visible) {
        return (ResultSet) proxy(rows, visible, ResultSet.class);
    }

    private static Object proxy(@Nullable Object delegate, int visible, Class<?>... types) {
        return Proxy.newProxyInstance(
                VisibleColumns.class.getClassLoader(), types, new VisibleColumns(delegate, visible));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        String name = method.getName();
        if (arguments != null && arguments.length > 0 && !NO_COLUMN.contains(name)) {
            checkColumn(arguments[0]);
        }
        return switch (name) {
            case "getColumnCount" -> visible;
            case "equals" -> arguments != null && proxy == arguments[0];
            case "getMetaData" ->
                proxy(call(method, arguments), visible, ResultSetMetaData.class, PGResultSetMetaData.class);
            default -> call(method, arguments);
        };
    }

    private @Nullable Object call(Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(delegate, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private void checkColumn(@Nullable Object column) throws SQLException {
        if (column instanceof Integer index && index > visible) {
            throw PgplexErrors.misuse(
                    PSQLState.INVALID_PARAMETER_VALUE,
                    "The column index is out of range: {0}, number of columns: {1}.",
                    index,
                    visible);
        }
        if (column instanceof String label && delegate instanceof ResultSet rows && rows.findColumn(label) > visible) {
            throw PgplexErrors.misuse(
                    PSQLState.UNDEFINED_COLUMN, "The column name {0} was not found in this ResultSet.", label);
        }
    }
}
