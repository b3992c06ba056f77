package io.pgplex.jdbc.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.PgConnection;

/**
 * Scripts of transactions, each run over three shards and through pgjdbc on one server: every step must answer the same, with
 * rows, counts and SQLStates, and leave the same rows.
 *
 * <p>One thing differs on purpose: pgjdbc's commit of a failed transaction returns although the server has rolled back; pgplex
 * says so (25P02).
 *
 * <p>A step is SQL, or one of the calls of {@link #call}. Keys 1 to 12 are there at the beginning, spread over all shards.
 */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionScriptIT {

    private static final long SEEDS = Long.getLong("pgplex.transactions.seeds", 40);
    private static final long FIRST_SEED = Long.getLong("pgplex.transactions.seed", 1);

    private static final String ALL = "SELECT string_agg(k || '=' || v, ' ' ORDER BY k) FROM ";

    private static final Set<String> COMMITS = Set.of(":commit", ":auto", "COMMIT", "END", "COMMIT AND CHAIN");

    private LocalCluster cluster;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        String columns = " (k bigint PRIMARY KEY, v int CHECK (v >= 0))";
        try (Connection connection = cluster.connect()) {
            ShardedTable.run(connection, "CREATE DISTRIBUTED TABLE t" + columns + " BY HASH (k)");
            ShardedTable.run(connection, "CREATE REPLICATED TABLE r" + columns);
            ShardedTable.run(connection, "CREATE TABLE l" + columns);
        }
        cluster.reference()
                .execute(
                        cluster.database(),
                        "CREATE TABLE t" + columns,
                        "CREATE TABLE r" + columns,
                        "CREATE TABLE l" + columns);
    }

    /** One side of the comparison. */
    private static final class Player implements AutoCloseable {
        private final Connection connection;
        private final Map<String, Savepoint> savepoints = new HashMap<>();
        private final List<String> answers = new ArrayList<>();

        Player(String url) throws SQLException {
            connection = DriverManager.getConnection(url);
            play("DELETE FROM t");
            play("DELETE FROM r");
            play("DELETE FROM l");
            play("INSERT INTO t SELECT g, 0 FROM generate_series(1, 12) g");
            play("INSERT INTO r VALUES (1, 0), (2, 0)");
            play("INSERT INTO l VALUES (1, 0), (2, 0)");
            answers.clear();
        }

        void play(String step) throws SQLException {
            boolean rolledBack = hasSilentlyFailed(step);
            String answer;
            try {
                answer = step.startsWith(":") ? call(step.substring(1).split(" ")) : execute(step);
            } catch (SQLException e) {
                answer = String.valueOf(e.getSQLState());
            }
            answers.add(step + " -> " + (rolledBack ? "25P02" : answer));
        }

        /** Whether this is pgjdbc, and the next commit will be a rollback that nobody hears of. */
        private boolean hasSilentlyFailed(String step) throws SQLException {
            return COMMITS.contains(step)
                    && !(step.startsWith(":") && connection.getAutoCommit())
                    && connection instanceof PgConnection physical
                    && physical.getTransactionState() == TransactionState.FAILED;
        }

        private String execute(String sql) throws SQLException {
            try (Statement statement = connection.createStatement()) {
                boolean rows = statement.execute(sql);
                StringBuilder answer = new StringBuilder();
                while (true) {
                    if (rows) {
                        try (ResultSet result = statement.getResultSet()) {
                            while (result.next()) {
                                answer.append(result.getString(1)).append(';');
                            }
                        }
                    } else if (statement.getUpdateCount() < 0) {
                        return answer.toString();
                    } else {
                        answer.append('#').append(statement.getUpdateCount());
                    }
                    rows = statement.getMoreResults();
                }
            }
        }

        /** The calls of JDBC that end transactions and keep savepoints. */
        private String call(String... words) throws SQLException {
            switch (words[0]) {
                case "manual" -> connection.setAutoCommit(false);
                case "auto" -> connection.setAutoCommit(true);
                case "commit" -> connection.commit();
                case "rollback" -> connection.rollback();
                case "savepoint" ->
                    savepoints.put(
                            words[1],
                            words[1].startsWith("unnamed")
                                    ? connection.setSavepoint()
                                    : connection.setSavepoint(words[1]));
                case "back" -> connection.rollback(known(words[1]));
                case "release" -> connection.releaseSavepoint(known(words[1]));
                case "readonly" -> connection.setReadOnly(words[1].equals("on"));
                default -> throw new AssertionError(words[0]);
            }
            return "done";
        }

        private Savepoint known(String name) throws SQLException {
            if (!savepoints.containsKey(name)) {
                throw new SQLException("never opened", "none");
            }
            return Objects.requireNonNull(savepoints.get(name));
        }

        @Override
        public void close() throws SQLException {
            play("ROLLBACK");
            play(":auto");
            play(ALL + "t");
            play(ALL + "r");
            play(ALL + "l");
            connection.close();
        }
    }

    private List<String> answers(String url, List<String> script) throws SQLException {
        Player player = new Player(url);
        try (player) {
            for (String step : script) {
                player.play(step);
            }
        }
        return player.answers;
    }

    private void compare(String name, List<String> script) throws SQLException {
        assertThat(answers(cluster.jdbcUrl(), script))
                .as(name + "\n" + String.join("\n", script))
                .isEqualTo(answers(cluster.referenceUrl(), script));
        for (var server : cluster.primaries()) {
            assertThat(server.query(
                            cluster.database(),
                            "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"))
                    .isEqualTo("0");
        }
    }

    private void compare(String script) throws SQLException {
        compare("script", List.of(script.strip().split("\n")));
    }

    @Test
    void afterAnErrorEveryStatementIsRefusedUntilRollback() throws SQLException {
        compare("""
                :manual
                UPDATE t SET v = 1 WHERE k = 1
                UPDATE t SET v = -1 WHERE k = 5
                UPDATE t SET v = 2 WHERE k = 1
                UPDATE t SET v = 2 WHERE k = 9
                SELECT v FROM t WHERE k = 3
                SELECT count(*) FROM t
                SELECT v FROM r WHERE k = 1
                INSERT INTO l VALUES (5, 5)
                SELECT 1
                SHOW work_mem
                SET work_mem = '5MB'
                SAVEPOINT a
                RELEASE a
                NOTIFY x
                CREATE TEMP TABLE x (a int)
                CREATE TABLE x (a int)
                LOCK TABLE l
                EXPLAIN SELECT 1
                VACUUM l
                :savepoint a
                :commit
                SELECT v FROM t WHERE k = 1
                """);
    }

    @Test
    void commitOfAFailedTransactionIsARollback() throws SQLException {
        for (String end : List.of(":commit", "COMMIT", "END", "COMMIT AND CHAIN", "ROLLBACK AND CHAIN", "ABORT")) {
            for (String bad :
                    List.of("UPDATE t SET v = -1 WHERE k = 5", "UPDATE t SET v = v - 1", "nonsense", "SELECT 1/0")) {
                compare(
                        "ends with " + end,
                        List.of(
                                ":manual",
                                "UPDATE t SET v = 1 WHERE k = 1",
                                "UPDATE t SET v = 1 WHERE k = 2",
                                "UPDATE t SET v = 1 WHERE k = 3",
                                bad,
                                end,
                                "UPDATE t SET v = v + 5 WHERE k = 4",
                                ":commit"));
            }
        }
    }

    @Test
    void transactionsAsTextInAutocommit() throws SQLException {
        compare("""
                BEGIN
                UPDATE t SET v = 1
                UPDATE t SET v = -1 WHERE k = 2
                SELECT 1
                COMMIT
                SELECT sum(v) FROM t
                BEGIN
                UPDATE t SET v = 1
                BEGIN
                ROLLBACK AND CHAIN
                UPDATE t SET v = 2
                COMMIT
                COMMIT
                ROLLBACK
                SAVEPOINT a
                RELEASE a
                ROLLBACK TO a
                SET LOCAL work_mem = '5MB'
                SELECT sum(v) FROM t
                UPDATE t SET v = 3 WHERE k = 1; UPDATE t SET v = -3 WHERE k = 2
                BEGIN; UPDATE t SET v = 4; COMMIT
                BEGIN; UPDATE t SET v = 5; UPDATE t SET v = -5
                SELECT sum(v) FROM t
                ROLLBACK
                SELECT sum(v) FROM t
                """);
    }

    @Test
    void severalStatementsOfOneTextBelongToTheTransaction() throws SQLException {
        compare("""
                :manual
                UPDATE t SET v = 1 WHERE k = 1; UPDATE t SET v = 1 WHERE k = 2; UPDATE t SET v = 1 WHERE k = 3
                SELECT sum(v) FROM t
                :rollback
                SELECT sum(v) FROM t
                :commit
                UPDATE t SET v = 1; UPDATE t SET v = -1; UPDATE t SET v = 2
                SELECT 1
                :rollback
                SELECT sum(v) FROM t
                """);
    }

    @Test
    void savepointsNestAndShadow() throws SQLException {
        compare("""
                :manual
                UPDATE t SET v = 1 WHERE k = 1
                SAVEPOINT a
                UPDATE t SET v = 2 WHERE k = 2
                SAVEPOINT a
                UPDATE t SET v = 3 WHERE k = 3
                SAVEPOINT b
                UPDATE t SET v = 4 WHERE k = 4
                ROLLBACK TO a
                SELECT sum(v) FROM t
                ROLLBACK TO b
                ROLLBACK TO a
                RELEASE a
                SELECT sum(v) FROM t
                UPDATE t SET v = 9 WHERE k = 9
                UPDATE t SET v = -9 WHERE k = 7
                SELECT 1
                ROLLBACK TO SAVEPOINT a
                SELECT sum(v) FROM t
                UPDATE r SET v = 4
                RELEASE SAVEPOINT a
                RELEASE a
                SELECT 1
                :commit
                """);
    }

    @Test
    void savepointObjectsAndTextsMix() throws SQLException {
        compare("""
                :savepoint a
                :manual
                :savepoint a
                UPDATE t SET v = 1
                SAVEPOINT b
                :savepoint unnamed
                UPDATE t SET v = 2 WHERE k < 7
                :savepoint Upper
                ROLLBACK TO "Upper"
                ROLLBACK TO upper
                ROLLBACK TO b
                SELECT sum(v) FROM t
                :back unnamed
                :back b
                ROLLBACK TO a
                :release a
                :back a
                SELECT sum(v) FROM t
                :rollback
                :back a
                SAVEPOINT a
                UPDATE t SET v = 3 WHERE k > 7
                :savepoint unnamed1
                :release unnamed1
                :release unnamed1
                :back unnamed1
                ROLLBACK TO a
                COMMIT
                """);
    }

    @Test
    void settingsAndConstraintsFollowSavepoints() throws SQLException {
        compare("""
                :manual
                SET work_mem = '5MB'
                SAVEPOINT a
                SET work_mem = '6MB'
                SET LOCAL lock_timeout = '7s'
                UPDATE t SET v = 1
                SAVEPOINT b
                SET search_path = nowhere
                UPDATE t SET v = 2
                ROLLBACK TO b
                SHOW work_mem
                SHOW lock_timeout
                SELECT sum(v) FROM t
                ROLLBACK TO a
                SHOW work_mem
                SHOW lock_timeout
                RELEASE a
                :commit
                SHOW work_mem
                SHOW lock_timeout
                :rollback
                SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
                UPDATE t SET v = 3 WHERE k = 3
                SHOW transaction_isolation
                SAVEPOINT a
                SET TRANSACTION READ ONLY
                UPDATE t SET v = 4 WHERE k = 8
                ROLLBACK TO a
                UPDATE t SET v = 4 WHERE k = 8
                :commit
                """);
    }

    @Test
    void definitionsFollowSavepoints() throws SQLException {
        compare("""
                :manual
                CREATE TEMP TABLE x (a int)
                SAVEPOINT a
                INSERT INTO x VALUES (1), (2)
                UPDATE t SET v = (SELECT count(*) FROM x)
                DROP TABLE x
                SELECT count(*) FROM x
                ROLLBACK TO a
                SELECT count(*) FROM x
                ALTER TABLE t ADD COLUMN w int DEFAULT 4
                SELECT sum(w) FROM t
                SAVEPOINT b
                ALTER TABLE t DROP COLUMN w
                SELECT sum(w) FROM t
                ROLLBACK TO b
                SELECT sum(w) FROM t
                TRUNCATE t
                ROLLBACK TO a
                SELECT sum(w) FROM t
                ROLLBACK TO a
                SELECT count(*) FROM t
                CREATE INDEX ti ON t (v)
                RELEASE a
                DROP INDEX ti
                :commit
                SELECT count(*) FROM x
                :rollback
                DROP TABLE x
                :commit
                """);
    }

    @Test
    void readOnlyTransactionsRefuseWritesAndGoOnAfterASavepoint() throws SQLException {
        compare("""
                :manual
                :readonly on
                SELECT sum(v) FROM t
                SAVEPOINT a
                UPDATE t SET v = 1
                SELECT 1
                ROLLBACK TO a
                SELECT sum(v) FROM t
                :readonly off
                :commit
                :readonly off
                UPDATE t SET v = 1
                :commit
                """);
    }

    @Test
    void randomScripts() throws SQLException {
        for (long seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
            compare("seed " + seed, script(new Random(seed)));
        }
    }

    private static List<String> script(Random random) {
        List<String> script = new ArrayList<>();
        boolean text = random.nextInt(3) == 0;
        if (!text) {
            script.add(":manual");
        }
        for (int i = 0; i < 25; i++) {
            script.add(step(random, text));
        }
        return script;
    }

    private static String step(Random random, boolean text) {
        String key = String.valueOf(1 + random.nextInt(14));
        String value = String.valueOf(random.nextInt(8) == 0 ? -1 : random.nextInt(100));
        String table = List.of("t", "t", "t", "r", "l").get(random.nextInt(5));
        String savepoint = List.of("a", "b", "c").get(random.nextInt(3));
        return switch (random.nextInt(22)) {
            case 0, 1, 2, 3 -> "UPDATE " + table + " SET v = " + value + " WHERE k = " + key;
            case 4 -> "UPDATE " + table + " SET v = v + " + value;
            case 5, 6 -> "INSERT INTO " + table + " VALUES (" + key + ", " + value + ")";
            case 7 ->
                "INSERT INTO t VALUES (" + (100 + random.nextInt(9)) + ", 1), (" + (110 + random.nextInt(9)) + ", "
                        + value + "), (" + key + "000, 3)";
            case 8 -> "DELETE FROM " + table + " WHERE k = " + key;
            case 9 -> "SELECT v FROM " + table + " WHERE k = " + key;
            case 10 -> "SELECT sum(v), count(*) FROM " + table;
            case 11 -> "SELECT " + value + " / " + random.nextInt(3);
            case 12, 13 -> (random.nextBoolean() ? ":savepoint " : "SAVEPOINT ") + savepoint;
            case 14, 15, 16 -> "ROLLBACK TO " + savepoint;
            case 17 -> "RELEASE " + savepoint;
            case 18 -> text ? List.of("BEGIN", "COMMIT", "ROLLBACK").get(random.nextInt(3)) : ":commit";
            case 19 ->
                text ? "BEGIN" : List.of(":commit", ":rollback", "COMMIT").get(random.nextInt(3));
            case 20 -> "SET LOCAL work_mem = '" + (1 + random.nextInt(9)) + "MB'";
            default -> "SHOW work_mem";
        };
    }
}
