package io.pgplex.jdbc.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What SHOW, SET and RESET do in the management database, and what does not work there. */
@PgplexCluster(shards = 2, standbys = 1)
class ManagementIT {

    private final LocalCluster cluster;
    private Connection connection;
    private Statement statement;

    ManagementIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @BeforeEach
    void connect() throws SQLException {
        connection = DriverManager.getConnection(cluster.managementUrl());
        statement = connection.createStatement();
    }

    @AfterEach
    void reset() throws SQLException {
        statement.execute("RESET nodes.pg1_r1.weight");
        statement.execute("RESET nodes.pg1_r1.zone");
        connection.close();
    }

    @Test
    void showsTheNodes() throws SQLException {
        try (ResultSet nodes = statement.executeQuery("SHOW nodes")) {
            List<String> rows = new ArrayList<>();
            while (nodes.next()) {
                rows.add(nodes.getString("name") + " " + nodes.getString("shard") + " " + nodes.getString("role") + " "
                        + nodes.getInt("weight"));
                assertThat(nodes.getInt("port"))
                        .isEqualTo(cluster.server(nodes.getString("name")).port());
                assertThat(nodes.getString("database")).isEqualTo(cluster.database());
            }
            assertThat(rows)
                    .containsExactly(
                            "pg1 s1 primary 1", "pg1_r1 s1 standby 1", "pg2 s2 primary 1", "pg2_r1 s2 standby 1");
        }
    }

    @Test
    void showsTheShards() throws SQLException {
        try (ResultSet shards = statement.executeQuery("show shards")) {
            assertThat(shards.next()).isTrue();
            assertThat(shards.getString("name")).isEqualTo("s1");
            assertThat(shards.getString("leader")).isEqualTo("pg1");
            assertThat(shards.getLong("epoch")).isPositive();
            assertThat(shards.getString("standbys")).isEqualTo("pg1_r1");
            assertThat(shards.getString("patroni")).isNull();
            assertThat(shards.getString("failover")).isEqualTo("safe");
            assertThat(shards.next()).isTrue();
            assertThat(shards.next()).isFalse();
        }
        assertThat(only("SHOW shards.s2.leader")).isEqualTo("pg2");
        assertThat(only("SHOW shards.\"s2\"")).isEqualTo("s2");
    }

    @Test
    void listsTheTree() throws SQLException {
        for (String all : List.of("SHOW", "SHOW ALL")) {
            List<String> changeable = new ArrayList<>();
            int rows = 0;
            try (ResultSet tree = statement.executeQuery(all)) {
                while (tree.next()) {
                    rows++;
                    assertThat(tree.getString("description")).isNotBlank();
                    if (tree.getBoolean("changeable") && tree.getString("name").contains("1.")) {
                        changeable.add(tree.getString("name"));
                    }
                }
            }
            assertThat(rows).isGreaterThan(4 * 10);
            assertThat(changeable)
                    .containsExactly(
                            "nodes.pg1.zone",
                            "nodes.pg1.weight",
                            "nodes.pg1_r1.zone",
                            "nodes.pg1_r1.weight",
                            "nodes.pg2_r1.zone",
                            "nodes.pg2_r1.weight",
                            "shards.s1.leader");
        }
    }

    @Test
    void setsAndResetsWeightAndZone() throws SQLException {
        assertThat(statement.executeUpdate("SET nodes.pg1_r1.weight = 7")).isZero();
        statement.execute("SET nodes.pg1_r1.zone TO 'eu-1'; SET nodes.pg1_r1.weight = '8'");
        assertThat(only("SHOW nodes.pg1_r1.weight")).isEqualTo("8");
        assertThat(only("SHOW nodes.pg1_r1.zone")).isEqualTo("eu-1");
        assertThat(only("SHOW nodes.pg1.weight")).isEqualTo("1");
        statement.execute("SET nodes.pg1_r1.weight TO DEFAULT");
        statement.execute("RESET nodes.pg1_r1.zone");
        assertThat(only("SHOW nodes.pg1_r1.weight")).isEqualTo("1");
        assertThat(only("SHOW nodes.pg1_r1.zone")).isNull();
    }

    @Test
    void isSeenByOtherConnectionsAtOnce() throws SQLException {
        statement.execute("SET nodes.pg1_r1.weight = 3");
        try (Connection other = DriverManager.getConnection(cluster.managementUrl());
                PreparedStatement show = other.prepareStatement("SHOW nodes.pg1_r1.weight");
                ResultSet rows = show.executeQuery()) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getObject(1)).isEqualTo(3L);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SHOW sessions|42704|nodes, shards",
                "SHOW nodes.pg9|42704|pg1, pg1_r1, pg2, pg2_r1",
                "SHOW nodes.pg1.weights|42704|zone, weight",
                "SHOW nodes.pg1.weight.more|42704|nodes, shards",
                "SET nodes.pg9.weight = 1|42704|pg1",
                "SET nodes.pg1.weight = -1|22023|0 to 1000",
                "SET nodes.pg1.weight = 1001|22023|0 to 1000",
                "SET nodes.pg1.weight = 'much'|22023|0 to 1000",
                "SET nodes.pg1.zone = ' '|22023|RESET takes it away",
                "SET nodes.pg1.host = 'elsewhere'|0A000|zone, weight",
                "SET nodes.pg1 = 1|0A000|nodes.name",
                "SET shards.s1.leader = 'pg2'|22023|pg1, pg1_r1",
                "RESET shards.s1.leader|0A000|switchover",
                "SHOW nodes pg1|42601|nodes.pg1.weight",
                "SET nodes.pg1.weight|42601|nodes.pg1.weight",
                "SET nodes.pg1.weight =|42601|nodes.pg1.weight",
                "RESET|42601|nodes.pg1.weight"
            })
    void saysWhatIsWrong(String sql, String state, String hint) {
        assertThatThrownBy(() -> statement.execute(sql))
                .isInstanceOf(SQLException.class)
                .hasFieldOrPropertyWithValue("SQLState", state)
                .hasMessageContaining("Hint:")
                .hasMessageContaining(hint);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "INSERT INTO t VALUES (1)",
                "BEGIN",
                "JOIN CLUSTER ON 'port=1'",
                "CREATE TABLE t (a int)",
                "EXPLAIN SHOW nodes"
            })
    void refusesEverythingElse(String sql) {
        assertThatThrownBy(() -> statement.execute(sql))
                .isInstanceOf(SQLFeatureNotSupportedException.class)
                .hasMessageContaining("only SHOW, SET and RESET work in the management database");
    }

    @Test
    void setsNothingInAReadOnlySession() throws SQLException {
        connection.setReadOnly(true);
        assertThatThrownBy(() -> statement.execute("SET nodes.pg1_r1.weight = 5"))
                .hasFieldOrPropertyWithValue("SQLState", "25006");
        assertThat(only("SHOW nodes.pg1_r1.weight")).isEqualTo("1");
        connection.setReadOnly(false);
    }

    @Test
    void toleratesWhatToolsDoToAConnection() throws SQLException {
        assertThat(connection.isValid(1)).isTrue();
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
        connection.setSchema("public");
        connection.setClientInfo("ApplicationName", "tool's");
        assertThat(only("SHOW application_name")).isEqualTo("tool's");
        assertThat(connection.getCatalog()).isEqualTo("pgplex");
        assertThat(connection.getSchema()).isNull();
        assertThat((Object) connection.getWarnings()).isNull();
        connection.commit();
        connection.rollback();
        connection.setAutoCommit(true);
        assertThat(connection.nativeSQL("SHOW nodes")).isEqualTo("SHOW nodes");
        DatabaseMetaData metaData = connection.getMetaData();
        assertThat(metaData.getDatabaseProductName()).isEqualTo("PostgreSQL");
        assertThat(metaData.getDatabaseMajorVersion()).isEqualTo(18);
        assertThat(metaData.getDriverName()).contains("pgplex");
        assertThat(metaData.getIdentifierQuoteString()).isEqualTo("\"");
        for (int i = 0; i < 2; i++) { // the connection stays of use after a query that it refused
            assertThatThrownBy(() -> metaData.getTables(null, null, "%", null))
                    .hasMessageContaining("only SHOW, SET and RESET work in the management database");
        }
        assertThat(only("SHOW shards.s1.leader")).isEqualTo("pg1");
    }

    @Test
    void describesItsResults() throws SQLException {
        try (ResultSet nodes = statement.executeQuery("SHOW nodes")) {
            assertThat(nodes.getMetaData().getColumnCount()).isEqualTo(15);
            assertThat(nodes.getMetaData().getColumnTypeName(6)).isEqualTo("int8");
            assertThat(nodes.getMetaData().getColumnClassName(1)).isEqualTo("java.lang.String");
            assertThat(nodes.getMetaData().getTableName(1)).isEmpty();
        }
    }

    @Test
    void doesNotExistWithoutTheCluster() {
        String url = cluster.managementUrl().replace("@" + cluster.cluster(), "@no_such_cluster");
        assertThatThrownBy(() -> DriverManager.getConnection(url)).hasFieldOrPropertyWithValue("SQLState", "3D000");
    }

    private String only(String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            String value = rows.getString(1);
            assertThat(rows.next()).isFalse();
            return value;
        }
    }
}
