package io.pgplex.spring;

import com.zaxxer.hikari.HikariDataSource;
import io.pgplex.jdbc.PgplexDriver;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;

/** Lets {@code spring.datasource.url=jdbc:pgplex:...} work without any other setting. */
@AutoConfiguration(before = DataSourceAutoConfiguration.class)
@ConditionalOnClass({PgplexDriver.class, DataSourceProperties.class, HikariDataSource.class})
public final class PgplexAutoConfiguration {

    /** Static, so that it exists before the data sources that it completes. */
    @Bean
    static PgplexDataSourceDefaults pgplexDataSourceDefaults() {
        return new PgplexDataSourceDefaults();
    }
}
