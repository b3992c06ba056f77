package io.pgplex.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PostgresServerIT {
    private static PostgresServer server;

    @BeforeAll
    static void start() {
        server = PostgresServer.start("pg1");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @Test
    void hasWhatPgplexNeeds() {
        assertThat(server.query("postgres", "SHOW max_prepared_transactions")).isEqualTo("64");
        assertThat(server.query("postgres", "SHOW wal_level")).isEqualTo("logical");
        assertThat(server.query("postgres", "SHOW server_encoding")).isEqualTo("UTF8");
        assertThat(server.query("postgres", "SELECT current_user")).isEqualTo("postgres");
    }

    @Test
    void ordersByCodePoint() {
        assertThat(server.query("postgres", "SELECT 'a' > 'B' AND 'ı' > 'z'")).isEqualTo("t");
    }

    @Test
    void createsDatabases() {
        server.createDatabase("Some-where");
        assertThat(server.query("Some-where", "SELECT current_database()")).isEqualTo("Some-where");
        server.dropDatabase("Some-where");
        assertThat(server.hasDatabase("Some-where")).isFalse();
    }

    @Test
    void keepsCommittedRowsWhenKilled() {
        server.execute("postgres", "CREATE TABLE kept (i int)", "INSERT INTO kept VALUES (1)");
        int port = server.port();

        server.kill();

        assertThat(server.isRunning()).isFalse();
        assertThatThrownBy(() -> server.connect("postgres")).isInstanceOf(SQLException.class);
        server.start();
        assertThat(server.port()).isEqualTo(port);
        assertThat(server.query("postgres", "SELECT i FROM kept")).isEqualTo("1");
    }

    @Test
    void endsSessionsWhenRestarted() throws SQLException {
        try (Connection connection = server.connect("postgres")) {
            server.restart();
            assertThat(connection.isValid(5)).isFalse();
        }
        assertThat(server.query("postgres", "SELECT 1")).isEqualTo("1");
    }

    @Test
    void answersNothingWhilePaused() throws Exception {
        server.pause();
        try {
            CompletableFuture<String> answer =
                    CompletableFuture.supplyAsync(() -> server.query("postgres", "SELECT 1"));
            assertThatThrownBy(() -> answer.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
            server.resume();
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("1");
        } finally {
            server.resume();
        }
    }

    @Test
    void leavesNothingBehind() {
        PostgresServer other = PostgresServer.start("other");
        assertThat(other.logFile()).exists();
        other.kill();
        other.close();
        assertThat(other.logFile().getParent()).doesNotExist();
    }

    @Test
    void closesWhilePaused() {
        PostgresServer other = PostgresServer.start("other");
        other.pause();
        long before = System.nanoTime();
        other.close();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
        assertThat(other.isRunning()).isFalse();
    }

    @Test
    void differsFromOthersInItsSystemIdentifier() {
        String identifier = "SELECT system_identifier FROM pg_control_system()";
        try (PostgresServer other = PostgresServer.start("other")) {
            assertThat(other.query("postgres", identifier)).isNotEqualTo(server.query("postgres", identifier));
        }
    }

    @Test
    void saysWhyItDoesNotStart() {
        PostgresServer.Builder broken = PostgresServer.builder("broken").setting("max_connections", "none");
        assertThatThrownBy(broken::start)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("broken did not start")
                .hasMessageContaining("invalid value for parameter \"max_connections\"");
    }

    @Test
    void asksForPasswordsWhenTold() throws SQLException {
        try (PostgresServer asking =
                PostgresServer.builder("asking").passwords(true).start()) {
            asking.createRole("app", "it's secret");
            asking.createDatabase("app", "app");
            String url = "jdbc:postgresql://127.0.0.1:" + asking.port() + "/app";
            assertThatThrownBy(() -> DriverManager.getConnection(url, "app", "wrong"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
            try (Connection connection = DriverManager.getConnection(url, "app", "it's secret")) {
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    @Test
    void ordersLinguisticallyWithIcu() {
        try (PostgresServer icu = PostgresServer.builder("icu")
                .locale(DatabaseLocale.icu("en-US"))
                .start()) {
            assertThat(icu.query("postgres", "SELECT 'a' < 'B'")).isEqualTo("t");
            assertThat(icu.query("postgres", "SELECT datlocprovider FROM pg_database WHERE datname = 'postgres'"))
                    .isEqualTo("i");
        }
    }

    @Test
    void writesItsLog() throws Exception {
        assertThat(Files.readString(server.logFile())).contains("ready to accept connections");
    }
}
