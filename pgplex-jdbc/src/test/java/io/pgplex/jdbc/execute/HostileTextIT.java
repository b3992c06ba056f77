package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Large, deep and broken SQL on real servers: one PostgreSQL's answer, or one error and a connection as good as before. */
@PgplexCluster(shards = 3)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileTextIT {

    private LocalCluster cluster;
    private Connection pgplex;
    private Connection reference;

    @BeforeAll
    void load(LocalCluster started) throws SQLException {
        cluster = started;
        pgplex = cluster.connect();
        reference = DriverManager.getConnection(
                cluster.referenceUrl(), cluster.login().user(), null);
        String table = "TABLE item (id bigint PRIMARY KEY, n int, name text)";
        String rows = "INSERT INTO item VALUES " + list(500, i -> "(" + i + ", " + i % 7 + ", 'name " + i + "')");
        try (Statement ours = pgplex.createStatement();
                Statement theirs = reference.createStatement()) {
            ours.execute("CREATE DISTRIBUTED " + table + " BY HASH (id)");
            theirs.execute("CREATE " + table);
            ours.execute("CREATE TABLE local (id int)");
            theirs.execute("CREATE TABLE local (id int)");
            ours.execute(rows);
            theirs.execute(rows);
        }
    }

    @AfterAll
    void close() throws SQLException {
        pgplex.close();
        reference.close();
    }

    private static String list(int count, IntFunction<String> element) {
        return IntStream.range(0, count).mapToObj(element).collect(Collectors.joining(", "));
    }

    static List<String> legalTexts() {
        return List.of(
                "SELECT id, n FROM item WHERE id IN (" + list(20_000, i -> i % 2 == 0 ? "" + i : "'" + i + "'")
                        + ") ORDER BY id",
                "SELECT count(*) FROM item WHERE (id, n) IN (" + list(9_000, i -> "(" + i + ", " + i % 7 + ")") + ")",
                "SELECT id FROM item WHERE id = ANY (ARRAY[" + list(20_000, i -> "" + i) + "]) AND n = 3 ORDER BY id",
                "SELECT id FROM item WHERE id = 1" + " OR id = 7".repeat(12_000) + " ORDER BY id",
                "SELECT id FROM item WHERE id > 3" + " AND name <> 'x'".repeat(2_000) + " ORDER BY id",
                "SELECT id" + " + 1".repeat(1_000) + " FROM item WHERE n = 1 ORDER BY id",
                "SELECT id FROM item WHERE n = 2" + " UNION ALL SELECT id FROM item WHERE n = 3".repeat(200)
                        + " ORDER BY id",
                "SELECT count(*) FROM item WHERE name = '" + "x".repeat(1 << 20) + "'",
                "SELECT id FROM item WHERE id = 7 AND name <> $hostile$" + "x".repeat(1 << 20) + "$hostile$",
                "SELECT " + list(1_600, i -> "n + " + i + " AS c" + i) + " FROM item WHERE id < 9 ORDER BY id",
                "SELECT " + "(".repeat(150) + "n" + ")".repeat(150) + " FROM item WHERE id < 99 ORDER BY id",
                "SELECT " + "CASE WHEN n = 1 THEN ".repeat(150) + "n" + " ELSE 0 END".repeat(150)
                        + " FROM item WHERE id < 99 ORDER BY id",
                "SELECT count(*) FROM item " + "-- nothing\n".repeat(50_000),
                "SELECT count(*) FROM item " + "/*".repeat(1_000) + "*/".repeat(1_000),
                "SELECT 1" + " UNION ALL SELECT 1".repeat(1_500),
                "SELECT 1" + " + 1".repeat(1_500),
                "SELECT " + "(".repeat(900) + "1" + ")".repeat(900),
                "VALUES " + list(5_000, i -> "(" + i + ", 'x')"));
    }

    @ParameterizedTest
    @MethodSource("legalTexts")
    void answersAsOnePostgresDoes(String sql) throws SQLException {
        assertThat(rows(pgplex, sql)).isEqualTo(rows(reference, sql));
    }

    static List<String> refusedTexts() {
        return List.of(
                "SELECT " + "(".repeat(100_000) + "1" + ")".repeat(100_000),
                "SELECT 1" + " + 1".repeat(200_000),
                "SELECT id FROM item WHERE " + "(".repeat(100_000),
                "SELECT id FROM item WHERE name = '" + "x".repeat(1 << 20),
                "SELECT id FROM item /*" + "/*".repeat(100_000),
                "SELECT \"" + "x".repeat(1 << 20),
                "SELECT $x$" + "$y$".repeat(100_000),
                "SELECT " + ",".repeat(100_000) + " FROM item",
                "SELECT item" + ".item".repeat(50_000) + " FROM item",
                "SELECT id" + ", id".repeat(1_700) + " FROM item",
                "SELECT id\u2003FROM item",
                "EXPLAIN ".repeat(10_000) + "SELECT 1",
                "SELECT '\0' FROM item",
                "SELECT 1 " + "@".repeat(1_000) + " 1");
    }

    /** Both refuse these, with one error, and go on. */
    @ParameterizedTest
    @MethodSource("refusedTexts")
    void refusesWhatPostgresRefuses(String sql) throws SQLException {
        for (boolean autoCommit : List.of(true, false)) {
            for (Connection connection : List.of(reference, pgplex)) {
                connection.setAutoCommit(autoCommit);
                assertThatThrownBy(() -> rows(connection, sql)).isInstanceOfSatisfying(SQLException.class, refused -> {
                    assertThat(refused.getSQLState()).matches("42...|0A000|54...|22021|08P01");
                    assertThat((Throwable) refused.getNextException()).isNull();
                });
                if (!autoCommit) {
                    connection.rollback();
                }
                connection.setAutoCommit(true);
                assertThat(rows(connection, "SELECT count(*) FROM item")).containsExactly("500");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"item", "local"})
    void insertsManyRows(String table) throws SQLException {
        String column = table.equals("item") ? "id, n, name" : "id";
        String row = table.equals("item") ? "(?, 1, 'x')" : "(?)";
        int rows = 5_000;
        for (Connection connection : List.of(reference, pgplex)) {
            connection.setAutoCommit(false);
            String sql = "INSERT INTO " + table + " (" + column + ") VALUES " + list(rows, i -> row);
            try (PreparedStatement insert = connection.prepareStatement(sql)) {
                for (int i = 1; i <= rows; i++) {
                    insert.setInt(i, 10_000 + i);
                }
                assertThat(insert.executeUpdate()).isEqualTo(rows);
            }
            assertThat(rows(connection, "SELECT count(*), sum(id) FROM " + table + " WHERE id > 10000"))
                    .containsExactly("5000|62502500");
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    @Test
    void takesAsManyParametersAsPostgresDoes() throws SQLException {
        String sql = "SELECT id FROM item WHERE id IN (" + list(65_535, i -> "?") + ") ORDER BY id";
        List<List<String>> answers = new ArrayList<>();
        for (Connection connection : List.of(reference, pgplex)) {
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                for (int i = 1; i <= 65_535; i++) {
                    select.setLong(i, 3L * i);
                }
                answers.add(rows(select.executeQuery()));
            }
        }
        assertThat(answers.get(1)).hasSize(166).isEqualTo(answers.get(0));
    }

    @Test
    void runsWhatIsTooComplexWhereAHintSays() throws SQLException {
        String condition = "id >= 0" + " AND id + 1 > 0".repeat(20_000);
        assertThatThrownBy(() -> rows(pgplex, "SELECT count(*) FROM item WHERE " + condition))
                .isInstanceOfSatisfying(SQLException.class, refused -> {
                    assertThat(refused.getSQLState()).isEqualTo("54001");
                    assertThat((Throwable) refused).hasMessageContaining("/*!pgplex shard=... */");
                });
        int count = 0;
        for (int shard = 1; shard <= 3; shard++) {
            List<String> rows =
                    rows(pgplex, "/*!pgplex shard=s" + shard + " */ SELECT count(*) FROM item WHERE " + condition);
            count += Integer.parseInt(rows.get(0));
        }
        assertThat(count).isEqualTo(500);
    }

    @Test
    void needsNoLargeStackOfTheApplication() throws Exception {
        FutureTask<String> task = new FutureTask<>(() -> {
            for (String sql : legalTexts()) {
                rows(pgplex, sql);
            }
            return "done";
        });
        Thread thread = new Thread(null, task, "small", 256L << 10);
        thread.start();
        assertThat(task.get()).isEqualTo("done");
    }

    /** All of them in a heap that 500,000 tokens of a tree would fill. */
    @Test
    void needsLittleMemory() throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        cluster.jdbcUrl())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).as(output).isZero();
        assertThat(output.strip()).endsWith("done");
    }

    /** The child: runs every text twice, so that plans are cached, and different texts that would fill a cache. */
    static final class Child {

        private Child() {}

        public static void main(String[] arguments) throws SQLException {
            try (Connection connection = DriverManager.getConnection(arguments[0])) {
                for (int round = 0; round < 2; round++) {
                    for (String sql : legalTexts()) {
                        rows(connection, sql);
                    }
                    for (String sql : refusedTexts()) {
                        try {
                            rows(connection, sql);
                        } catch (SQLException refused) {
                            System.out.println(refused.getSQLState());
                        }
                    }
                }
                for (int i = 0; i < 300; i++) {
                    int first = i;
                    rows(connection, "SELECT id FROM item WHERE id IN (" + list(9_000, j -> "" + (first + j)) + ")");
                }
            }
            System.out.println("done");
            System.exit(0);
        }
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return rows(statement.executeQuery(sql));
        }
    }

    private static List<String> rows(ResultSet answer) throws SQLException {
        List<String> rows = new ArrayList<>();
        int columns = answer.getMetaData().getColumnCount();
        while (answer.next()) {
            StringBuilder row = new StringBuilder();
            for (int i = 1; i <= columns; i++) {
                row.append(i == 1 ? "" : "|").append(answer.getString(i));
            }
            rows.add(row.toString());
        }
        return rows;
    }
}
