package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@PgplexCluster(shards = 1, etcd = false, links = true, exclusive = true)
@Timeout(60)
class ProtocolWatchIT {
    private static final String DATABASE = "postgres";

    private final PostgresServer server;
    private final ProtocolWatch watch;

    ProtocolWatchIT(PostgresServer server) {
        this.server = server;
        this.watch = server.link().protocol();
    }

    @BeforeEach
    void createTable() {
        server.execute(DATABASE, "DROP TABLE IF EXISTS w", "CREATE TABLE w (k int)");
    }

    @AfterEach
    void forgetAll() {
        watch.clear();
        server.link().heal();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + server.link().port() + "/" + DATABASE + "?user=postgres");
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String rows() {
        return server.query(DATABASE, "SELECT count(*) FROM w");
    }

    private List<List<String>> statements() {
        List<List<String>> statements = new ArrayList<>();
        watch.recorded().forEach(exchange -> statements.add(exchange.statements()));
        return statements;
    }

    @Test
    void recordsEachRoundTripWithItsStatements() throws SQLException {
        try (Connection first = connect();
                Connection second = connect()) {
            watch.record();
            first.setAutoCommit(false);
            run(first, "INSERT INTO w VALUES (1); INSERT INTO w VALUES (2)");
            run(second, "SELECT 3");
            first.commit();
            assertThat(statements())
                    .containsExactly(
                            List.of("BEGIN", "INSERT INTO w VALUES (1)", " INSERT INTO w VALUES (2)"),
                            List.of("SELECT 3"),
                            List.of("COMMIT"));
            List<Exchange> recorded = watch.recorded();
            assertThat(recorded.get(0).connection())
                    .isEqualTo(recorded.get(2).connection())
                    .isNotEqualTo(recorded.get(1).connection());
            watch.record();
            assertThat(watch.recorded()).isEmpty();
        }
    }

    @Test
    void countsNeitherLoginsNorWhatWasNotAnswered() throws Exception {
        watch.record();
        CompletableFuture<Void> cut = watch.before("INSERT INTO w", server.link()::cut);
        try (Connection connection = connect()) {
            watch.record();
            assertThatThrownBy(() -> run(connection, "INSERT INTO w VALUES (1)"))
                    .hasFieldOrPropertyWithValue("SQLState", "08006");
        }
        cut.get(5, TimeUnit.SECONDS);
        assertThat(watch.recorded()).isEmpty();
    }

    @Test
    void actsBeforeTheServerHearsOfAStatement() throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        CompletableFuture<Void> done = watch.before("VALUES (7)", () -> {
            seen.set(rows());
            server.link().cut();
        });
        try (Connection connection = connect()) {
            run(connection, "INSERT INTO w VALUES (6)");
            assertThatThrownBy(() -> run(connection, "INSERT INTO w VALUES (7)"))
                    .hasFieldOrPropertyWithValue("SQLState", "08006");
        }
        done.get(5, TimeUnit.SECONDS);
        assertThat(seen).hasValue("1");
        assertThat(rows()).isEqualTo("1");
    }

    @Test
    void actsBeforeTheClientHearsTheAnswer() throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        CompletableFuture<Void> done = watch.after("VALUES (7)", () -> {
            seen.set(rows());
            server.link().cut();
        });
        try (Connection connection = connect()) {
            assertThatThrownBy(() -> run(connection, "INSERT INTO w VALUES (7)"))
                    .hasFieldOrPropertyWithValue("SQLState", "08006");
        }
        done.get(5, TimeUnit.SECONDS);
        assertThat(seen).hasValue("1");
        assertThat(rows()).isEqualTo("1");
    }

    @Test
    void goesOnAfterAnActionThatBreaksNothingAndActsOnce() throws Exception {
        AtomicReference<String> calls = new AtomicReference<>("");
        watch.before("INTO w", () -> calls.accumulateAndGet("before ", String::concat));
        watch.after("INTO w", () -> calls.accumulateAndGet("after ", String::concat));
        CompletableFuture<Void> failing = watch.after("INTO w", () -> {
            throw new IllegalStateException("on purpose");
        });
        try (Connection connection = connect()) {
            run(connection, "INSERT INTO w VALUES (1)");
            run(connection, "INSERT INTO w VALUES (2)");
            run(connection, "INSERT INTO w VALUES (3)");
        }
        assertThat(calls).hasValue("before after ");
        assertThat(failing)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableThat()
                .withMessageContaining("on purpose");
        assertThat(rows()).isEqualTo("3");
    }

    @Test
    void knowsAStatementThatIsSentByNameAlone() throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        try (Connection connection = connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO w VALUES (?)")) {
            for (int i = 0; i < 10; i++) {
                insert.setInt(1, i);
                insert.execute();
            }
            watch.record();
            watch.before("INSERT INTO w", () -> seen.set(rows()));
            insert.execute();
        }
        assertThat(seen).hasValue("10");
        assertThat(statements()).containsExactly(List.of("INSERT INTO w VALUES ($1)"));
    }

    @Test
    void knowsWhatIsSentInASimpleQuery() throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        watch.after("INSERT INTO w", () -> seen.set(rows()));
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:"
                + server.link().port() + "/" + DATABASE + "?user=postgres&preferQueryMode=simple")) {
            watch.record();
            run(connection, "INSERT INTO w VALUES (1)");
        }
        assertThat(seen).hasValue("1");
        assertThat(statements()).containsExactly(List.of("INSERT INTO w VALUES (1)"));
    }

    @Test
    void largeMessagesPassUnharmed() throws SQLException {
        String large = "x".repeat(2_000_000);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            watch.record();
            try (ResultSet row = statement.executeQuery("SELECT '" + large + "'")) {
                assertThat(row.next()).isTrue();
                assertThat(row.getString(1)).isEqualTo(large);
            }
            assertThat(watch.recorded().get(0).statements().get(0)).hasSizeLessThan(ProtocolWatch.TEXT_LIMIT);
            try (ResultSet rows = statement.executeQuery("SELECT generate_series(1, 100000)")) {
                int last = 0;
                while (rows.next()) {
                    last = rows.getInt(1);
                }
                assertThat(last).isEqualTo(100_000);
            }
        }
    }

    @Test
    void aLostClientLeavesItsBackendWithoutNews() throws SQLException {
        try (Connection connection = connect()) {
            connection.setAutoCommit(false);
            run(connection, "INSERT INTO w VALUES (1)");
            server.link().loseClients();
            assertThatThrownBy(() -> run(connection, "SELECT 1")).hasFieldOrPropertyWithValue("SQLState", "08006");
        }
        String open = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
        assertThat(server.query(DATABASE, open)).isEqualTo("1");
        server.link().heal();
        Waiting.until(() -> "0".equals(server.query(DATABASE, open)), Duration.ofSeconds(10), () -> "still open");
    }

    @Test
    void aLinkToAnythingElseUnderstandsNothing() {
        try (NetworkLink link = NetworkLink.to(server.port())) {
            assertThatThrownBy(link::protocol).isInstanceOf(ServerException.class);
        }
    }
}
