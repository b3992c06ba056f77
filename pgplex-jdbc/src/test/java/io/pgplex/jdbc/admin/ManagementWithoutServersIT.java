package io.pgplex.jdbc.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The management database while every server is down, with the metadata in this JVM. */
@PgplexCluster(shards = 1, etcd = false, exclusive = true)
class ManagementWithoutServersIT {

    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final LocalCluster cluster;

    ManagementWithoutServersIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    void showsAndSetsWhileEveryServerIsDown() throws SQLException {
        cluster.primaries().forEach(PostgresServer::kill);
        try (Connection connection = DriverManager.getConnection(cluster.managementUrl());
                Statement statement = connection.createStatement()) {
            statement.execute("SET nodes.pg1.zone = 'a'");
            long deadline = System.nanoTime() + LIMIT_NANOS;
            while (!"down".equals(only(statement, "SHOW nodes.pg1.health"))) {
                assertThat(System.nanoTime() - deadline).as("pg1 is found down").isNegative();
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
            assertThat(only(statement, "SHOW nodes.pg1.zone")).isEqualTo("a");
            assertThat(only(statement, "SHOW nodes.pg1.reason")).isNotBlank();
            assertThat(only(statement, "SHOW shards.s1.leader")).isEqualTo("pg1");
        }
    }

    private static String only(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }
}
