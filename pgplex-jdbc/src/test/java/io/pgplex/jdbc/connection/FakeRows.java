package io.pgplex.jdbc.connection;

import io.pgplex.jdbc.execute.StatementResult;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Rows that remember only whether they were closed. */
final class FakeRows implements InvocationHandler {
    private boolean closed;
    private boolean failsToClose;

    boolean closed() {
        return closed;
    }

    FakeRows failingToClose() {
        failsToClose = true;
        return this;
    }

    ResultSet rows() {
        return (ResultSet)
                Proxy.newProxyInstance(FakeRows.class.getClassLoader(), new Class<?>[] {ResultSet.class}, this);
    }

    StatementResult.Rows answer() {
        return new StatementResult.Rows(rows());
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        switch (method.getName()) {
            case "close" -> {
                closed = true;
                if (failsToClose) {
                    throw new SQLException("cannot close", "58000");
                }
                return null;
            }
            case "isClosed" -> {
                return closed;
            }
            case "next" -> {
                return false;
            }
            case "getInt" -> {
                return 42;
            }
            default -> throw new UnsupportedOperationException(method.getName());
        }
    }
}
