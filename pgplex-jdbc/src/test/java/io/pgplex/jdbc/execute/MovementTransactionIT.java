package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.Movements.ALL;
import static io.pgplex.jdbc.execute.Movements.ANY;
import static io.pgplex.jdbc.execute.Movements.EVERY;
import static io.pgplex.jdbc.execute.Movements.HOME;
import static io.pgplex.jdbc.execute.Movements.ONE;
import static io.pgplex.jdbc.execute.Movements.large;
import static io.pgplex.jdbc.execute.Movements.moved;
import static io.pgplex.jdbc.execute.Movements.movement;
import static io.pgplex.jdbc.execute.Movements.moving;
import static io.pgplex.jdbc.execute.Movements.one;
import static io.pgplex.jdbc.execute.Movements.parameters;
import static io.pgplex.jdbc.execute.Movements.scatter;
import static io.pgplex.jdbc.execute.Movements.with;
import static io.pgplex.jdbc.execute.Movements.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Movements and transactions: snapshots, writes, two-phase commit, savepoints, cancels, and pools that are small. */
@PgplexCluster(shards = 3)
class MovementTransactionIT extends MovementFixture {

    private static final String GATHERED = with("SELECT count(*), sum(length(filler)) FROM pgplex_x", "pgplex_x");

    private static final List<String> ALL_GATHERED = List.of("300|1200000");

    @BeforeEach
    void plan() throws SQLException {
        planLarge();
        cluster.plan(client, GATHERED, gathered(ANY));
    }

    @AfterEach
    void reset() throws SQLException {
        try (Connection plain = local.connect()) {
            execute(
                    plain,
                    "DELETE FROM copy; DELETE FROM home; UPDATE a SET filler = 'ffffffffffffffffffff' WHERE length(filler) <> 20");
            execute(plain, "DELETE FROM a WHERE id > 300; DELETE FROM b WHERE id > 100");
        }
    }

    private static Plan.Sharded gathered(ShardSelector selector) {
        return moving(movement(
                one(selector, GATHERED),
                parameters(),
                moved(
                        "pgplex_x",
                        ONE,
                        scatter("SELECT repeat(filler, 200) AS filler FROM a"),
                        parameters(),
                        "filler")));
    }

    @Test
    void seesOneSnapshotOfEachShard() throws SQLException {
        String sql = with(
                "SELECT count(*), count(x.id), count(*) FILTER (WHERE x.filler <> a.filler)"
                        + " FROM a FULL JOIN pgplex_x x ON x.id = a.id",
                "pgplex_x");
        Plan.Sharded plan = moving(movement(
                scatter(sql),
                parameters(),
                moved(
                        "pgplex_x",
                        EVERY,
                        scatter("SELECT id, filler FROM a WHERE n = 5"),
                        parameters(),
                        "id",
                        "filler")));
        StatementResult result = cluster.run(client, plan, moved -> {
            try (Connection rival = local.connect()) {
                execute(rival, "UPDATE a SET filler = 'changed' WHERE n = 5");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        List<String> rows = list(((StatementResult.Rows) result).rows());
        ((StatementResult.Rows) result).rows().close();

        assertThat(rows).hasSize(3).allMatch(row -> row.endsWith("|8|0"));
        assertThat(rows(connection, "SELECT count(*) FROM a WHERE filler = 'changed'"))
                .containsExactly("8");
    }

    @Test
    void runsAgainWhenARivalWasFaster() throws SQLException {
        String sql = with("UPDATE a SET filler = filler || x.v FROM pgplex_x x WHERE x.id = a.id", "pgplex_x");
        Plan.Sharded plan = moving(movement(
                write(ALL, false, sql),
                parameters(),
                moved("pgplex_x", EVERY, scatter("SELECT id, v FROM b WHERE id <= 20"), parameters(), "id", "v")));
        AtomicInteger attempts = new AtomicInteger();
        StatementResult result = cluster.run(client, plan, moved -> {
            if (attempts.incrementAndGet() == 1) {
                try (Connection rival = local.connect()) {
                    execute(rival, "UPDATE a SET filler = 'rival' WHERE id <= 20");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            }
        });

        assertThat(result).isEqualTo(new StatementResult.Count(20, null));
        assertThat(attempts).hasValue(2);
        assertThat(rows(connection, "SELECT filler FROM a WHERE id = 7")).containsExactly("rivalv7");
    }

    @Test
    void commitsWritesOfSeveralShardsInTwoPhases() throws SQLException {
        connection.setAutoCommit(false);
        execute(connection, "INSERT INTO copy SELECT id, 'before' FROM a WHERE id <= 60");
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        assertThat(rows(connection, LARGE)).hasSize(300);
        assertThat(rows(connection, BROADCAST)).hasSize(expected().size());
        execute(connection, "UPDATE copy SET v = 'after'");
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        connection.commit();
        connection.setAutoCommit(true);

        assertThat(rows(connection, "SELECT count(*) FROM copy WHERE v = 'after'"))
                .containsExactly("60");
    }

    @Test
    void writesFromManyRowsOnSeveralShards() throws SQLException {
        String sql = with("INSERT INTO copy SELECT a.id, x.v FROM a JOIN pgplex_x x ON x.id = a.id", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        write(ALL, false, sql),
                        parameters(),
                        moved(
                                "pgplex_x",
                                EVERY,
                                scatter("SELECT id, repeat(filler, 200) FROM a"),
                                parameters(),
                                "id",
                                "v"))));
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            try (Statement statement = connection.createStatement()) {
                assertThat(statement.executeUpdate(sql)).isEqualTo(300);
                if (!autoCommit) {
                    connection.commit();
                }
                assertThat(rows(connection, "SELECT count(*), sum(length(v)) FROM copy"))
                        .containsExactly("300|1200000");
                execute(connection, "DELETE FROM copy");
            }
        }
        connection.commit();
    }

    @Test
    void writesFromATemporaryTableOnOneShard() throws SQLException {
        String sql = with("INSERT INTO home SELECT id, v FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        write(HOME, false, sql),
                        parameters(),
                        moved(
                                "pgplex_x",
                                ONE,
                                scatter("SELECT id, repeat(filler, 200) FROM a"),
                                parameters(),
                                "id",
                                "v"))));
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            execute(connection, "INSERT INTO copy SELECT id, 'x' FROM a");
            execute(connection, sql);
            if (!autoCommit) {
                connection.commit();
            }
            assertThat(rows(connection, "SELECT count(*) FROM home")).containsExactly("300");
            assertThat(rows(connection, "SELECT count(*) FROM copy")).containsExactly("300");
            execute(connection, "DELETE FROM home; DELETE FROM copy");
        }
        connection.commit();
    }

    @Test
    void goesOnAfterARollbackToASavepoint() throws SQLException {
        connection.setAutoCommit(false);
        Savepoint before = connection.setSavepoint();
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        connection.rollback(before);
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);

        Savepoint later = connection.setSavepoint();
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(5);
            ResultSet open = statement.executeQuery(LARGE);
            assertThat(open.next()).isTrue();
            assertThatThrownBy(() -> rows(connection, "SELECT 1 / (id - id) FROM a"))
                    .hasFieldOrPropertyWithValue("SQLState", "22012");
            connection.rollback(later);
            open.close();
        }
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        connection.commit();
    }

    @Test
    void failsTheTransactionWithItsOwnError() throws SQLException {
        String sql = with("SELECT 1 / (id - id) FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        one(ANY, sql),
                        parameters(),
                        moved(
                                "pgplex_x",
                                ONE,
                                scatter("SELECT id, repeat(filler, 200) FROM a"),
                                parameters(),
                                "id",
                                "v"))));
        assertThatThrownBy(() -> rows(connection, sql)).hasFieldOrPropertyWithValue("SQLState", "22012");
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        connection.setAutoCommit(false);
        assertThatThrownBy(() -> rows(connection, sql)).hasFieldOrPropertyWithValue("SQLState", "22012");
        assertThatThrownBy(() -> rows(connection, GATHERED)).hasFieldOrPropertyWithValue("SQLState", "25P02");
        connection.rollback();
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        connection.commit();
    }

    @Test
    void readsInReadOnlySessionsAndRefusesToWriteThere() throws SQLException {
        String sql = with("INSERT INTO home SELECT id, 'x' FROM pgplex_x", "pgplex_x");
        cluster.plan(
                client,
                sql,
                moving(movement(
                        write(HOME, false, sql),
                        parameters(),
                        moved("pgplex_x", ONE, scatter("SELECT id FROM a"), parameters(), "id"))));
        connection.setReadOnly(true);
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            assertThat(rows(connection, LARGE)).hasSize(300);
            assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
            assertThatThrownBy(() -> execute(connection, sql)).hasFieldOrPropertyWithValue("SQLState", "25006");
            if (!autoCommit) {
                connection.rollback();
            }
        }
        connection.setReadOnly(false);
        execute(connection, "SET default_transaction_read_only TO on");
        assertThat(rows(connection, LARGE)).hasSize(300);
        connection.commit();
    }

    @Test
    void leavesTheSessionsOwnTemporaryTablesAlone() throws SQLException {
        execute(connection, "CREATE TEMPORARY TABLE mine (id int)");
        execute(connection, "INSERT INTO mine VALUES (1)");
        // temporary relations are part of the names' scope, so the plans are others
        plan();
        connect();
        cluster.plan(client, GATHERED, gathered(ANY));
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        execute(connection, "CREATE TEMPORARY TABLE mine (id int)");
        planLarge();
        cluster.plan(client, GATHERED, gathered(ANY));
        for (boolean autoCommit : new boolean[] {true, false}) {
            connection.setAutoCommit(autoCommit);
            assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
            assertThat(rows(connection, LARGE)).hasSize(300);
            assertThat(rows(connection, "SELECT count(*) FROM mine")).containsExactly("0");
        }
        connection.rollback();
        assertThat(rows(connection, "SELECT count(*) FROM mine")).containsExactly("0");
        connection.rollback();
    }

    /** Which step of a statement takes longer than anybody waits. */
    enum Slow {
        SOURCE,
        PIPED_SOURCE,
        THEN
    }

    private String slow(Slow step) throws SQLException {
        String sleep = "pg_sleep(CASE WHEN id = 300 THEN 600 ELSE 0 END)";
        boolean then = step == Slow.THEN;
        String sql = with("SELECT id " + (then ? ", " + sleep : "") + " FROM pgplex_x", "pgplex_x");
        Intermediate rows = moved(
                "pgplex_x",
                ONE,
                scatter("SELECT id, repeat(filler, 200), " + (then ? "1" : sleep + "::text") + " FROM a"),
                parameters(),
                "id",
                "v",
                "s");
        cluster.plan(
                client,
                sql,
                moving(movement(one(ANY, sql), parameters(), step == Slow.PIPED_SOURCE ? large(rows) : rows)));
        return sql;
    }

    @ParameterizedTest
    @EnumSource
    void isCancelledWhicheverStepRuns(Slow step) throws Exception {
        String sql = slow(step);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            for (boolean autoCommit : new boolean[] {true, false}) {
                connection.setAutoCommit(autoCommit);
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                    Future<List<String>> rows = threads.submit(() -> list(statement.executeQuery()));
                    await(() -> running("%pg_sleep(CASE%") > 0);
                    statement.cancel();
                    assertThatThrownBy(rows::get).cause().hasFieldOrPropertyWithValue("SQLState", "57014");
                }
                if (!autoCommit) {
                    connection.rollback();
                }
                assertThat(running("%pg_sleep(CASE%")).isZero();
                assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
            }
            connection.commit();
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @EnumSource
    void endsAtItsTimeout(Slow step) throws SQLException {
        String sql = slow(step);
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> list(statement.executeQuery())).hasFieldOrPropertyWithValue("SQLState", "57014");
        }
        assertThat(running("%pg_sleep(CASE%")).isZero();
        assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
    }

    @ParameterizedTest
    @EnumSource
    void leavesNothingWhenConnectionsAreLost(Slow step) throws Exception {
        String sql = slow(step);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try {
            // only the first statement of a transaction would be run again
            connection.setAutoCommit(false);
            assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
            Future<List<String>> rows = threads.submit(() -> rows(connection, sql));
            await(() -> running("%pg_sleep(CASE%") > 0);
            loseWhatSleeps();
            assertThatThrownBy(rows::get).cause().hasFieldOrPropertyWithValue("SQLState", "40001");
            connection.rollback();
            connection.setAutoCommit(true);
            assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        } finally {
            threads.shutdown();
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsAgainWhenConnectionsAreLost(Slow step) throws Exception {
        String sql = slow(step);
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Future<List<String>> rows = threads.submit(() -> list(statement.executeQuery()));
            await(() -> running("%pg_sleep(CASE%") > 0);
            loseWhatSleeps();
            await(() -> running("%pg_sleep(CASE%") > 0);
            assertThat(rows.isDone()).isFalse();
            statement.cancel();
            assertThatThrownBy(rows::get).cause().hasFieldOrPropertyWithValue("SQLState", "57014");
            assertThat(rows(connection, GATHERED)).isEqualTo(ALL_GATHERED);
        } finally {
            threads.shutdown();
        }
    }

    /** Ends the sessions of the slow step, and waits until they have ended. */
    private void loseWhatSleeps() {
        for (PostgresServer server : local.primaries()) {
            server.query(
                    local.database(),
                    "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND query LIKE '%pg_sleep(CASE%'"
                            + " AND pid <> pg_backend_pid()");
        }
    }

    @Test
    void doesNotStarveOnASmallPool() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Integer>> done = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Callable<Integer> work = () -> {
                    int sum = 0;
                    try (PlannedCluster.Client one = cluster.connect(1 << 30, 2)) {
                        for (int round = 0; round < 5; round++) {
                            try (Statement statement = one.connection().createStatement();
                                    ResultSet open = statement.executeQuery(LARGE)) {
                                assertThat(open.next()).isTrue();
                                sum += rows(one.connection(), LARGE).size();
                                sum += rows(one.connection(), GATHERED).size();
                            }
                        }
                    }
                    return sum;
                };
                done.add(threads.submit(work));
            }
            for (Future<Integer> one : done) {
                assertThat(one.get()).isEqualTo(5 * 301);
            }
        } finally {
            threads.shutdown();
        }
    }
}
