package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A scan of more rows than the heap holds, with default settings, in a JVM of its own. */
@PgplexCluster(shards = 3)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamingIT {

    private static final int ROWS = 300_000;

    private LocalCluster cluster;

    @BeforeAll
    void load(LocalCluster started) throws SQLException {
        cluster = started;
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE seed (id bigint PRIMARY KEY) BY HASH (id)");
            statement.execute(
                    "CREATE DISTRIBUTED TABLE big (id bigint, n int, filler text, PRIMARY KEY (id, n)) BY HASH (id)");
            for (int i = 1; i <= 30; i++) {
                statement.addBatch("INSERT INTO seed VALUES (" + i + ")");
            }
            statement.executeBatch();
            assertThat(statement.executeUpdate("INSERT INTO big SELECT s.id, g, repeat('x', 200)"
                            + " FROM seed s CROSS JOIN generate_series(1, " + ROWS / 30 + ") g"))
                    .isEqualTo(ROWS);
        }
    }

    @Test
    void scansMoreThanTheHeapHolds() throws Exception {
        for (String autoCommit : List.of("true", "false")) {
            for (String sql : List.of("SELECT * FROM big", "SELECT * FROM big ORDER BY id, n")) {
                assertThat(rowsSeen(autoCommit, sql)).isEqualTo(ROWS);
            }
        }
    }

    /** Each pair of rows once: all of one side travel, and as many come back. */
    @Test
    void joinsMoreThanTheHeapHolds() throws Exception {
        String sql = "SELECT b.filler FROM big a JOIN big b ON b.n = a.n AND b.id = 31 - a.id";
        for (String autoCommit : List.of("true", "false")) {
            assertThat(rowsSeen(autoCommit, sql)).isEqualTo(ROWS);
        }
    }

    @Test
    void finishesMoreThanTheHeapHolds() throws Exception {
        for (String autoCommit : List.of("true", "false")) {
            String distinct =
                    "SELECT repeat('x', count(DISTINCT filler || id || '.' || n)::int / 1500) AS filler FROM big";
            assertThat(rowsSeen(autoCommit, distinct)).isEqualTo(1);
            String sorted = "SELECT repeat('x', length(string_agg(filler || id, '' ORDER BY filler, id, n)) / 302500)"
                    + " AS filler FROM big";
            assertThat(rowsSeen(autoCommit, sorted)).isEqualTo(1);
        }
    }

    /** The number of times that a child with 64 MiB of heap saw 200 characters of filler. */
    private int rowsSeen(String autoCommit, String sql) throws Exception {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Scan.class.getName(),
                        cluster.jdbcUrl(),
                        autoCommit,
                        sql)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor()).isZero();
        return Integer.parseInt(
                output.strip().lines().reduce((first, last) -> last).orElseThrow());
    }

    /** The child: counts the rows of a query. */
    static final class Scan {

        private Scan() {}

        public static void main(String[] arguments) throws SQLException {
            int rows = 0;
            try (Connection connection = DriverManager.getConnection(arguments[0])) {
                connection.setAutoCommit(Boolean.parseBoolean(arguments[1]));
                try (Statement statement = connection.createStatement();
                        ResultSet scan = statement.executeQuery(arguments[2])) {
                    while (scan.next()) {
                        rows += scan.getString("filler").length() / 200;
                    }
                }
            }
            System.out.println(rows);
            System.exit(0);
        }
    }
}
