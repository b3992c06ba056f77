package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.Movements.ANY;
import static io.pgplex.jdbc.execute.Movements.EVERY;
import static io.pgplex.jdbc.execute.Movements.ONE;
import static io.pgplex.jdbc.execute.Movements.moved;
import static io.pgplex.jdbc.execute.Movements.movement;
import static io.pgplex.jdbc.execute.Movements.moving;
import static io.pgplex.jdbc.execute.Movements.one;
import static io.pgplex.jdbc.execute.Movements.parameters;
import static io.pgplex.jdbc.execute.Movements.scatter;
import static io.pgplex.jdbc.execute.Movements.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Tables on three shards, plans for a broadcast and a gather, and a look at what is left after each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
abstract class MovementFixture {

    static final String JOIN = "SELECT a.id, b.id, b.v FROM a JOIN b ON b.other = a.n ORDER BY 1, 2";

    static final String BROADCAST = with("SELECT a.id, x.id, x.v FROM a JOIN pgplex_x x ON x.other = a.n", "pgplex_x");

    static final String GATHER = with(
            "SELECT a.id, x.id, x.v FROM pgplex_y a JOIN pgplex_x x ON x.other = a.n ORDER BY 1, 2",
            "pgplex_x",
            "pgplex_y");

    LocalCluster local;
    PlannedCluster cluster;
    PlannedCluster.Client client;
    Connection connection;

    @BeforeAll
    void define(LocalCluster started) throws SQLException, MetadataException {
        local = started;
        try (Connection plain = local.connect()) {
            execute(plain, "CREATE DISTRIBUTED TABLE a (id bigint PRIMARY KEY, n int, filler text) BY HASH (id)");
            execute(plain, "CREATE DISTRIBUTED TABLE b (id bigint PRIMARY KEY, other int, v text) BY HASH (id)");
            execute(plain, "CREATE DISTRIBUTED TABLE copy (id bigint PRIMARY KEY, v text) BY HASH (id)");
            execute(plain, "CREATE TABLE home (id bigint PRIMARY KEY, v text)");
            fill(plain, "INSERT INTO a VALUES (?, ?, ?)", 300, i -> new Object[] {(long) i, i % 40, "f".repeat(20)});
            fill(plain, "INSERT INTO b VALUES (?, ?, ?)", 100, i -> new Object[] {(long) i, i % 50, "v" + i});
        }
        cluster = new PlannedCluster(local);
    }

    @AfterAll
    void close() {
        cluster.close();
    }

    @BeforeEach
    void connect() throws SQLException {
        client = cluster.connect();
        connection = client.connection();
        cluster.plan(
                client,
                BROADCAST,
                moving(movement(
                        scatter(BROADCAST),
                        parameters(),
                        moved(
                                "pgplex_x",
                                EVERY,
                                scatter("SELECT id, other, v FROM b"),
                                parameters(),
                                "id",
                                "other",
                                "v"))));
        cluster.plan(
                client,
                GATHER,
                moving(movement(
                        one(ANY, GATHER),
                        parameters(),
                        moved("pgplex_x", ONE, scatter("SELECT id, other, v FROM b"), parameters(), "id", "other", "v"),
                        moved("pgplex_y", ONE, scatter("SELECT id, n FROM a"), parameters(), "id", "n"))));
    }

    @AfterEach
    void leavesNothingBehind() throws SQLException {
        client.close();
        for (PostgresServer server : local.primaries()) {
            assertThat(server.query(
                            local.database(), "SELECT count(*) FROM pg_class WHERE relname LIKE 'pgplex\\_moved%'"))
                    .isEqualTo("0");
            assertThat(server.query(
                            local.database(),
                            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND state LIKE 'idle in transaction%'"))
                    .isEqualTo("0");
        }
    }

    static final String LARGE = with("SELECT a.id, length(x.filler) FROM a JOIN pgplex_x x ON x.id = a.id", "pgplex_x");

    /** A broadcast of rows of which each shard gets about a megabyte. */
    void planLarge() throws SQLException {
        cluster.plan(
                client,
                LARGE,
                moving(movement(
                        scatter(LARGE),
                        parameters(),
                        moved(
                                "pgplex_x",
                                EVERY,
                                scatter("SELECT id, repeat(filler, 200) FROM a"),
                                parameters(),
                                "id",
                                "filler"))));
    }

    /** What the join answers, computed here. */
    static List<String> expected() {
        List<String> expected = new ArrayList<>();
        for (int a = 1; a <= 300; a++) {
            for (int b = 1; b <= 100; b++) {
                if (b % 50 == a % 40) {
                    expected.add(a + "|" + b + "|v" + b);
                }
            }
        }
        return sorted(expected);
    }

    static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** How many sessions of the servers are running a text like this one. */
    int running(String pattern) {
        int sum = 0;
        for (PostgresServer server : local.primaries()) {
            sum += Integer.parseInt(String.valueOf(server.query(
                    local.database(),
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
                            + " AND pid <> pg_backend_pid() AND query LIKE '" + pattern + "'")));
        }
        return sum;
    }

    static List<String> sorted(List<String> rows) {
        return rows.stream().sorted().toList();
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    static List<String> rows(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                return list(rows);
            }
        }
    }

    static List<String> list(ResultSet rows) throws SQLException {
        List<String> all = new ArrayList<>();
        int columns = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= columns; i++) {
                row.add(rows.getString(i));
            }
            all.add(String.join("|", row));
        }
        return all;
    }

    /** The values of one row. */
    @FunctionalInterface
    interface Values {
        Object[] of(int row);
    }

    static void fill(Connection connection, String sql, int rows, Values values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 1; i <= rows; i++) {
                Object[] row = values.of(i);
                for (int column = 0; column < row.length; column++) {
                    statement.setObject(column + 1, row[column]);
                }
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }
}
