package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** EXPLAIN of statements for which rows travel, on three shards. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class ExplainMovementIT {

    private static final String JOIN = "SELECT count(*) FROM big JOIN small ON big.v = small.v";

    private LocalCluster cluster;
    private Connection connection;

    @BeforeAll
    void define(LocalCluster started) throws SQLException {
        cluster = started;
        connection = cluster.connect();
        execute("CREATE DISTRIBUTED TABLE big (k bigint PRIMARY KEY, v int, filler text) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE middle (k bigint PRIMARY KEY, v int) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE small (k bigint PRIMARY KEY, v int) BY HASH (k)");
        execute("CREATE DISTRIBUTED TABLE target (k bigint PRIMARY KEY, v int) BY HASH (k)");
        for (int from = 1; from <= 20_000; from += 5000) {
            execute("INSERT INTO big VALUES " + rows(from, 5000, ", repeat('x', 100)"));
            execute("INSERT INTO middle VALUES " + rows(from, 5000, ""));
        }
        execute("INSERT INTO small VALUES " + rows(1, 100, ""));
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), "ANALYZE");
        }
    }

    private static String rows(int from, int count, String more) {
        return IntStream.range(from, from + count)
                .mapToObj(i -> "(" + i + ", " + i % 100 + more + ")")
                .collect(Collectors.joining(", "));
    }

    @AfterAll
    void close() throws SQLException {
        connection.close();
    }

    @BeforeEach
    void empty() throws SQLException {
        execute("DELETE FROM target");
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> lines(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return lines(rows);
        }
    }

    private static List<String> lines(ResultSet rows) throws SQLException {
        List<String> lines = new ArrayList<>();
        while (rows.next()) {
            lines.add(rows.getString(1));
        }
        return lines;
    }

    /** The plan that was made with the tables' sizes known. */
    private List<String> explained(String sql) throws SQLException, InterruptedException {
        while (true) {
            List<String> lines = lines("EXPLAIN " + sql);
            if (lines.stream().anyMatch(line -> line.contains(", about "))) {
                return lines;
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static List<String> having(List<String> lines, String part) {
        return lines.stream().filter(line -> line.contains(part)).toList();
    }

    @Test
    void showsWhatWouldTravelAndHowItsSourceRuns() throws Exception {
        List<String> lines = explained(JOIN);
        assertThat(lines.get(0)).startsWith("Broadcast  (SELECT, read)");
        assertThat(having(lines, "  Move "))
                .singleElement()
                .asString()
                .matches(".* to all shards, about 100 rows, \\d+ bytes");
        assertThat(having(lines, "    Source: ")).singleElement().asString().contains("\"small\"");
        assertThat(having(lines, "    Shard ")).hasSize(3);
        assertThat(having(lines, "Seq Scan on small")).hasSize(3);
        assertThat(having(lines, "  Then: ")).singleElement().asString().contains("FROM big JOIN");
        assertThat(lines.get(lines.size() - 1)).startsWith("    On the Shards: decided when the rows have moved");
        assertThat(having(lines, "Moved: ")).isEmpty();
    }

    @Test
    void saysWhatTravelledAndHowLongEachStepTook() throws Exception {
        explained(JOIN);
        List<String> lines = lines("EXPLAIN (ANALYZE, COSTS OFF) " + JOIN);
        assertThat(having(lines, "Moved: "))
                .singleElement()
                .asString()
                .matches(" +Moved: 300 rows, \\d+ bytes as array parameters to s1, s2, s3 in \\d+\\.\\d{3} ms");
        assertThat(having(lines, "    Time: ")).singleElement().asString().matches(" +Time: \\d+\\.\\d{3} ms");
        assertThat(having(lines, "    Shard ")).hasSize(3);
        assertThat(having(lines, "Seq Scan on big (actual time=")).hasSize(3);
        assertThat(lines).noneMatch(line -> line.contains("On the Shards: "));
    }

    @Test
    void countsWhatTravelsThroughTemporaryTables() throws Exception {
        List<String> lines = lines("EXPLAIN ANALYZE SELECT max(a.filler) FROM big a JOIN big b ON a.v = b.k");
        List<String> moved = having(lines, "Moved: ");
        assertThat(moved).isNotEmpty().anyMatch(line -> line.contains("through temporary tables"));
        long rows = 0;
        Pattern figure = Pattern.compile("Moved: (\\d+) rows");
        for (String line : moved) {
            Matcher matcher = figure.matcher(line);
            assertThat(matcher.find()).isTrue();
            rows += Long.parseLong(matcher.group(1));
        }
        assertThat(rows).isGreaterThanOrEqualTo(20_000);
        assertThat(having(lines, "pgplex_moved")).anyMatch(line -> line.contains("Scan on pgplex_moved"));
        for (PostgresServer server : cluster.primaries()) {
            assertThat(server.query(
                            cluster.database(), "SELECT count(*) FROM pg_class WHERE relname LIKE 'pgplex\\_moved%'"))
                    .isEqualTo("0");
        }
    }

    @Test
    void explainsWithParameters() throws Exception {
        String sql = JOIN + " WHERE small.k <= ? AND big.k > ?";
        try (PreparedStatement statement = connection.prepareStatement("EXPLAIN ANALYZE " + sql)) {
            statement.setLong(1, 10);
            statement.setLong(2, 5);
            try (ResultSet rows = statement.executeQuery()) {
                assertThat(having(lines(rows), "Moved: "))
                        .singleElement()
                        .asString()
                        .contains("Moved: 30 rows");
            }
        }
        try (PreparedStatement statement = connection.prepareStatement("EXPLAIN (FORMAT JSON) " + sql)) {
            statement.setLong(1, 10);
            statement.setLong(2, 5);
            try (ResultSet rows = statement.executeQuery()) {
                assertThat(having(lines(rows), "\"Node Type\"")).isNotEmpty();
            }
        }
    }

    @Test
    void writesOnlyWithAnalyze() throws Exception {
        String sql = "INSERT INTO target SELECT b.k, s.v FROM big b JOIN small s ON b.v = s.k WHERE s.k <= 5";
        List<String> expected = lines("EXPLAIN " + sql);
        assertThat(having(expected, "  Move ")).hasSize(2);
        assertThat(having(expected, "Seq Scan on small"))
                .as("a movement inside")
                .hasSize(3);
        assertThat(lines("SELECT count(*) FROM target")).containsExactly("0");
        List<String> lines = lines("EXPLAIN ANALYZE " + sql);
        assertThat(having(lines, "Moved: "))
                .satisfiesExactly(inner -> assertThat(inner).contains("Moved: 15 rows"), outer -> assertThat(outer)
                        .contains("Moved: 1000 rows"));
        assertThat(having(lines, "Insert on target")).isNotEmpty();
        assertThat(lines("SELECT count(*) FROM target")).containsExactly("1000");
        connection.setAutoCommit(false);
        try {
            execute("DELETE FROM target");
            lines("EXPLAIN ANALYZE " + sql);
            assertThat(lines("SELECT count(*) FROM target")).containsExactly("1000");
            connection.rollback();
        } finally {
            connection.setAutoCommit(true);
        }
        assertThat(lines("SELECT count(*) FROM target")).containsExactly("1000");
    }

    @Test
    void saysWhetherAFilterWentAhead() throws Exception {
        String sql =
                "SELECT count(b.filler) FROM small s JOIN middle m ON m.v = s.v JOIN big b ON b.v = m.k WHERE s.k < 7";
        List<String> planned = explained(sql);
        assertThat(having(planned, "Reduced By pgplex_moved"))
                .as(String.join("\n", planned))
                .isNotEmpty();
        assertThat(having(lines("EXPLAIN ANALYZE " + sql), "Moved: ")).anyMatch(line -> line.endsWith(" ms, reduced"));
    }

    @Test
    void aRouteIsExplainedAsEver() throws SQLException {
        List<String> lines = lines("EXPLAIN " + JOIN + " WHERE big.k = 1 AND small.k = 1");
        assertThat(lines.get(0)).startsWith("Route");
        assertThat(having(lines, "Shard s")).hasSize(1);
    }
}
