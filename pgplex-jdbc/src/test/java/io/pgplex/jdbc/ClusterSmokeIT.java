package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** The way of a statement and of a commit once through, quick enough to run on every JDK of a machine. */
@PgplexCluster(shards = 3)
class ClusterSmokeIT {

    @Test
    void createsLoadsCommitsAndScatters(LocalCluster cluster) throws SQLException {
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "CREATE DISTRIBUTED TABLE accounts (id bigint PRIMARY KEY, balance numeric) BY HASH (id)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("INSERT INTO accounts VALUES (?, ?)")) {
                for (long id = 1; id <= 100; id++) {
                    insert.setLong(1, id);
                    insert.setLong(2, id * 10);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
            statement.executeUpdate("UPDATE accounts SET balance = 0");
            connection.rollback();
            connection.setAutoCommit(true);

            assertThat(number(statement, "SELECT sum(balance) FROM accounts")).isEqualTo(50500);
            assertThat(number(statement, "SELECT balance FROM accounts WHERE id = 42"))
                    .isEqualTo(420);
            assertThat(number(statement, "SELECT id FROM accounts ORDER BY balance DESC LIMIT 1"))
                    .isEqualTo(100);
            assertThat(number(statement, "SELECT count(DISTINCT conn) FROM pg_cluster"))
                    .isEqualTo(3);
            for (String shard : new String[] {"s1", "s2", "s3"}) {
                assertThat(number(statement, "/*!pgplex shard=" + shard + " */ SELECT count(*) FROM accounts"))
                        .as("rows on " + shard)
                        .isBetween(1L, 99L);
            }
        }
    }

    private static long number(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getLong(1);
        }
    }
}
