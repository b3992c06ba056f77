package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ServersIT {
    @Test
    void startsFourShardsAndEtcdQuickly() {
        Topology topology = Topology.ofShards(4).withEtcd(Topology.EtcdUse.PREFERRED);
        // the archive is unpacked once per user, and etcd downloaded
        Servers.start(Topology.ofShards(0).withEtcd(Topology.EtcdUse.PREFERRED)).close();
        PostgresBinaries.installed();

        long before = System.nanoTime();
        try (Servers servers = Servers.start(topology)) {
            Duration taken = Duration.ofNanos(System.nanoTime() - before);
            assertThat(servers.primaries())
                    .extracting(PostgresServer::name)
                    .containsExactly("pg1", "pg2", "pg3", "pg4");
            // 2.5 s on an idle machine
            assertThat(taken).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void standbysStream() {
        try (Servers servers = Servers.start(Topology.ofShards(1).withStandbys(2, true))) {
            PostgresServer primary = servers.server("pg1");
            PostgresServer standby = servers.server("pg1_r1");
            primary.execute("postgres", "CREATE TABLE streamed AS SELECT 7 AS i");

            standby.awaitReplay(primary);

            assertThat(standby.query("postgres", "SELECT i FROM streamed")).isEqualTo("7");
            assertThat(standby.query("postgres", "SELECT pg_is_in_recovery()")).isEqualTo("t");
            assertThat(primary.query(
                            "postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'quorum'"))
                    .isEqualTo("2");
        }
    }

    @Test
    void standbyTakesOverFromKilledPrimary() {
        try (Servers servers = Servers.start(Topology.ofShards(1).withStandbys(1, true))) {
            PostgresServer primary = servers.server("pg1");
            PostgresServer standby = servers.server("pg1_r1");
            primary.execute("postgres", "CREATE TABLE acknowledged (i int)");
            primary.kill();

            standby.promote();

            standby.execute("postgres", "INSERT INTO acknowledged VALUES (1)");
            assertThat(standby.query("postgres", "SELECT i FROM acknowledged")).isEqualTo("1");
        }
    }

    @Test
    void linksCutPrimaryOffFromClientsAndStandbysSeparately() throws SQLException {
        try (Servers servers =
                Servers.start(Topology.ofShards(1).withStandbys(1, false).withLinks())) {
            PostgresServer primary = servers.server("pg1");
            PostgresServer standby = servers.server("pg1_r1");
            String url = "jdbc:postgresql://127.0.0.1:" + primary.link().port() + "/postgres?user=postgres";
            assertThat(primary.conninfo("postgres"))
                    .contains("port=" + primary.link().port());
            DriverManager.getConnection(url).close();

            primary.link().cutOff();

            assertThatThrownBy(() -> DriverManager.getConnection(url)).hasMessageContaining("refused");
            primary.execute("postgres", "CREATE TABLE replicated (i int)");
            standby.awaitReplay(primary);
            assertThat(standby.query("postgres", "SELECT to_regclass('replicated')"))
                    .isEqualTo("replicated");

            primary.link().heal();
            primary.replicationLink().cutOff();

            DriverManager.getConnection(url).close();
            primary.execute("postgres", "CREATE TABLE unseen (i int)");
            assertThat(standby.query("postgres", "SELECT to_regclass('unseen')"))
                    .isNull();

            primary.replicationLink().heal();
            standby.awaitReplay(primary);
            assertThat(standby.query("postgres", "SELECT to_regclass('unseen')"))
                    .isEqualTo("unseen");

            standby.link().cutOff();
            String standbyUrl = "jdbc:postgresql://127.0.0.1:" + standby.link().port() + "/postgres?user=postgres";
            assertThatThrownBy(() -> DriverManager.getConnection(standbyUrl)).hasMessageContaining("refused");
        }
    }

    @Test
    void anOldPrimaryRejoinsAsAStandby() {
        Topology topology = Topology.ofShards(1).withStandbys(2, true).withLinks();
        try (Servers servers = Servers.start(topology)) {
            PostgresServer old = servers.server("pg1");
            PostgresServer promoted = servers.server("pg1_r1");
            int port = old.port();
            old.execute("postgres", "CREATE TABLE t (i int)");
            promoted.awaitReplay(old);
            old.kill();
            promoted.promote();
            assertThat(promoted.query("postgres", "SHOW synchronous_standby_names"))
                    .isEqualTo("ANY 1 (\"pg1_r2\", \"pg1\")");

            old.rejoin(promoted, true);

            assertThat(old.port()).isEqualTo(port);
            promoted.execute("postgres", "INSERT INTO t VALUES (1)"); // which pg1 confirms
            old.awaitReplay(promoted);
            assertThat(old.query("postgres", "SELECT i FROM t")).isEqualTo("1");
            assertThat(old.query("postgres", "SELECT pg_is_in_recovery()")).isEqualTo("t");
        }
    }

    @Test
    void referenceHasTheClustersLocale() {
        Topology topology = Topology.ofShards(1).withLocale(DatabaseLocale.icu("de-DE"));
        try (Servers servers = Servers.start(topology)) {
            String order = "SELECT 'a' < 'B' AND 'ä' < 'z'";
            assertThat(servers.reference().query("postgres", order)).isEqualTo("t");
            assertThat(servers.reference()).isSameAs(servers.reference());
        }
    }

    @Test
    void saysThatThereIsNoEtcd() {
        try (Servers servers = Servers.start(Topology.ofShards(0))) {
            assertThatThrownBy(servers::etcd).isInstanceOf(EtcdUnavailableException.class);
        }
    }

    @Test
    void clusterNeedsDriver() {
        LocalCluster.Builder builder = LocalCluster.builder().shards(1).inMemory();
        assertThatThrownBy(builder::start)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("no JDBC driver")
                .hasMessageContaining("pgplex-jdbc");
    }
}
