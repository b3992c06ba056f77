package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.Movements.ANY;
import static io.pgplex.jdbc.execute.Movements.EVERY;
import static io.pgplex.jdbc.execute.Movements.large;
import static io.pgplex.jdbc.execute.Movements.moved;
import static io.pgplex.jdbc.execute.Movements.movement;
import static io.pgplex.jdbc.execute.Movements.moving;
import static io.pgplex.jdbc.execute.Movements.one;
import static io.pgplex.jdbc.execute.Movements.parameters;
import static io.pgplex.jdbc.execute.Movements.scatter;
import static io.pgplex.jdbc.execute.Movements.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.routing.plan.Intermediate;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A server that is killed while rows travel. */
@PgplexCluster(shards = 3, exclusive = true)
class MovementLossIT extends MovementFixture {

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void endsInATransactionAndRunsAgainOutsideWhenAServerIsKilled(boolean piped, boolean autoCommit) throws Exception {
        String sleep = "pg_sleep(CASE WHEN id IN (10, 20, 30, 40, 50) THEN 600 ELSE 0 END)";
        String sql = with("SELECT a.id FROM a JOIN pgplex_x x ON x.id = a.id", "pgplex_x");
        Intermediate rows = moved(
                "pgplex_x",
                EVERY,
                scatter("SELECT id, repeat(filler, 200), " + sleep + "::text FROM a"),
                parameters(),
                "id",
                "v",
                "s");
        cluster.plan(client, sql, moving(movement(scatter(sql), parameters(), piped ? large(rows) : rows)));
        String works = with("SELECT count(*) FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                works,
                moving(movement(
                        one(ANY, works),
                        parameters(),
                        moved("pgplex_x", EVERY, scatter("SELECT repeat(filler, 200) FROM a"), parameters(), "v"))));
        ExecutorService threads = Executors.newSingleThreadExecutor();
        PostgresServer victim = local.primaries().get(1);
        try {
            connection.setAutoCommit(autoCommit);
            if (!autoCommit) {
                // only the first statement of a transaction would be run again
                assertThat(rows(connection, works)).containsExactly("300");
            }
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                Future<List<String>> answer = threads.submit(() -> list(statement.executeQuery()));
                await(() -> running("%pg_sleep(CASE%") > 0);
                victim.kill();
                wakeUpOthers();
                victim.start();
                if (autoCommit) {
                    await(() -> running("%pg_sleep(CASE%") > 0);
                    statement.cancel();
                }
                assertThatThrownBy(answer::get)
                        .cause()
                        .hasFieldOrPropertyWithValue("SQLState", autoCommit ? "57014" : "40001");
            }
            if (!autoCommit) {
                connection.rollback();
            }
            await(() -> {
                try {
                    return rows(connection, works).equals(List.of("300"));
                } catch (SQLException e) {
                    // connections that were cut are found out one by one
                    if (!autoCommit) {
                        connection.rollback();
                    }
                    return false;
                }
            });
            if (!autoCommit) {
                connection.commit();
            }
        } finally {
            if (!victim.isRunning()) {
                victim.start();
            }
            threads.shutdown();
        }
    }

    /** Those that sleep do not look at their sockets; they are only slow. */
    private void wakeUpOthers() {
        for (PostgresServer server : local.primaries()) {
            if (server.isRunning()) {
                server.query(
                        local.database(),
                        "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                                + " AND query LIKE '%pg_sleep(CASE%'");
            }
        }
    }
}
