package io.pgplex.testkit;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Logger;

/** Stands where the pgplex driver will, which this module cannot depend on, and writes down what it is told. */
final class RecordingDriver implements Driver {
    final List<String> urls = new CopyOnWriteArrayList<>();
    final List<String> statements = new CopyOnWriteArrayList<>();

    @Override
    public boolean acceptsURL(String url) {
        return url.startsWith("jdbc:pgplex:");
    }

    @Override
    public Connection connect(String url, Properties properties) {
        if (!acceptsURL(url)) {
            return null;
        }
        urls.add(url);
        return proxy(Connection.class, statement());
    }

    private Statement statement() {
        return (Statement) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Statement.class}, (self, method, arguments) -> {
                    if (method.getName().equals("execute")) {
                        statements.add((String) arguments[0]);
                        return false;
                    }
                    return null;
                });
    }

    private static <T> T proxy(Class<T> type, Statement statement) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> method.getName().equals("createStatement") ? statement : null));
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties properties) {
        return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
        return 0;
    }

    @Override
    public int getMinorVersion() {
        return 0;
    }

    @Override
    public boolean jdbcCompliant() {
        return false;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException();
    }
}
