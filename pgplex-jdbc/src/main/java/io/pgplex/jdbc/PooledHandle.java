package io.pgplex.jdbc;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * What an application holds of a pooled connection. Closing it gives the connection back; errors pass through the pooled
 * connection's listeners. A dynamic proxy, because all of JDBC's methods are passed on alike.
 */
final class PooledHandle implements InvocationHandler {

    private final PgplexPooledConnection owner;
    private final Connection proxy;
    private @Nullable Connection connection;

    PooledHandle(PgplexPooledConnection owner, Connection connection) {
        this.owner = owner;
        this.connection = connection;
        this.proxy = (Connection) proxy(this, Connection.class);
    }

    Connection proxy() {
        return proxy;
    }

    /** Makes the handle useless without telling anybody. */
    void end() {
        connection = null;
    }

    @Override
    public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        return switch (method.getName()) {
            case "equals" -> arguments != null && self == arguments[0];
            case "hashCode" -> System.identityHashCode(self);
            case "toString" -> "handle of " + connection;
            case "isClosed" -> connection == null || connection.isClosed();
            case "close" -> close();
            case "abort" -> connection == null ? null : call(connection, method, arguments);
            case "createStatement" -> statement(Statement.class, method, arguments);
            case "prepareStatement" -> statement(PreparedStatement.class, method, arguments);
            case "prepareCall" -> statement(CallableStatement.class, method, arguments);
            case "isWrapperFor", "unwrap" -> wrapped(self, method, arguments);
            default -> call(open(), method, arguments);
        };
    }

    private Connection open() throws SQLException {
        if (connection == null) {
            throw PgplexErrors.closed(SqlState.CONNECTION_CLOSED, "connection");
        }
        return connection;
    }

    private @Nullable Object close() throws SQLException {
        if (connection != null) {
            connection = null;
            owner.handleClosed(this);
        }
        return null;
    }

    private @Nullable Object wrapped(Object self, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        if (arguments != null && arguments[0] == Connection.class) {
            if (method.getName().equals("unwrap")) {
                return self;
            }
            return true;
        }
        return call(open(), method, arguments);
    }

    private @Nullable Object statement(
            Class<? extends Statement> type, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
        Object statement = call(open(), method, arguments);
        return statement == null ? null : proxy(new StatementHandle((Statement) statement), type);
    }

    private @Nullable Object call(Object target, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            Throwable failure = e.getTargetException();
            if (failure instanceof SQLException error) {
                owner.errorOccurredIfFatal(error);
            }
            throw failure;
        }
    }

    private static Object proxy(InvocationHandler handler, Class<?> type) {
        return Proxy.newProxyInstance(PooledHandle.class.getClassLoader(), new Class<?>[] {type}, handler);
    }

    /** A statement of the handle: its connection is the handle, its errors are heard. */
    private final class StatementHandle implements InvocationHandler {

        private final Statement statement;

        StatementHandle(Statement statement) {
            this.statement = statement;
        }

        @Override
        public @Nullable Object invoke(Object self, Method method, @Nullable Object @Nullable [] arguments)
                throws Throwable {
            return switch (method.getName()) {
                case "equals" -> arguments != null && self == arguments[0];
                case "hashCode" -> System.identityHashCode(self);
                case "toString" -> statement.toString();
                case "isClosed" -> connection == null || statement.isClosed();
                case "close" -> call(statement, method, arguments);
                case "getConnection" -> {
                    open();
                    yield proxy;
                }
                default -> {
                    open();
                    yield call(statement, method, arguments);
                }
            };
        }
    }
}
