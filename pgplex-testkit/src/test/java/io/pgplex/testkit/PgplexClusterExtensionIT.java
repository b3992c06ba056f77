package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.DriverManager;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PgplexClusterExtensionIT {
    private static final RecordingDriver DRIVER = new RecordingDriver();
    private static Servers shared;

    @BeforeAll
    static void registerDriver() throws SQLException {
        DriverManager.registerDriver(DRIVER);
    }

    @AfterAll
    static void deregisterDriver() throws SQLException {
        DriverManager.deregisterDriver(DRIVER);
    }

    private static void isSharedByEqualAnnotations(Servers servers) {
        if (shared != null) {
            assertThat(servers).isSameAs(shared);
        }
        shared = servers;
    }

    @Nested
    @PgplexCluster(shards = 2, etcd = false)
    class First {
        @Test
        void injectsServers(Servers servers, PostgresServer first) {
            isSharedByEqualAnnotations(servers);
            assertThat(servers.primaries()).hasSize(2).first().isSameAs(first);
            assertThat(first.query("postgres", "SELECT 1")).isEqualTo("1");
        }

        @Nested
        class Inner {
            @Test
            void inheritsServers(Servers servers) {
                isSharedByEqualAnnotations(servers);
            }
        }
    }

    @Nested
    @PgplexCluster(shards = 2, etcd = false)
    class Second {
        @Test
        void sharesServers(Servers servers) {
            isSharedByEqualAnnotations(servers);
        }
    }

    @Nested
    @PgplexCluster(shards = 2, etcd = false, exclusive = true)
    class Breaking {
        @Test
        void hasItsOwnServers(Servers servers) {
            assertThat(servers).isNotSameAs(shared);
            servers.server("pg1").kill();
        }
    }

    @Nested
    @PgplexCluster(shards = 2, etcd = false)
    class WithCluster {
        private static LocalCluster first;

        @BeforeAll
        static void keep(LocalCluster cluster) {
            first = cluster;
        }

        @Test
        void hasClusterOfItsOwn(LocalCluster cluster, Servers servers) {
            assertThat(cluster).isSameAs(first);
            assertThat(cluster.servers()).isSameAs(servers);
            assertThat(cluster.jdbcUrl()).matches(".*/(t_withcluster_\\d+)@\\1\\?user=postgres");
        }

        @Nested
        class Inner {
            @Test
            void inheritsCluster(LocalCluster cluster) {
                assertThat(cluster).isSameAs(first);
            }
        }
    }

    @Nested
    @PgplexCluster(shards = 0)
    class WithEtcd {
        @Test
        void injectsEtcd(EtcdServer etcd) {
            assertThat(EtcdHealth.isGood(etcd.endpoint())).isTrue();
        }
    }
}
