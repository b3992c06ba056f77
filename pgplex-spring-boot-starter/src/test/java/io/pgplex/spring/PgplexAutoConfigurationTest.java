package io.pgplex.spring;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.pgplex.jdbc.PgplexDriver;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class PgplexAutoConfigurationTest {

    private static final String URL = "spring.datasource.url=jdbc:pgplex://127.0.0.1:1/app@orders";

    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, PgplexAutoConfiguration.class));

    @Test
    void needsNothingButTheUrl() {
        application.withPropertyValues(URL).run(context -> {
            HikariDataSource pool = (HikariDataSource) context.getBean(DataSource.class);
            assertThat(pool.getDriverClassName()).isEqualTo(PgplexDriver.class.getName());
            assertThat(pool.getJdbcUrl()).isEqualTo("jdbc:pgplex://127.0.0.1:1/app@orders");
            assertThat(pool.getExceptionOverride()).isInstanceOf(PgplexSqlExceptionOverride.class);
        });
    }

    @Test
    void failsWithoutIt() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class))
                .withPropertyValues(URL)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("Failed to determine a suitable driver class"));
    }

    @Test
    void completesASecondDataSource() {
        application
                .withUserConfiguration(TwoDataSources.class)
                .withPropertyValues(URL)
                .run(context -> {
                    HikariDataSource pool = context.getBean("archive", HikariDataSource.class);
                    assertThat(pool.getDriverClassName()).isEqualTo(PgplexDriver.class.getName());
                    assertThat(pool.getExceptionOverride()).isInstanceOf(PgplexSqlExceptionOverride.class);
                });
    }

    @Test
    void keepsTheApplicationsOwnOverride() {
        application
                .withPropertyValues(
                        URL, "spring.datasource.hikari.exception-override-class-name=" + OwnOverride.class.getName())
                .run(context -> assertThat(
                                context.getBean(HikariDataSource.class).getExceptionOverride())
                        .isInstanceOf(OwnOverride.class));
    }

    @Test
    void leavesOtherDatabasesAlone() {
        application
                .withPropertyValues("spring.datasource.url=jdbc:postgresql://127.0.0.1:1/app")
                .run(context -> {
                    HikariDataSource pool = context.getBean(HikariDataSource.class);
                    assertThat(pool.getDriverClassName()).isEqualTo("org.postgresql.Driver");
                    assertThat(pool.getExceptionOverride()).isNull();
                });
    }

    @Test
    void isFoundBySpringBoot() {
        assertThat(ImportCandidates.load(AutoConfiguration.class, null).getCandidates())
                .contains(PgplexAutoConfiguration.class.getName());
    }

    /** An application's own choice. */
    public static final class OwnOverride implements SQLExceptionOverride {}

    @Configuration(proxyBeanMethods = false)
    static class TwoDataSources {
        @Bean
        DataSourceProperties archiveProperties() {
            DataSourceProperties properties = new DataSourceProperties();
            properties.setUrl("jdbc:pgplex://127.0.0.1:1/archive@orders");
            return properties;
        }

        @Bean
        HikariDataSource archive(DataSourceProperties archiveProperties) {
            return archiveProperties
                    .initializeDataSourceBuilder()
                    .type(HikariDataSource.class)
                    .build();
        }
    }
}
