package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Transactions over three shards: all or nothing, and as one server would have them. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TransactionIT {

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
        try (Connection c = cluster.connect()) {
            run(
                    c,
                    "CREATE DISTRIBUTED TABLE d (k bigint, v int, UNIQUE (k, v) DEFERRABLE INITIALLY DEFERRED)"
                            + " BY HASH (k)");
        }
    }

    @BeforeEach
    void open() throws SQLException {
        table.reset();
        connection = cluster.connect();
        connection.setAutoCommit(false);
    }

    @AfterEach
    void nothingIsLeft() throws SQLException {
        connection.close();
        assertThat(table.prepared()).isZero();
    }

    private static void assertState(String state, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(SQLException.class).hasFieldOrPropertyWithValue("SQLState", state);
    }

    private List<String> records() {
        return table.onServers("SELECT coalesce(max(created_at)::text, '') || count(*) FROM pgplex.commit_record");
    }

    @Test
    void commitsOneWrittenShardWithoutPreparing() throws SQLException {
        List<String> before = records();
        table.set(connection, 1, 5);
        ask(connection, "SELECT sum(v) FROM t");
        connection.commit();
        assertThat(table.values("t")).containsExactly("0", "5", "0");
        assertThat(records()).isEqualTo(before);
    }

    @Test
    void commitsSeveralShardsWithOneRecordOnTheAnchor() throws SQLException {
        List<String> before = records();
        table.set(connection, 2, 7);
        table.set(connection, 1, 7);
        connection.commit();
        assertThat(table.values("t")).containsExactly("0", "7", "7");
        List<String> after = records();
        assertThat(after.get(0)).isEqualTo(before.get(0));
        assertThat(after.get(1)).isNotEqualTo(before.get(1));
        assertThat(after.get(2)).isEqualTo(before.get(2));
    }

    @Test
    void rollsBackEverywhere() throws SQLException {
        for (int i = 0; i < 3; i++) {
            table.set(connection, i, 9);
        }
        run(connection, "UPDATE r SET v = 9");
        connection.rollback();
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        assertThat(table.values("r")).containsExactly("0", "0", "0");
    }

    @Test
    void autocommitStatementsOverShardsAreAllOrNothing() throws SQLException {
        connection.setAutoCommit(true);
        run(
                connection,
                "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $$BEGIN IF NEW.v = 13 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'P0001'; END IF; RETURN NEW; END$$");
        cluster.primaries()
                .get(2)
                .execute(
                        cluster.database(),
                        "CREATE TRIGGER no BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION refuse()",
                        "CREATE TRIGGER no BEFORE INSERT OR UPDATE ON r FOR EACH ROW EXECUTE FUNCTION refuse()");
        assertState("P0001", () -> run(connection, "UPDATE t SET v = 13"));
        assertState("P0001", () -> run(connection, "UPDATE r SET v = 13"));
        assertState(
                "23514",
                () -> run(connection, "UPDATE t SET v = CASE WHEN k = " + table.key(1) + " THEN -1 ELSE 1 END"));
        assertState(
                "23514",
                () -> run(connection, "INSERT INTO t VALUES (1001, 1), (1002, 1), (1003, 1), (1004, -1), (1005, 1)"));
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        assertThat(table.values("r")).containsExactly("0", "0", "0");
        cluster.primaries().get(2).execute(cluster.database(), "DROP TRIGGER no ON t", "DROP TRIGGER no ON r");
        cluster.primaries().get(1).execute(cluster.database(), "CREATE TABLE in_the_way ()");
        assertState("42P07", () -> run(connection, "CREATE REPLICATED TABLE in_the_way (k int PRIMARY KEY)"));
        assertThat(table.onServers("SELECT to_regclass('in_the_way')")).containsExactly("null", "in_the_way", "null");
        cluster.primaries().get(1).execute(cluster.database(), "DROP TABLE in_the_way");
        run(connection, "CREATE REPLICATED TABLE in_the_way (k int PRIMARY KEY)");
        run(connection, "DROP TABLE in_the_way");
    }

    @Test
    void rollsBackWhenADeferredConstraintFailsAtTheAnchorsCommit() throws SQLException {
        deferred(0, 1);
    }

    @Test
    void rollsBackWhenADeferredConstraintFailsAtPrepare() throws SQLException {
        deferred(1, 0);
    }

    @Test
    void rollsBackWhenADeferredConstraintFailsAtAPlainCommit() throws SQLException {
        run(connection, "INSERT INTO d VALUES (" + table.key(1) + ", 1), (" + table.key(1) + ", 1)");
        assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
        assertThat(table.onServers("SELECT count(*) FROM d")).containsExactly("0", "0", "0");
    }

    private void deferred(int bad, int good) throws SQLException {
        run(connection, "INSERT INTO d VALUES (" + table.key(good) + ", 1)");
        run(connection, "INSERT INTO d VALUES (" + table.key(bad) + ", 1), (" + table.key(bad) + ", 1)");
        assertState("23505", connection::commit);
        assertThat(table.onServers("SELECT count(*) FROM d")).containsExactly("0", "0", "0");
        assertThat(ask(connection, "SELECT count(*) FROM d")).isEqualTo("0");
        connection.commit();
    }

    @Test
    void countsAFunctionAsAWrite() throws SQLException {
        run(
                connection,
                "CREATE OR REPLACE FUNCTION touch() RETURNS int LANGUAGE sql AS 'UPDATE l SET v = v + 1 RETURNING v'");
        connection.commit();
        assertThat(ask(connection, "SELECT touch()")).isEqualTo("1");
        table.set(connection, 2, 4);
        connection.commit();
        assertThat(ask(connection, "SELECT v FROM l")).isEqualTo("1");
        assertThat(table.values("t")).containsExactly("0", "0", "4");
    }

    @Test
    void raisesAtCommitAfterAFailedStatementAndRollsBackEverywhere() throws SQLException {
        table.set(connection, 0, 3);
        table.set(connection, 1, 3);
        assertState("23514", () -> table.set(connection, 2, -1));
        for (int i = 0; i < 3; i++) {
            int shard = i;
            assertState("25P02", () -> table.set(connection, shard, 3));
        }
        assertState("25P02", connection::commit);
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        table.set(connection, 0, 1);
        connection.commit();
        assertThat(table.values("t")).containsExactly("1", "0", "0");
    }

    @Test
    void aStatementThatPgplexRefusesFailsTheTransactionToo() throws SQLException {
        table.set(connection, 0, 3);
        assertThatThrownBy(() -> run(connection, "LISTEN news")).isInstanceOf(SQLException.class);
        assertState("25P02", () -> table.set(connection, 1, 3));
        assertState("25P02", connection::commit);
        assertThat(table.values("t")).containsExactly("0", "0", "0");
    }

    @Test
    void anErrorWhileRowsAreFetchedFailsTheTransaction() throws SQLException {
        table.set(connection, 1, 3);
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet rows = statement.executeQuery("SELECT 1 / (50 - g) FROM generate_series(1, 100) g");
            assertThatThrownBy(() -> {
                        while (rows.next()) {
                            rows.getInt(1);
                        }
                    })
                    .hasFieldOrPropertyWithValue("SQLState", "22012");
        }
        assertState("25P02", connection::commit);
        assertThat(table.values("t")).containsExactly("0", "0", "0");
    }

    @Test
    void savepointsReachShardsThatJoinLater() throws SQLException {
        table.set(connection, 0, 1);
        Savepoint outer = connection.setSavepoint("s");
        table.set(connection, 1, 1);
        Savepoint inner = connection.setSavepoint();
        table.set(connection, 2, 1);
        connection.rollback(inner);
        table.set(connection, 1, 2);
        connection.releaseSavepoint(inner);
        assertThatThrownBy(() -> connection.rollback(inner)).isInstanceOf(SQLException.class);
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("3");
        connection.rollback(outer);
        table.set(connection, 2, 6);
        connection.commit();
        assertThat(table.values("t")).containsExactly("1", "0", "6");
    }

    @Test
    void rollsBackToASavepointAfterAnError() throws SQLException {
        table.set(connection, 0, 1);
        run(connection, "SAVEPOINT a");
        run(connection, "SAVEPOINT a");
        table.set(connection, 1, 1);
        assertState("23514", () -> table.set(connection, 2, -1));
        assertState("25P02", () -> run(connection, "SAVEPOINT b"));
        run(connection, "ROLLBACK TO a");
        run(connection, "RELEASE a");
        table.set(connection, 2, 2);
        run(connection, "ROLLBACK TO SAVEPOINT a");
        table.set(connection, 1, 8);
        run(connection, "RELEASE SAVEPOINT a");
        assertState("3B001", () -> run(connection, "ROLLBACK TO a"));
        assertState("25P02", connection::commit);
        assertThat(table.values("t")).containsExactly("0", "0", "0");
    }

    @Test
    void aConnectionLostInsideASavepointEndsTheTransactionAndNotTheSession() throws SQLException {
        table.set(connection, 0, 1);
        run(connection, "SAVEPOINT s");
        table.set(connection, 1, 1);
        Savepoint inner = connection.setSavepoint();
        long backend = Long.parseLong(ask(connection, "SELECT pg_backend_pid() FROM t WHERE k = " + table.key(1)));
        cluster.primaries().get(1).execute(cluster.database(), "SELECT pg_terminate_backend(" + backend + ", 10000)");
        assertState("40001", () -> table.set(connection, 1, 2));
        assertState("25P02", () -> table.set(connection, 0, 2));
        assertState("25P02", () -> connection.rollback(inner));
        assertState("25P02", () -> run(connection, "ROLLBACK TO s"));
        for (int i = 0; i < 3; i++) {
            int shard = i;
            assertState("25P02", () -> table.set(connection, shard, 3));
        }
        assertState("25P02", connection::commit);
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        for (int i = 0; i < 3; i++) {
            table.set(connection, i, 4);
        }
        connection.commit();
        assertThat(table.values("t")).containsExactly("4", "4", "4");
    }

    @Test
    void autosaveIsRefusedByName() {
        for (String autosave : List.of("always", "conservative")) {
            assertThatThrownBy(() -> DriverManager.getConnection(cluster.jdbcUrl() + "&autosave=" + autosave))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("\"autosave\" must be never");
        }
    }

    @Test
    void aRollbackToASavepointTakesSettingsBackOnEveryShard() throws SQLException {
        run(connection, "SAVEPOINT s");
        run(connection, "SET extra_float_digits = 0");
        run(connection, "SET LOCAL work_mem = '5MB'");
        for (int i = 0; i < 3; i++) {
            assertThat(settingOn(i, "extra_float_digits")).isEqualTo("0");
            assertThat(settingOn(i, "work_mem")).isEqualTo("5MB");
        }
        run(connection, "ROLLBACK TO s");
        for (int i = 0; i < 3; i++) {
            assertThat(settingOn(i, "extra_float_digits")).isNotEqualTo("0");
            assertThat(settingOn(i, "work_mem")).isNotEqualTo("5MB");
        }
        run(connection, "SET extra_float_digits = -1");
        assertThat(settingOn(2, "extra_float_digits")).isEqualTo("-1");
        connection.rollback();
        for (int i = 0; i < 3; i++) {
            assertThat(settingOn(i, "extra_float_digits")).isNotEqualTo("-1");
        }
        run(connection, "SET extra_float_digits = -2");
        connection.commit();
        for (int i = 0; i < 3; i++) {
            assertThat(settingOn(i, "extra_float_digits")).isEqualTo("-2");
        }
    }

    @Test
    void aReadOnlyTransactionCommitsWhateverFunctionsItCallsOnSeveralShards() throws SQLException {
        run(connection, "CREATE OR REPLACE FUNCTION opaque() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'");
        connection.commit();
        connection.setReadOnly(true);
        for (int shard = 0; shard < 3; shard++) {
            String name = cluster.servers().shards().get(shard).name();
            assertThat(ask(connection, "/*!pgplex shard=" + name + " */ SELECT opaque()"))
                    .isEqualTo("1");
        }
        connection.commit();
    }

    private String settingOn(int shard, String name) throws SQLException {
        return ask(connection, "SELECT current_setting('" + name + "') FROM t WHERE k = " + table.key(shard));
    }

    @Test
    void obeysTransactionControlAsText() throws SQLException {
        connection.setAutoCommit(true);
        run(connection, "BEGIN");
        table.set(connection, 0, 1);
        table.set(connection, 1, 1);
        run(connection, "COMMIT AND CHAIN");
        table.set(connection, 2, 1);
        run(connection, "ROLLBACK");
        assertThat(table.values("t")).containsExactly("1", "1", "0");
        run(connection, "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        assertThat(settingOn(1, "transaction_isolation")).isEqualTo("repeatable read");
        run(connection, "COMMIT AND CHAIN");
        assertThat(settingOn(2, "transaction_isolation")).isEqualTo("repeatable read");
        assertState("25006", () -> table.set(connection, 0, 5));
        run(connection, "ABORT");
        assertState("25P01", () -> run(connection, "COMMIT AND CHAIN"));
        run(connection, "COMMIT");
    }

    @Test
    void aReadOnlyConnectionRefusesWritesOnOneShardAndOnSeveral() throws SQLException {
        connection.setReadOnly(true);
        assertState("25006", () -> table.set(connection, 0, 5));
        connection.rollback();
        assertState("25006", () -> run(connection, "UPDATE t SET v = 5"));
        connection.rollback();
        connection.setAutoCommit(true);
        assertState("25006", () -> table.set(connection, 0, 5));
        assertState("25006", () -> run(connection, "UPDATE t SET v = 5"));
        assertState("25006", () -> run(connection, "INSERT INTO t VALUES (2001, 1), (2002, 1), (2003, 2)"));
        assertState("25006", () -> run(connection, "UPDATE r SET v = 5"));
        assertState("25006", () -> ask(connection, "SELECT lo_create(0)"));
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        connection.setReadOnly(false);
        table.set(connection, 0, 2);
        assertThat(table.values("t")).containsExactly("2", "0", "0");
    }

    @Test
    void isolationReachesEveryShard() throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        for (int i = 0; i < 3; i++) {
            assertThat(settingOn(i, "transaction_isolation")).isEqualTo("repeatable read");
        }
        try (Connection other = cluster.connect()) {
            run(other, "UPDATE t SET v = 50");
        }
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("0");
        assertState("25001", () -> connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED));
        connection.commit();
        assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
    }

    @Test
    void refusesSerializableOnASecondShard() throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        table.set(connection, 1, 1);
        assertState("0A000", () -> table.set(connection, 2, 1));
        connection.rollback();
        table.set(connection, 1, 1);
        connection.commit();
        connection.setAutoCommit(true);
        assertState("0A000", () -> ask(connection, "SELECT k FROM t ORDER BY k"));
        assertState("0A000", () -> run(connection, "UPDATE t SET v = 3"));
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        run(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        table.set(connection, 0, 1);
        assertState("0A000", () -> table.set(connection, 1, 2));
        run(connection, "ROLLBACK");
        run(connection, "UPDATE t SET v = 3");
        assertThat(table.values("t")).containsExactly("3", "3", "3");
    }

    @Test
    void temporaryTablesAreTheSessionsOwnAndGoWithARollback() throws SQLException {
        connection.setAutoCommit(true);
        run(connection, "CREATE TEMP TABLE t (k int, v int)");
        run(connection, "INSERT INTO t VALUES (1, 100)");
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("100");
        try (Connection other = cluster.connect()) {
            assertThat(ask(other, "SELECT count(*) FROM t")).isEqualTo("3");
        }
        run(connection, "DROP TABLE t");
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        connection.setAutoCommit(false);
        run(connection, "CREATE TEMP TABLE t (k int, v int)");
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("0");
        connection.rollback();
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        connection.rollback();
        run(connection, "SAVEPOINT s");
        run(connection, "CREATE TEMP TABLE t (k int, v int) ON COMMIT DROP");
        run(connection, "ROLLBACK TO s");
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        run(connection, "CREATE TEMP TABLE t (k int, v int) ON COMMIT DROP");
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("0");
        run(connection, "INSERT INTO r VALUES (2, 2)");
        connection.commit();
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("3");
        assertThat(table.values("r")).containsExactly("0,2", "0,2", "0,2");
        connection.commit();
        run(connection, "CREATE TEMP TABLE mine AS SELECT 1 AS x");
        connection.commit();
        run(connection, "DISCARD TEMP");
        connection.commit();
        assertState("42P01", () -> ask(connection, "SELECT x FROM mine"));
    }

    @Test
    void cursorsAndPreparedStatementsLiveOnTheHomeShard() throws SQLException {
        connection.setAutoCommit(true);
        run(connection, "PREPARE p (int) AS SELECT v + $1 FROM l");
        assertThat(ask(connection, "EXECUTE p (4)")).isEqualTo("4");
        assertState("0A000", () -> run(connection, "PREPARE q AS SELECT * FROM t"));
        run(connection, "BEGIN");
        run(connection, "DECLARE c CURSOR FOR SELECT v FROM l");
        assertThat(ask(connection, "FETCH 1 FROM c")).isEqualTo("0");
        run(connection, "COMMIT");
        run(connection, "BEGIN");
        assertState("0A000", () -> run(connection, "DECLARE c CURSOR FOR SELECT v FROM t"));
        run(connection, "ROLLBACK");
        try (Connection other = cluster.connect()) {
            assertState("26000", () -> ask(other, "EXECUTE p (4)"));
        }
    }

    @Test
    void definitionsAreUndoneWithTheirTransactionAndToASavepoint() throws SQLException {
        run(connection, "CREATE DISTRIBUTED TABLE first (k int PRIMARY KEY) BY HASH (k)");
        run(connection, "SAVEPOINT s");
        run(connection, "CREATE DISTRIBUTED TABLE second (k int PRIMARY KEY) BY HASH (k)");
        run(connection, "INSERT INTO second VALUES (1), (2), (3), (4), (5), (6)");
        run(connection, "ROLLBACK TO s");
        run(connection, "INSERT INTO first VALUES (1), (2), (3), (4), (5), (6)");
        assertThat(ask(connection, "SELECT count(*) FROM first")).isEqualTo("6");
        connection.commit();
        assertThat(ask(connection, "SELECT count(*) FROM first")).isEqualTo("6");
        assertThat(ask(connection, "SELECT count(*) FROM pg_distributed_tables WHERE tablename = 'second'"))
                .isEqualTo("0");
        assertState("42P01", () -> ask(connection, "SELECT count(*) FROM second"));
        connection.rollback();
        run(connection, "DROP TABLE first");
        connection.rollback();
        assertThat(ask(connection, "SELECT count(*) FROM first")).isEqualTo("6");
        run(connection, "DROP TABLE first");
        connection.commit();
        assertThat(table.onServers("SELECT to_regclass('first')")).containsOnly("null");
    }
}
