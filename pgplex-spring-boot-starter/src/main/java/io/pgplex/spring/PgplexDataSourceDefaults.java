package io.pgplex.spring;

import com.zaxxer.hikari.HikariDataSource;
import io.pgplex.jdbc.PgplexDriver;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;

/**
 * Fills in what a data source of pgplex needs and the application left open, wherever its {@code jdbc:pgplex:} URL came
 * from: the driver's class, which Spring Boot guesses for databases of its own list only (for others it takes that of an
 * embedded database, when there is one), and {@link PgplexSqlExceptionOverride}. Other data sources are left alone.
 */
final class PgplexDataSourceDefaults implements BeanPostProcessor {

    private static final String URL_PREFIX = "jdbc:pgplex:";

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        if (bean instanceof DataSourceProperties properties) {
            completeProperties(properties);
        } else if (bean instanceof HikariDataSource pool) {
            completePool(pool);
        }
        return bean;
    }

    private static void completeProperties(DataSourceProperties properties) {
        if (isPgplex(properties.getUrl()) && isBlank(properties.getDriverClassName())) {
            properties.setDriverClassName(PgplexDriver.class.getName());
        }
    }

    /** A pool that has given out a connection already can no longer be changed, and is the application's own affair. */
    private static void completePool(HikariDataSource pool) {
        if (isPgplex(pool.getJdbcUrl()) && pool.getExceptionOverride() == null && !pool.isRunning()) {
            pool.setExceptionOverrideClassName(PgplexSqlExceptionOverride.class.getName());
        }
    }

    private static boolean isPgplex(@Nullable String url) {
        return url != null && url.toLowerCase(Locale.ROOT).startsWith(URL_PREFIX);
    }

    private static boolean isBlank(@Nullable String text) {
        return text == null || text.isBlank();
    }
}
