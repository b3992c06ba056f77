package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Open connections, and new ones, while etcd, standbys or everything is away for a time. */
@PgplexCluster(shards = 2, standbys = 1, synchronous = true, exclusive = true)
class OutageIT {

    private final LocalCluster cluster;
    private final EtcdServer etcd;

    OutageIT(LocalCluster cluster, EtcdServer etcd) {
        this.cluster = cluster;
        this.etcd = etcd;
    }

    @BeforeAll
    static void makeTable(LocalCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE outage (id bigint PRIMARY KEY, v text) BY HASH (id)");
        }
    }

    @BeforeEach
    void fillTable() throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DELETE FROM outage");
            statement.execute("INSERT INTO outage SELECT i, 'a' FROM generate_series(1, 20) i");
        }
    }

    private static long count(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM outage")) {
            row.next();
            return row.getLong(1);
        }
    }

    private static void insert(Connection connection, int from, int to) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO outage SELECT i, 'b' FROM generate_series(" + from + ", " + to + ") i");
        }
    }

    /** A connection whose wait for a primary is short. */
    private Connection impatient() throws SQLException {
        return DriverManager.getConnection(cluster.jdbcUrl() + "&connectionTimeout=1500");
    }

    private List<PostgresServer> servers() {
        List<PostgresServer> servers = new ArrayList<>(cluster.primaries());
        servers.add(cluster.server("pg1_r1"));
        servers.add(cluster.server("pg2_r1"));
        return servers;
    }

    @Test
    void sessionsGoOnWithoutEtcd() throws SQLException {
        try (Connection open = cluster.connect()) {
            assertThat(count(open)).isEqualTo(20);
            etcd.kill();
            try {
                insert(open, 21, 40);
                assertThat(count(open)).isEqualTo(40);
                try (Connection another = cluster.connect()) {
                    insert(another, 41, 60);
                    assertThat(count(another)).isEqualTo(60);
                }
            } finally {
                etcd.start();
            }
            insert(open, 61, 80);
            assertThat(count(open)).isEqualTo(80);
        }
    }

    @Test
    void aPrimaryThatRestartsWhileEtcdIsAwayTakesNobodyUntilItIsBack() throws SQLException {
        PostgresServer primary = cluster.server("pg1");
        try (Connection open = cluster.connect();
                Connection impatient = impatient()) {
            assertThat(count(open)).isEqualTo(20);
            assertThat(count(impatient)).isEqualTo(20);
            etcd.kill();
            try {
                primary.restart();
                assertThatThrownBy(() -> count(impatient))
                        .isInstanceOf(SQLException.class)
                        .hasStackTraceContaining("cannot be confirmed as the primary");
            } finally {
                etcd.start();
            }
            assertThat(count(open)).isEqualTo(20);
            insert(open, 21, 40);
            assertThat(count(open)).isEqualTo(40);
        }
    }

    @Test
    void everythingRestartedAtOnceIsSurvivedByOpenConnections() throws SQLException {
        try (Connection open = cluster.connect();
                Connection inTransaction = cluster.connect()) {
            assertThat(count(open)).isEqualTo(20);
            inTransaction.setAutoCommit(false);
            assertThat(count(inTransaction)).isEqualTo(20);
            etcd.kill();
            servers().forEach(PostgresServer::kill);
            // standbys last: primaries that come back find nobody to have replaced them
            servers().forEach(PostgresServer::start);
            etcd.start();
            assertThat(count(open)).isEqualTo(20);
            insert(open, 21, 40);
            assertThatThrownBy(() -> count(inTransaction))
                    .isInstanceOf(SQLException.class)
                    .extracting(e -> ((SQLException) e).getSQLState())
                    .isEqualTo("40001");
            inTransaction.rollback();
            assertThat(count(inTransaction)).isEqualTo(40);
            inTransaction.commit();
        }
    }

    @Test
    void allStandbysGoneLeaveReadsToThePrimary() throws SQLException {
        PostgresServer first = cluster.server("pg1_r1");
        PostgresServer second = cluster.server("pg2_r1");
        try (Connection reader = DriverManager.getConnection(cluster.jdbcUrl() + "&intent=prefer-replica")) {
            assertThat(count(reader)).isEqualTo(20);
            first.kill();
            second.kill();
            try {
                assertThat(count(reader)).isEqualTo(20);
            } finally {
                first.start();
                second.start();
            }
            assertThat(count(reader)).isEqualTo(20);
        }
    }
}
