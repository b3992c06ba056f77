package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LocalClusterIT {
    private final RecordingDriver driver = new RecordingDriver();

    @BeforeEach
    void register() throws SQLException {
        DriverManager.registerDriver(driver);
    }

    @AfterEach
    void deregister() throws SQLException {
        DriverManager.deregisterDriver(driver);
    }

    @Test
    void joinsPrimariesThenStandbys() {
        try (LocalCluster cluster =
                LocalCluster.builder().shards(2).standbys(1, false).inMemory().start()) {
            assertThat(cluster.jdbcUrl()).matches("jdbc:pgplex:mem:testkit\\d+/app@default\\?user=postgres");
            assertThat(driver.urls).containsExactly(cluster.jdbcUrl() + "&createCluster=true");
            assertThat(driver.statements)
                    .containsExactly(
                            "JOIN CLUSTER ON '" + cluster.server("pg1").conninfo("app") + "' AS pg1 SHARD s1",
                            "JOIN CLUSTER ON '" + cluster.server("pg2").conninfo("app") + "' AS pg2 SHARD s2",
                            "JOIN CLUSTER ON '" + cluster.server("pg1_r1").conninfo("app")
                                    + "' AS pg1_r1 REPLICA OF pg1",
                            "JOIN CLUSTER ON '" + cluster.server("pg2_r1").conninfo("app")
                                    + "' AS pg2_r1 REPLICA OF pg2");
            assertThat(cluster.server("pg2_r1").query("app", "SELECT current_database()"))
                    .isEqualTo("app");
        }
    }

    @Test
    void keepsMetadataInEtcdWhereThereIsOne() {
        try (LocalCluster cluster = LocalCluster.builder()
                .shards(1)
                .cluster("shop")
                .etcdIfAvailable()
                .start()) {
            String store = cluster.servers().hasEtcd()
                    ? "//127.0.0.1:" + cluster.etcd().port()
                    : "mem:testkit\\d+";
            assertThat(cluster.jdbcUrl()).matches("jdbc:pgplex:" + store + "/app@shop\\?user=postgres");
        }
    }

    @Test
    void freshClustersShareServersButNotDatabases() {
        try (LocalCluster cluster = LocalCluster.builder().shards(2).inMemory().start()) {
            try (LocalCluster fresh = cluster.fresh("orders")) {
                assertThat(fresh.jdbcUrl()).contains("/orders@orders?").isNotEqualTo(cluster.jdbcUrl());
                assertThat(fresh.servers()).isSameAs(cluster.servers());
                assertThat(cluster.server("pg2").hasDatabase("orders")).isTrue();
            }
            assertThat(cluster.server("pg2").hasDatabase("orders")).isFalse();
            assertThat(cluster.server("pg2").hasDatabase("app")).isTrue();
        }
    }

    @Test
    void ordinaryUserOwnsItsDatabaseAndNeedsItsPassword() {
        try (LocalCluster cluster = LocalCluster.builder()
                .shards(1)
                .inMemory()
                .user("app", "s3cret&more")
                .start()) {
            assertThat(cluster.jdbcUrl()).endsWith("?user=app&password=s3cret%26more");
            assertThat(cluster.login()).hasToString("app");
            String owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'";
            assertThat(cluster.server("pg1").query("app", owner)).isEqualTo("app");
            String url = "jdbc:postgresql://127.0.0.1:" + cluster.server("pg1").port() + "/app";
            assertThatThrownBy(() -> DriverManager.getConnection(url, "app", "wrong"))
                    .isInstanceOf(SQLException.class);
        }
    }

    @Test
    void referenceHasTheSameDatabase() throws SQLException {
        try (LocalCluster cluster = LocalCluster.builder().shards(1).inMemory().start()) {
            assertThat(cluster.reference().query("app", "SELECT current_database()"))
                    .isEqualTo("app");
            assertThat(cluster.primaries()).doesNotContain(cluster.reference());
            DriverManager.getConnection(cluster.referenceUrl()).close();
        }
    }

    @Test
    void refusesNamesThatWouldNeedQuotes() {
        LocalCluster.Builder builder = LocalCluster.builder();
        assertThatThrownBy(() -> builder.database("My-App")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.cluster("")).isInstanceOf(IllegalArgumentException.class);
    }
}
