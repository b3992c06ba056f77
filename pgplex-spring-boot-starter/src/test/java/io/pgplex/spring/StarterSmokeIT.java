package io.pgplex.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A whole application on two shards; also the smoke test of the newest JDK. */
@PgplexCluster(shards = 2, etcd = false)
class StarterSmokeIT {

    @Test
    void runsAnApplication(LocalCluster cluster) {
        try (ConfigurableApplicationContext application = start(cluster)) {
            JdbcTemplate jdbc = application.getBean(JdbcTemplate.class);
            jdbc.execute("CREATE DISTRIBUTED TABLE item (id bigint PRIMARY KEY, price int) BY HASH (id)");
            inTransaction(application, () -> {
                for (long id = 1; id <= 20; id++) {
                    jdbc.update("INSERT INTO item VALUES (?, ?)", id, id * 10);
                }
            });
            assertThat(jdbc.queryForObject("SELECT price FROM item WHERE id = ?", Integer.class, 7L))
                    .isEqualTo(70);
            assertThat(jdbc.queryForObject("SELECT sum(price) FROM item", Long.class))
                    .isEqualTo(2100);
            assertThat(jdbc.queryForList("SELECT id FROM item ORDER BY id DESC LIMIT 3", Long.class))
                    .isEqualTo(List.of(20L, 19L, 18L));
        }
    }

    @Test
    void keepsTheConnectionOfARefusedStatement(LocalCluster cluster) throws SQLException {
        try (ConfigurableApplicationContext application = start(cluster);
                Connection connection = application.getBean(DataSource.class).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE part (id bigint PRIMARY KEY, name text) BY HASH (id)");
            assertThatThrownBy(() -> statement.execute("CREATE UNIQUE INDEX ON part (name)"))
                    .isInstanceOf(SQLFeatureNotSupportedException.class);
            assertThat(connection.isClosed()).isFalse();
            assertThat(statement.executeUpdate("INSERT INTO part VALUES (1, 'bolt')"))
                    .isEqualTo(1);
        }
    }

    private static ConfigurableApplicationContext start(LocalCluster cluster) {
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .properties("spring.main.banner-mode=off", "spring.datasource.url=" + cluster.jdbcUrl())
                .run();
    }

    private static void inTransaction(ConfigurableApplicationContext application, Runnable work) {
        new TransactionTemplate(application.getBean(PlatformTransactionManager.class))
                .executeWithoutResult(status -> work.run());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Application {}
}
