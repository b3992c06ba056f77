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
import org.junit.jupiter.api.Test;

/** The management database while every server is down, with the metadata in this JVM. */
@PgplexCluster(shards = 1, etcd = false, exclusive = true)
class ManagementWithoutServersIT {

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
            try (ResultSet node = statement.executeQuery("SHOW nodes.pg1")) {
                assertThat(node.next()).isTrue();
                assertThat(node.getString("zone")).isEqualTo("a");
                assertThat(node.getString("health")).isNotEqualTo("up");
                assertThat(node.getObject("timeline")).isNull();
            }
        }
    }
}
