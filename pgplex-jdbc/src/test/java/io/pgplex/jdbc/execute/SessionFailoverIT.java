package io.pgplex.jdbc.execute;

import static io.pgplex.jdbc.execute.FailingCluster.ask;
import static io.pgplex.jdbc.execute.FailingCluster.await;
import static io.pgplex.jdbc.execute.FailingCluster.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.PostgresServer;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of an application's connection when the servers behind it are lost and replaced. */
@Timeout(120)
class SessionFailoverIT {

    private FailingCluster cluster;
    private Connection connection;

    @BeforeEach
    void start() throws Exception {
        cluster = new FailingCluster(true);
        connection = cluster.connect("");
    }

    @AfterEach
    void stop() throws SQLException {
        connection.close();
        cluster.close();
    }

    private String update(String shard, int value) {
        return "UPDATE t SET v = " + value + " WHERE k = " + cluster.key(shard);
    }

    private String select(String shard) {
        return "SELECT v FROM t WHERE k = " + cluster.key(shard);
    }

    private static void assertState(String state, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                .as(String.valueOf(e))
                .isEqualTo(state));
    }

    // ---- idle

    @Test
    void idleSessionsKeepTheirSettingsAndStatements() throws SQLException {
        run(connection, "SET extra_float_digits = -3");
        run(connection, "SET search_path = pg_catalog, public");
        run(connection, "SET application_name = 'survivor'");
        connection.setNetworkTimeout(Runnable::run, 20_000);
        PreparedStatement read = connection.prepareStatement("SELECT v FROM t WHERE k = ?");
        PreparedStatement write = connection.prepareStatement("UPDATE t SET v = ? WHERE k = ?");
        read.setFetchSize(7);
        for (String shard : List.of("s1", "s2")) {
            for (int i = 0; i < 8; i++) {
                assertThat(value(read, shard)).isZero();
            }
        }

        cluster.failOver("s1");
        cluster.failOver("s2");

        for (String shard : List.of("s1", "s2")) {
            write.setInt(1, 5);
            write.setLong(2, cluster.key(shard));
            assertThat(write.executeUpdate()).isOne();
            assertThat(value(read, shard)).isEqualTo(5);
        }
        assertThat(read.getFetchSize()).isEqualTo(7);
        assertThat(connection.getNetworkTimeout()).isEqualTo(20_000);
        assertThat(ask(connection, "SHOW extra_float_digits")).isEqualTo("-3");
        assertThat(ask(connection, "SHOW search_path")).isEqualTo("pg_catalog, public");
        assertThat(ask(connection, "SELECT current_setting('application_name') FROM t WHERE k = " + cluster.key("s2")))
                .isEqualTo("survivor");
        assertThat(connection.isValid(5)).isTrue();
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("10");
    }

    private int value(PreparedStatement read, String shard) throws SQLException {
        read.setLong(1, cluster.key(shard));
        try (ResultSet row = read.executeQuery()) {
            row.next();
            return row.getInt(1);
        }
    }

    @Test
    void whatLivedOnAPinnedConnectionIsLostAndSaidToBe() throws SQLException {
        run(connection, "CREATE TEMPORARY TABLE own (i int)");
        run(connection, "SET extra_float_digits = -3");
        cluster.failOver("s1");
        assertThatThrownBy(() -> ask(connection, "SELECT count(*) FROM own"))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).matches("08...|57P01"));
        assertState("42P01", () -> ask(connection, "SELECT count(*) FROM own"));
        assertThat(ask(connection, "SHOW extra_float_digits")).isEqualTo("-3");
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("0");
    }

    @Test
    void whatFindsItsIdleConnectionEndedNoticesNothing() throws SQLException {
        for (int round = 1; round <= 3; round++) {
            endSessions();
            run(connection, update("s2", round));
            endSessions();
            connection.setAutoCommit(false);
            Savepoint savepoint = connection.setSavepoint();
            run(connection, update("s1", round));
            run(connection, update("s2", round + 10));
            connection.rollback(savepoint);
            run(connection, update("s1", round + 20));
            connection.commit();
            endSessions();
            try (ResultSet tables = connection.getMetaData().getTables(null, "public", "t", null)) {
                assertThat(tables.next()).isTrue();
            }
            connection.rollback();
            connection.setAutoCommit(true);
            endSessions();
            assertThat(connection.isValid(5)).isTrue();
            endSessions();
            assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo(String.valueOf(2 * round + 20));
        }
    }

    /** As a fast shutdown does it: each server tells its sessions, which read it when they are used again. */
    private void endSessions() {
        for (String shard : List.of("s1", "s2")) {
            run(
                    cluster.leader(shard),
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = 'ada'");
        }
    }

    // ---- in a transaction

    private void loseInTransaction() throws SQLException {
        connection.setAutoCommit(false);
        run(connection, update("s1", 1));
        run(connection, update("s2", 1));
        cluster.failOver("s2");
    }

    private void assertLost(ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(SQLTransactionRollbackException.class, e -> {
            assertThat(e.getSQLState()).isEqualTo("40001");
            assertThat(e.getMessage()).contains("s2").contains("pg2");
            assertThat(e.getCause()).isInstanceOfSatisfying(SQLException.class, cause -> assertThat(cause.getSQLState())
                    .matches("08...|57P0."));
        });
    }

    private void assertWorks(String sumBefore) throws SQLException {
        connection.setAutoCommit(false);
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo(sumBefore);
        run(connection, update("s1", 3));
        run(connection, update("s2", 4));
        connection.commit();
        assertThat(cluster.value("s1")).isEqualTo("3");
        assertThat(cluster.value("s2")).isEqualTo("4");
    }

    @Test
    void aTransactionThatLosesAShardEndsOnceAndCanBeRepeated() throws SQLException {
        connection.setAutoCommit(false);
        Savepoint savepoint = connection.setSavepoint("before");
        loseInTransaction();
        assertLost(() -> run(connection, update("s2", 2)));
        assertState("25P02", () -> run(connection, update("s1", 2)));
        assertState("25P02", () -> ask(connection, "SELECT 1"));
        assertState("25P02", () -> connection.rollback(savepoint));
        assertState("25P02", () -> run(connection, "ROLLBACK TO before"));
        assertState("25P02", () -> connection.setSavepoint());
        assertThat(connection.isValid(5)).isTrue();
        connection.rollback();
        assertWorks("0");
    }

    @Test
    void everyWayToEndALostTransactionLeavesAConnectionThatWorks() throws SQLException {
        loseInTransaction();
        assertLost(() -> run(connection, update("s2", 2)));
        assertState("25P02", connection::commit);
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("0");
        connection.rollback();
        assertWorks("0");
    }

    @Test
    void aLossThatOnlyTheCommitFindsRollsBack() throws SQLException {
        loseInTransaction();
        assertState("40001", connection::commit);
        assertWorks("0");
    }

    @Test
    void textThatEndsTheTransactionFindsTheLoss() throws SQLException {
        connection.setAutoCommit(false);
        run(connection, update("s2", 1));
        cluster.failOver("s2");
        assertState("40001", () -> run(connection, "COMMIT AND CHAIN"));
        connection.rollback();
        assertThat(cluster.value("s2")).isEqualTo("0");
        assertWorks("0");
    }

    @Test
    void autoCommitThatIsTurnedOnFindsTheLoss() throws SQLException {
        connection.setAutoCommit(false);
        run(connection, update("s2", 1));
        cluster.failOver("s2");
        assertState("40001", () -> connection.setAutoCommit(true));
        assertWorks("0");
    }

    @Test
    void batchesFindTheLoss() throws SQLException {
        loseInTransaction();
        try (PreparedStatement batch = connection.prepareStatement("UPDATE t SET v = ? WHERE k = ?")) {
            for (String shard : List.of("s1", "s2")) {
                batch.setInt(1, 8);
                batch.setLong(2, cluster.key(shard));
                batch.addBatch();
            }
            assertLost(batch::executeBatch);
        }
        connection.rollback();
        assertWorks("0");
    }

    @Test
    void callsMetadataAndUpdatableRowsFindTheLoss() throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement =
                        connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
                ResultSet row = statement.executeQuery("SELECT k, v FROM t WHERE k = " + cluster.key("s2"))) {
            assertThat(row.next()).isTrue();
            row.updateInt("v", 9);
            cluster.failOver("s2");
            assertLost(row::updateRow);
        }
        assertState("25P02", () -> run(connection, update("s1", 2)));
        connection.rollback();

        run(connection, update("s1", 2));
        cluster.failOver("s1");
        assertState("40001", () -> connection.getMetaData().getTables(null, "public", "t", null));
        connection.rollback();
        try (CallableStatement call = connection.prepareCall("{? = call abs(?)}")) {
            call.registerOutParameter(1, java.sql.Types.INTEGER);
            call.setInt(2, -4);
            call.execute();
            assertThat(call.getInt(1)).isEqualTo(4);
        }
        connection.rollback();
        assertWorks("0");
    }

    // ---- in flight

    private CompletableFuture<String> inFlight(String sql) {
        CompletableFuture<String> result = CompletableFuture.supplyAsync(() -> {
            try (Statement statement = connection.createStatement()) {
                if (!statement.execute(sql)) {
                    return "changed " + statement.getUpdateCount();
                }
                ResultSet row = statement.getResultSet();
                return row.next() ? row.getString(1) : "no row";
            } catch (SQLException e) {
                return e.getSQLState() + " " + e.getMessage();
            }
        });
        await(() -> ask(cluster.leader("s2"), "SELECT count(*) FROM pg_locks WHERE NOT granted")
                .equals("1"));
        return result;
    }

    /** A statement that waits for the row of the second shard when its primary is lost. */
    private String loseInFlight(String sql) throws Exception {
        try (Connection blocker = cluster.direct("s2")) {
            blocker.setAutoCommit(false);
            run(blocker, "UPDATE t SET v = v WHERE k = " + cluster.key("s2"));
            CompletableFuture<String> result = inFlight(sql);
            PostgresServer old = cluster.leader("s2");
            old.link().freeze();
            cluster.promote("s2");
            old.kill();
            old.link().cut();
            return result.get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void aReadInFlightIsRunAgainOnTheNewPrimary() throws Exception {
        assertThat(loseInFlight(select("s2") + " FOR UPDATE")).isEqualTo("0");
    }

    @Test
    void aReadOverShardsInFlightIsRunAgain() throws Exception {
        assertThat(loseInFlight("SELECT count(*) FROM (SELECT k FROM t FOR UPDATE) q"))
                .isEqualTo("2");
    }

    @Test
    void aWriteInFlightIsOpen() throws Exception {
        assertThat(loseInFlight(update("s2", 6)))
                .startsWith("08007")
                .contains("s2")
                .contains("pg2");
        assertThat(ask(connection, select("s2"))).isEqualTo(cluster.value("s2"));
    }

    @Test
    void aWriteOverShardsInFlightIsRolledBack() throws Exception {
        assertThat(loseInFlight("UPDATE t SET v = 6")).startsWith("40001").contains("s2");
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("0");
    }

    @Test
    void rowsThatStreamEndWithTheirServer() throws Exception {
        run(connection, "INSERT INTO t SELECT k, 0 FROM generate_series(1000, 21000) k");
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(10);
            ResultSet rows = statement.executeQuery("SELECT k, v FROM t ORDER BY k");
            assertThat(rows.next()).isTrue();
            cluster.failOver("s2");
            assertThatThrownBy(() -> {
                        while (rows.next()) {
                            rows.getLong(1);
                        }
                    })
                    .isInstanceOf(SQLTransactionRollbackException.class)
                    .hasMessageContaining("snapshot that is gone")
                    .hasFieldOrPropertyWithValue("SQLState", "40001");
            assertThat(statement.isClosed()).isFalse();
        }
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("20003");
    }

    @Test
    void otherShardsAreNotDisturbed() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger done = new AtomicInteger();
        List<CompletableFuture<String>> others = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            others.add(CompletableFuture.supplyAsync(() -> {
                try (Connection other = cluster.connect("")) {
                    while (!stop.get()) {
                        run(other, update("s1", done.incrementAndGet()));
                        ask(other, select("s1"));
                    }
                    return "no error";
                } catch (SQLException e) {
                    return e.toString();
                }
            }));
        }
        await(() -> done.get() > 10);
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("2");
        cluster.failOver("s2");
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo("2");
        int during = done.get();
        await(() -> done.get() > during + 10);
        stop.set(true);
        for (CompletableFuture<String> other : others) {
            assertThat(other.get(30, TimeUnit.SECONDS)).isEqualTo("no error");
        }
    }

    // ---- start-up

    @Test
    void connectionsOpenOnceTheHomeShardIsLedAgain() throws Exception {
        cluster.leader("s1").kill();
        cluster.leader("s2").kill();
        CompletableFuture<String> opened = CompletableFuture.supplyAsync(() -> {
            // other properties, and so pools of its own
            try (Connection late = cluster.connect("&loginTimeout=20&maximumPoolSize=4")) {
                return ask(late, select("s1"));
            } catch (SQLException e) {
                return e.toString();
            }
        });
        cluster.promote("s1");
        assertThat(opened.get(30, TimeUnit.SECONDS)).isEqualTo("0");
    }

    @Test
    void aConnectionOutlivesTheRestartOfAllServers() throws Exception {
        run(connection, update("s1", 1));
        run(connection, update("s2", 1));
        for (PostgresServer server : cluster.servers().primaries()) {
            server.kill();
        }
        CompletableFuture<Void> restart =
                CompletableFuture.runAsync(() -> cluster.servers().primaries().forEach(PostgresServer::start));
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("2");
        restart.get(60, TimeUnit.SECONDS);
        run(connection, "UPDATE t SET v = 2");
        assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("4");
    }
}
