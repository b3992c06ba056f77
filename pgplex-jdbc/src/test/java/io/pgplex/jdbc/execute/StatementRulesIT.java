package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Hints, the crossShard property, EXPLAIN, and statements that are long, deep or unknown, on three shards. */
@PgplexCluster(shards = 3)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StatementRulesIT {

    private LocalCluster cluster;
    private Connection connection;

    @BeforeAll
    void define(LocalCluster started) throws SQLException {
        cluster = started;
        connection = cluster.connect();
        execute(connection, "CREATE DISTRIBUTED TABLE t (id bigint PRIMARY KEY, v text) BY HASH (id)");
        execute(connection, "CREATE DISTRIBUTED TABLE s (id bigserial PRIMARY KEY, v text) BY HASH (id)");
        execute(connection, "CREATE REPLICATED TABLE r (code text PRIMARY KEY, v text)");
        execute(connection, "CREATE TABLE l (id int PRIMARY KEY, v text)");
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
    }

    @BeforeEach
    void fill() throws SQLException {
        execute(connection, "DELETE FROM t; DELETE FROM s; DELETE FROM r; DELETE FROM l");
        execute(
                connection,
                "INSERT INTO t VALUES "
                        + IntStream.rangeClosed(1, 30)
                                .mapToObj(i -> "(" + i + ", 'v" + i + "')")
                                .collect(Collectors.joining(", ")));
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (rows.next()) {
                all.add(rows.getString(1));
            }
            return all;
        }
    }

    private static void refusedAcrossShards(Connection connection, String sql) {
        assertThatThrownBy(() -> execute(connection, sql))
                .as(sql)
                .hasFieldOrPropertyWithValue("SQLState", "0A000")
                .hasMessageContaining("more than one shard");
    }

    @Test
    void refusesSeveralShardsWhereTheConnectionForbidsThem() throws SQLException {
        try (Connection forbid = DriverManager.getConnection(cluster.jdbcUrl() + "&crossShard=forbid")) {
            for (String sql : List.of(
                    "SELECT * FROM t",
                    "SELECT count(*) FROM t",
                    "SELECT * FROM t WHERE id IN (1, 2, 3, 4, 5, 6, 7, 8)",
                    "UPDATE t SET v = 'x'",
                    "DELETE FROM t",
                    "INSERT INTO t VALUES (101, 'a'), (102, 'b'), (103, 'c'), (104, 'd'), (105, 'e')",
                    "INSERT INTO s (v) VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f'), ('g'), ('h')")) {
                refusedAcrossShards(forbid, sql);
            }
            try (PreparedStatement insert = forbid.prepareStatement("INSERT INTO t VALUES (?, 'batch')")) {
                for (int id = 201; id <= 220; id++) {
                    insert.setInt(1, id);
                    insert.addBatch();
                }
                assertThatThrownBy(insert::executeBatch).hasFieldOrPropertyWithValue("SQLState", "0A000");
            }
            assertThat(rows(connection, "SELECT count(*) FROM t WHERE v LIKE 'v%'"))
                    .containsExactly("30");
            assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("30");
            assertThat(rows(connection, "SELECT count(*) FROM s")).containsExactly("0");

            assertThat(rows(forbid, "SELECT v FROM t WHERE id = 3")).containsExactly("v3");
            execute(forbid, "INSERT INTO s (v) VALUES ('one')");
            execute(forbid, "INSERT INTO r VALUES ('a', 'b')");
            execute(forbid, "UPDATE r SET v = 'c'");
            execute(forbid, "/*!pgplex cross_shard=forbid */ DELETE FROM r");
            assertThat(rows(forbid, "/*!pgplex cross_shard=allow */ SELECT count(*) FROM t"))
                    .containsExactly("30");
            refusedAcrossShards(forbid, "/*!pgplex cross_shard=forbid */ SELECT count(*) FROM t");
        }
        refusedAcrossShards(connection, "/*!pgplex cross_shard=forbid */ SELECT count(*) FROM t");
        refusedAcrossShards(
                connection, "/*!pgplex cross_shard=forbid */ INSERT INTO t VALUES (301), (302), (303), (304), (305)");
    }

    @Test
    void warnsOfSeveralShardsWhereTheConnectionSaysSo() throws SQLException {
        try (Connection warn = DriverManager.getConnection(cluster.jdbcUrl() + "&crossShard=warn");
                Statement statement = warn.createStatement()) {
            statement.executeQuery("SELECT * FROM t").close();
            assertThat(statement.getWarnings().getMessage()).contains("more than one shard");
            assertThat(statement.getWarnings().getSQLState()).isEqualTo("01000");
            statement.executeQuery("SELECT * FROM t WHERE id = 1").close();
            assertThat((Object) statement.getWarnings()).isNull();
            statement.executeUpdate("UPDATE t SET v = v");
            assertThat((Object) statement.getWarnings()).isNotNull();
            statement.executeUpdate("/*!pgplex cross_shard=allow */ UPDATE t SET v = v");
            assertThat((Object) statement.getWarnings()).isNull();
            statement.executeUpdate("INSERT INTO r VALUES ('w', 'w')");
            assertThat((Object) statement.getWarnings()).isNull();
            statement.executeUpdate("INSERT INTO t VALUES (401), (402), (403), (404), (405), (406)");
            assertThat((Object) statement.getWarnings()).isNotNull();
        }
    }

    @Test
    void runsWhereAHintSays() throws SQLException {
        int sum = 0;
        for (int shard = 1; shard <= 3; shard++) {
            sum += Integer.parseInt(rows(connection, "/*!pgplex shard=s" + shard + " */ SELECT count(*) FROM t")
                    .get(0));
        }
        assertThat(sum).isEqualTo(30);
        assertThat(rows(connection, "/*!pgplex key=7 */ SELECT count(*) FROM t WHERE id = 7"))
                .containsExactly("1");
        assertThat(rows(connection, "--!pgplex key='7'\nSELECT v FROM t WHERE id + 0 = 7"))
                .containsExactly("v7");
        String unknown =
                "SELECT x.v FROM t AS x, XMLTABLE('/r' PASSING xmlparse(document '<r/>') COLUMNS a text PATH '@a')"
                        + " WHERE x.id = 7";
        assertThat(rows(connection, "/*!pgplex key=7 */ " + unknown)).containsExactly("v7");
        for (String bad : List.of("shard=nosuch", "key=abc", "shrad=s1", "cross_shard=maybe")) {
            assertThatThrownBy(() -> rows(connection, "/*!pgplex " + bad + " */ SELECT count(*) FROM t WHERE id = 1"))
                    .as(bad)
                    .hasFieldOrPropertyWithValue("SQLState", "22023");
        }
        assertThatThrownBy(() -> rows(connection, "SELECT FROM WHERE"))
                .hasFieldOrPropertyWithValue("SQLState", "42601");
        assertThat(rows(connection, "SELECT xmlforest(id AS a) FROM l UNION ALL SELECT xmlelement(name x)"))
                .containsExactly("<x/>");
    }

    @Test
    void plansManyTermsQuickly() throws SQLException {
        String terms = IntStream.range(0, 18)
                .mapToObj(i -> "(id = " + (i + 1) + " OR v = 'v" + (i + 1) + "')")
                .collect(Collectors.joining(" AND "));
        String keys = IntStream.range(0, 18)
                .mapToObj(i -> "(id = " + (i + 1) + " OR id = " + (i + 2) + ")")
                .collect(Collectors.joining(" AND "));
        long begin = System.nanoTime();
        assertThat(rows(connection, "SELECT v FROM t WHERE " + terms)).isEmpty();
        assertThat(rows(connection, "SELECT v FROM t WHERE " + keys)).isEmpty();
        assertThat(millisSince(begin)).isLessThan(2000);
    }

    private static long millisSince(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    @Test
    void runsStatementsOfAMegabyte() throws SQLException {
        StringBuilder values = new StringBuilder("INSERT INTO t VALUES ");
        for (int i = 0; i < 20_000; i++) {
            values.append(i == 0 ? "" : ", ")
                    .append('(')
                    .append(100_000 + i)
                    .append(", '")
                    .append("x".repeat(35))
                    .append("')");
        }
        assertThat(values.length()).isGreaterThan(900_000);
        long begin = System.nanoTime();
        execute(connection, values.toString());
        assertThat(millisSince(begin)).isLessThan(6000);
        String in =
                IntStream.range(100_000, 120_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
        begin = System.nanoTime();
        assertThat(rows(connection, "SELECT count(*) FROM t WHERE id IN (" + in + ")"))
                .containsExactly("20000");
        assertThat(millisSince(begin)).isLessThan(6000);
        String or = IntStream.range(0, 2000).mapToObj(i -> "id = " + i).collect(Collectors.joining(" OR "));
        assertThat(rows(connection, "SELECT count(*) FROM t WHERE " + or)).containsExactly("30");
        assertThat(rows(connection, "SELECT length('" + "y".repeat(1 << 20) + "') FROM t WHERE id = 1"))
                .containsExactly(Integer.toString(1 << 20));
    }

    @Test
    void survivesDeepNesting() {
        for (int depth : new int[] {50, 500, 5000, 50_000}) {
            for (String sql : List.of(
                    "SELECT count(*) FROM t WHERE " + "(".repeat(depth) + "id = 1" + ")".repeat(depth),
                    "SELECT count(*) FROM t WHERE " + "NOT ".repeat(depth) + "id = 1",
                    "SELECT count(*) FROM t WHERE id = " + "abs(".repeat(depth) + "1" + ")".repeat(depth),
                    "SELECT count(*) FROM t WHERE id = 1" + " + 1".repeat(depth),
                    "SELECT count(*) FROM " + "(SELECT * FROM ".repeat(depth) + "t" + ") x".repeat(depth),
                    "SELECT " + "CASE WHEN true THEN ".repeat(depth) + "1" + " END".repeat(depth) + " FROM t",
                    "INSERT INTO t VALUES (" + "(".repeat(depth) + "900" + ")".repeat(depth)
                            + ", 'd') ON CONFLICT DO NOTHING",
                    "SELECT ARRAY" + "[".repeat(depth) + "id" + "]".repeat(depth) + " FROM t WHERE id = 1",
                    "SELECT id FROM t" + " UNION ALL SELECT id FROM t".repeat(depth))) {
                long begin = System.nanoTime();
                try {
                    execute(connection, sql);
                } catch (SQLException e) {
                    assertThat(e.getSQLState())
                            .as(depth + " " + sql.substring(0, 50) + " " + e.getMessage())
                            .isIn("54001", "54000", "0A000", "42601", "54023", "22P02", "2202E");
                }
                assertThat(millisSince(begin))
                        .as(depth + " " + sql.substring(0, 50))
                        .isLessThan(10_000);
            }
        }
    }

    @Test
    void explainsEveryKindOfPlan() throws SQLException {
        assertThat(rows(connection, "EXPLAIN SELECT * FROM t WHERE id = 1"))
                .anyMatch(line -> line.startsWith("Route"))
                .anyMatch(line -> line.startsWith("Shard s"))
                .anyMatch(line -> line.contains("Scan"));
        List<String> scatter = rows(connection, "EXPLAIN (ANALYZE, COSTS OFF) SELECT * FROM t ORDER BY id LIMIT 3");
        assertThat(scatter).anyMatch(line -> line.startsWith("Scatter"));
        assertThat(scatter).filteredOn(line -> line.startsWith("Shard s")).hasSize(3);
        assertThat(scatter).anyMatch(line -> line.contains("actual time"));

        assertThat(rows(connection, "EXPLAIN INSERT INTO t VALUES (501, 'a'), (502, 'b'), (503, 'c'), (504, 'd')"))
                .anyMatch(line -> line.startsWith("Insert"));
        assertThat(rows(connection, "SELECT count(*) FROM t WHERE id > 500")).containsExactly("0");
        List<String> analyzed = rows(
                connection,
                "EXPLAIN ANALYZE INSERT INTO t VALUES (501, 'a'), (502, 'b'), (503, 'c'), (504, 'd'), (505, 'e')");
        assertThat(analyzed).anyMatch(line -> line.startsWith("Insert")).anyMatch(line -> line.contains("actual time"));
        assertThat(analyzed).filteredOn(line -> line.startsWith("Shard s")).hasSizeGreaterThan(1);
        assertThat(rows(connection, "SELECT count(*) FROM t WHERE id > 500")).containsExactly("5");
        assertThat(rows(connection, "EXPLAIN ANALYZE INSERT INTO s (v) VALUES ('a')"))
                .anyMatch(line -> line.contains("actual"));
        assertThat(rows(connection, "SELECT count(*) FROM s")).containsExactly("1");
        rows(connection, "EXPLAIN ANALYZE DELETE FROM t WHERE id > 500");
        assertThat(rows(connection, "SELECT count(*) FROM t WHERE id > 500")).containsExactly("0");
        rows(connection, "EXPLAIN DELETE FROM t");
        assertThat(rows(connection, "SELECT count(*) FROM t")).containsExactly("30");
        rows(connection, "EXPLAIN (ANALYZE) UPDATE r SET v = 'x'");
        try (PreparedStatement explain =
                connection.prepareStatement("EXPLAIN ANALYZE INSERT INTO t VALUES (?, ?), (?, ?)")) {
            explain.setLong(1, 601);
            explain.setString(2, "a");
            explain.setLong(3, 602);
            explain.setString(4, "b");
            explain.executeQuery().close();
        }
        assertThat(rows(connection, "SELECT v FROM t WHERE id > 600 ORDER BY id"))
                .containsExactly("a", "b");
    }
}
