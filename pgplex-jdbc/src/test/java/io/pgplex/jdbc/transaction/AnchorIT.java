package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What PREPARE TRANSACTION refuses, in transactions over three shards: the anchor carries it, or it is refused by name. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnchorIT {

    private static final String SENTINEL = "sentinel";

    private LocalCluster cluster;
    private ShardedTable table;
    private Connection connection;
    private final List<Connection> listeners = new ArrayList<>();

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
        try (Connection c = cluster.connect()) {
            run(
                    c,
                    "CREATE DISTRIBUTED TABLE told (k bigint PRIMARY KEY, v int) BY HASH (k)",
                    "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS"
                            + " $$BEGIN PERFORM pg_notify('news', NEW.k::text); RETURN NULL; END$$",
                    "CREATE TRIGGER tell AFTER INSERT ON told FOR EACH ROW EXECUTE FUNCTION tell()");
        }
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        for (String sql : statements) {
            ShardedTable.run(connection, sql);
        }
    }

    @BeforeEach
    void open() throws SQLException {
        table.reset();
        connection = cluster.connect();
        run(connection, "DELETE FROM told");
        connection.setAutoCommit(false);
        for (int i = 0; i < 3; i++) {
            Connection listener = cluster.primaries().get(i).connect(cluster.database());
            run(listener, "LISTEN news");
            listeners.add(listener);
        }
    }

    @AfterEach
    void nothingIsLeft() throws SQLException {
        connection.close();
        for (Connection listener : listeners) {
            listener.close();
        }
        listeners.clear();
        assertThat(table.prepared()).isZero();
    }

    /** What a listener on a shard has heard by now: everything that was sent before a notification of its own arrives. */
    private List<String> heard(int shard) throws SQLException {
        cluster.primaries().get(shard).execute(cluster.database(), "NOTIFY news, '" + SENTINEL + "'");
        List<String> heard = new ArrayList<>();
        while (!heard.contains(SENTINEL)) {
            PGNotification[] arrived =
                    listeners.get(shard).unwrap(PGConnection.class).getNotifications(30_000);
            assertThat(arrived).as("a notification within 30 s").isNotEmpty();
            for (PGNotification notification : arrived) {
                heard.add(notification.getParameter());
            }
        }
        heard.remove(SENTINEL);
        return heard;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertState(String state, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOf(SQLException.class).hasFieldOrPropertyWithValue("SQLState", state);
    }

    private List<String> anchored() {
        return table.onServers("SELECT coalesce(max(created_at)::text, '') FROM pgplex.commit_record");
    }

    /** Writes on the shards and commits; returns which shard was the anchor. */
    private int commitOver(int... shards) throws SQLException {
        for (int shard : shards) {
            table.set(connection, shard, 5);
        }
        List<String> before = anchored();
        connection.commit();
        List<String> after = anchored();
        for (int i = 0; i < 3; i++) {
            if (!before.get(i).equals(after.get(i))) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void aNotificationIsHeardOnceAfterCommitAndNeverAfterRollback() throws SQLException {
        for (String notify : List.of("NOTIFY news, 'x'", "SELECT pg_notify('news', 'x')")) {
            table.set(connection, 2, 4);
            run(connection, notify);
            assertThat(heard(0)).isEmpty();
            assertThat(commitOver(1)).isZero();
            assertThat(heard(0)).containsExactly("x");
            assertThat(heard(1)).isEmpty();
            assertThat(table.values("t")).containsExactly("0", "5", "4");
            table.set(connection, 1, 9);
            run(connection, notify);
            table.set(connection, 2, 9);
            connection.rollback();
            assertThat(heard(0)).isEmpty();
            assertThat(table.values("t")).containsExactly("0", "5", "4");
            table.reset();
        }
        connection.setAutoCommit(true);
        run(connection, "NOTIFY news, 'alone'");
        assertThat(heard(0)).containsExactly("alone");
    }

    @Test
    void aNotificationThatASavepointTakesBackIsNotHeard() throws SQLException {
        table.set(connection, 1, 1);
        run(connection, "SAVEPOINT s", "NOTIFY news, 'no'", "ROLLBACK TO s", "NOTIFY news, 'yes'");
        assertThat(commitOver(2)).isZero();
        assertThat(heard(0)).containsExactly("yes");
    }

    @Test
    void notifyWithoutAnyOtherWriteIsAPlainCommit() throws SQLException {
        run(connection, "NOTIFY news, 'x'");
        assertThat(commitOver()).isEqualTo(-1);
        assertThat(heard(0)).containsExactly("x");
    }

    @Test
    void aReadOnlyTransactionMayNotifyAsOnOneServer() throws SQLException {
        connection.setReadOnly(true);
        run(connection, "NOTIFY news, 'x'");
        connection.commit();
        assertThat(heard(0)).containsExactly("x");
    }

    @Test
    void listenIsRefusedByName() {
        assertState("0A000", () -> run(connection, "LISTEN news")).hasMessageContaining("home shard");
        assertState("25P02", connection::commit);
        assertState("0A000", () -> run(connection, "UNLISTEN *"));
    }

    @Test
    void aNotificationThatNobodyWouldHearIsRefusedUnlessAHintPlacesIt() throws SQLException {
        String routed = "SELECT pg_notify('news', 'y') FROM t WHERE k = " + table.key(2);
        assertState("0A000", () -> run(connection, routed)).hasMessageContaining("\"s3\"");
        connection.rollback();
        assertState(
                        "0A000",
                        () -> run(
                                connection,
                                "UPDATE t SET v = 3 WHERE k = " + table.key(1) + " RETURNING pg_notify('news', 'y')"))
                .hasMessageContaining("\"s2\"");
        connection.rollback();
        run(connection, "SELECT pg_notify('news', 'home') FROM t WHERE k = " + table.key(0));
        connection.commit();
        assertThat(heard(0)).containsExactly("home");
        table.set(connection, 0, 1);
        run(connection, "/*!pgplex shard=s3 */ SELECT pg_notify('news', 'y')");
        assertThat(commitOver(1)).isEqualTo(2);
        assertThat(heard(2)).containsExactly("y");
        assertThat(heard(0)).isEmpty();
        assertThat(table.values("t")).containsExactly("1", "5", "0");
        assertThatThrownBy(() -> run(connection, "SELECT pg_notify('news', k::text) FROM t"))
                .hasMessageContaining("pg_notify");
    }

    @Test
    void aSecondShardThatCannotBePreparedIsRefusedWithBothNamed() throws SQLException {
        for (String second : List.of(
                "NOTIFY news, 'x'",
                "CREATE TEMP TABLE tmp (a int)",
                "CREATE TEMP SEQUENCE tmp",
                "CREATE TEMPORARY VIEW tmp AS SELECT 1",
                "DECLARE c CURSOR WITH HOLD FOR SELECT v FROM l",
                "/*!pgplex shard=s2 */ SELECT pg_notify('news', 'y')",
                "SELECT pg_advisory_lock(4)")) {
            table.set(connection, 0, 1);
            run(connection, "/*!pgplex shard=s3 */ SELECT pg_notify('news', 'y')", "SAVEPOINT s");
            assertState("0A000", () -> run(connection, second))
                    .as(second)
                    .hasMessageContaining("\"s3\" has a notification")
                    .hasMessageContaining(second.contains("s2") ? "\"s2\"" : "\"s1\"");
            run(connection, "ROLLBACK TO s");
            table.set(connection, 1, 2);
            connection.commit();
            assertThat(heard(2)).containsExactly("y");
            assertThat(heard(0)).isEmpty();
            assertThat(heard(1)).isEmpty();
            assertThat(table.values("t")).containsExactly("1", "2", "0");
            table.reset();
        }
    }

    @Test
    void aShardThatOnlyReadsNeedsNoPreparation() throws SQLException {
        run(connection, "CREATE TEMP TABLE tmp AS SELECT 7 AS a");
        connection.commit();
        assertThat(ask(connection, "SELECT a FROM tmp")).isEqualTo("7");
        assertThat(commitOver(1, 2)).isPositive();
        assertThat(table.values("t")).containsExactly("0", "5", "5");
        assertThat(ask(connection, "SELECT a FROM tmp")).isEqualTo("7");
        run(connection, "/*!pgplex shard=s3 */ SELECT pg_notify('news', 'y')");
        assertThat(commitOver(1)).isEqualTo(2);
        assertThat(ask(connection, "SELECT a FROM tmp")).isEqualTo("7");
        run(connection, "/*!pgplex shard=s3 */ SELECT pg_notify('news', 'y')");
        assertState("0A000", () -> run(connection, "UPDATE l SET v = (SELECT a FROM tmp)"))
                .hasMessageContaining("\"s1\"")
                .hasMessageContaining("\"s3\"");
        connection.rollback();
    }

    @Test
    void temporaryTablesGoWithTheAnchorAndStayAfterCommit() throws SQLException {
        table.set(connection, 2, 3);
        run(connection, "CREATE TEMP TABLE tmp AS SELECT 7 AS a");
        assertThat(commitOver(1)).isZero();
        assertThat(ask(connection, "SELECT a FROM tmp")).isEqualTo("7");
        connection.commit();
        run(connection, "UPDATE tmp SET a = 8");
        assertThat(commitOver(1, 2)).isZero();
        run(connection, "DROP TABLE tmp");
        assertThat(commitOver(1, 2)).isZero();
        run(connection, "SAVEPOINT s", "CREATE TEMP TABLE tmp (a int)", "ROLLBACK TO s", "UPDATE l SET v = 1");
        assertThat(commitOver(1, 2)).isZero();
        run(connection, "CREATE TEMP TABLE tmp (a int)", "INSERT INTO tmp VALUES (1)");
        table.set(connection, 1, 7);
        table.set(connection, 2, 7);
        connection.rollback();
        assertThat(table.values("t")).containsExactly("0", "5", "5");
        assertState("42P01", () -> ask(connection, "SELECT a FROM tmp"));
    }

    @Test
    void aCursorWithHoldOutlivesACommitOverShardsAndNotARollback() throws SQLException {
        table.set(connection, 1, 3);
        run(connection, "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT v FROM l");
        assertThat(commitOver(2)).isZero();
        assertThat(ask(connection, "FETCH 1 FROM c")).isEqualTo("0");
        run(connection, "CLOSE c");
        connection.commit();
        run(connection, "DECLARE c CURSOR WITH HOLD FOR SELECT v FROM l");
        table.set(connection, 1, 9);
        table.set(connection, 2, 9);
        connection.rollback();
        assertState("34000", () -> run(connection, "FETCH 1 FROM c"));
        connection.rollback();
        assertThat(table.values("t")).containsExactly("0", "3", "5");
    }

    @Test
    void aLockThatSessionAndTransactionBothHoldGoesWithTheAnchor() throws SQLException {
        run(connection, "SELECT pg_advisory_lock(11)");
        connection.commit();
        run(connection, "SELECT pg_advisory_xact_lock(11)");
        table.set(connection, 0, 1);
        assertThat(commitOver(1, 2)).isZero();
        run(connection, "SELECT pg_advisory_xact_lock(12)", "SELECT pg_advisory_lock(12)");
        table.set(connection, 1, 9);
        table.set(connection, 2, 9);
        connection.rollback();
        assertThat(ask(connection, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid IN (11, 12)"))
                .isEqualTo("2");
        run(connection, "SELECT pg_advisory_xact_lock(v + 13) FROM t WHERE k = " + table.key(2));
        assertThat(commitOver(1, 2)).isPositive();
    }

    @Test
    void anExportedSnapshotIsRefusedByName() {
        assertState("0A000", () -> ask(connection, "SELECT pg_export_snapshot()"))
                .hasMessageContaining("pg_export_snapshot");
    }

    @Test
    void whatATriggerDoesUnseenOnTheAnchorCommits() throws SQLException {
        run(connection, "INSERT INTO told VALUES (" + table.key(0) + ", 1)");
        assertThat(commitOver(1, 2)).isZero();
        assertThat(heard(0)).containsExactly(String.valueOf(table.key(0)));
        run(connection, "INSERT INTO told VALUES (" + table.key(2) + ", 1)");
        connection.commit();
        assertThat(heard(2)).containsExactly(String.valueOf(table.key(2)));
    }

    @Test
    void whatATriggerDoesUnseenElsewhereRollsBackOnceAndThenMakesItsShardTheAnchor() throws SQLException {
        String told = "INSERT INTO told VALUES (" + table.key(2) + ", 1)";
        run(connection, "ALTER TABLE told DISABLE TRIGGER tell");
        connection.commit();
        run(connection, told);
        assertThat(commitOver(1)).isEqualTo(1);
        run(connection, "DELETE FROM told", "ALTER TABLE told ENABLE TRIGGER tell");
        connection.commit();
        table.reset();
        run(connection, told);
        table.set(connection, 1, 4);
        assertState("40001", connection::commit)
                .hasMessageContaining("LISTEN, UNLISTEN, or NOTIFY")
                .hasMessageContaining("Repeat the transaction");
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        assertThat(table.onServers("SELECT count(*) FROM told")).containsOnly("0");
        assertThat(table.prepared()).isZero();
        assertThat(heard(2)).isEmpty();
        run(connection, told);
        assertThat(commitOver(1)).isEqualTo(2);
        assertThat(heard(2)).containsExactly(String.valueOf(table.key(2)));
        run(connection, "DELETE FROM told");
        connection.commit();
        try (PreparedStatement batch = connection.prepareStatement("INSERT INTO told VALUES (?, 1)")) {
            batch.setLong(1, table.key(2));
            batch.addBatch();
            batch.executeBatch();
        }
        assertThat(commitOver(0, 1)).isEqualTo(2);
        run(connection, "DELETE FROM told");
        connection.commit();
        run(connection, told, "INSERT INTO told VALUES (" + table.key(1) + ", 1)");
        assertState("0A000", connection::commit).hasMessageContaining("in a transaction of its own");
        assertThat(table.onServers("SELECT count(*) FROM told")).containsOnly("0");
        table.set(connection, 1, 6);
        connection.commit();
        assertThat(table.values("t")).containsExactly("5", "6", "0");
    }

    @Test
    void batchesObeyTheSameRules() throws SQLException {
        try (PreparedStatement batch =
                connection.prepareStatement("UPDATE t SET v = v + length(pg_notify('news', 'y')::text) WHERE k = ?")) {
            for (int i = 0; i < 3; i++) {
                batch.setLong(1, table.key(i));
                batch.addBatch();
            }
            assertState("0A000", batch::executeBatch).hasMessageContaining("\"s2\"");
        }
        connection.rollback();
        assertThat(heard(0)).isEmpty();
    }
}
