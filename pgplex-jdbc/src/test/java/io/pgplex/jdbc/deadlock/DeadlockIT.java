package io.pgplex.jdbc.deadlock;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.transaction.ShardedTable;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.BatchUpdateException;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.sql.Savepoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Deadlocks over shards end with 40P01 for one transaction, and nothing else does. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeadlockIT {

    /** A role that may do nothing but what is granted to it here and to everybody. */
    private static final String ROLE = "deadlock_it";

    private LocalCluster cluster;
    private ShardedTable table;
    private final List<Connection> opened = new ArrayList<>();

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), "CREATE TABLE gate (k int)", "INSERT INTO gate VALUES (1)");
            server.createRole(ROLE, "secret");
        }
    }

    /** Takes the row of a table that only the servers know. */
    private void lockGate(Connection connection, int shard) throws SQLException {
        ask(connection, "/*!pgplex shard=" + shardName(shard) + " */ SELECT k FROM gate FOR UPDATE");
    }

    @BeforeEach
    void reset() throws SQLException {
        table.reset();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        for (Connection connection : opened) {
            connection.close();
        }
        opened.clear();
        assertThat(table.prepared()).isZero();
        await(() -> cluster.primaries()
                .get(0)
                .query(cluster.database(), "SELECT count(*) FROM pgplex.waiting")
                .toString()
                .equals("0"));
    }

    private Connection client(int index) throws SQLException {
        return client(index, PostgresServer.SUPERUSER, 10);
    }

    /** A connection in a transaction; the index chooses one of two clients that share nothing. */
    private Connection client(int index, String user, int poolSize) throws SQLException {
        String url = cluster.jdbcUrl().replaceAll("[?].*", "");
        Connection connection = DriverManager.getConnection(
                url + "?user=" + user + "&planCacheSize=" + (1000 + index) + "&maximumPoolSize=" + poolSize);
        opened.add(connection);
        connection.setAutoCommit(false);
        return connection;
    }

    /** What is done in a thread of its own; how it ended: "done", or an exception. */
    private interface Work {
        void run() throws SQLException;
    }

    private static CompletableFuture<Object> start(Work work) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                work.run();
                return "done";
            } catch (SQLException e) {
                return e;
            }
        });
    }

    private static Object end(CompletableFuture<Object> work) throws Exception {
        return work.get(30, TimeUnit.SECONDS);
    }

    private static void assertDeadlock(Object outcome) {
        assertThat(outcome).isInstanceOfSatisfying(SQLTransactionRollbackException.class, e -> {
            assertThat(e.getSQLState()).isEqualTo("40P01");
            assertThat(e.getMessage()).startsWith("ERROR: deadlock detected\n  Detail: Transaction ");
            assertState("57014", e.getCause());
        });
    }

    private static void assertState(String state, Object outcome) {
        assertThat(outcome).isInstanceOfSatisfying(SQLException.class, e -> assertThat(e.getSQLState())
                .isEqualTo(state));
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
        }
    }

    /** Waits until so many processes of this database wait for a lock on a shard. */
    private void awaitWaiting(int shard, int processes) throws Exception {
        PostgresServer server = cluster.primaries().get(shard);
        await(() -> server.query(
                        cluster.database(),
                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                                + " AND datname = current_database()")
                .toString()
                .equals(String.valueOf(processes)));
    }

    /** Two transactions that have written a shard each; the second one is the younger. */
    private List<Connection> twoOnTwoShards() throws SQLException {
        Connection older = client(0);
        Connection younger = client(1);
        table.set(older, 0, 1);
        table.set(younger, 1, 2);
        return List.of(older, younger);
    }

    @Test
    void theYoungerOfTwoTransactionsGivesWay() throws Exception {
        List<Connection> two = twoOnTwoShards();
        CompletableFuture<Object> older = start(() -> table.set(two.get(0), 1, 1));
        awaitWaiting(1, 1);
        assertDeadlock(end(start(() -> table.set(two.get(1), 0, 2))));
        assertState("25P02", end(start(() -> table.set(two.get(1), 2, 2))));
        // whose locks are gone before it is told to roll back
        assertThat(end(older)).isEqualTo("done");
        two.get(1).rollback();
        two.get(0).commit();
        assertThat(table.values("t")).containsExactly("1", "1", "0");
        // the connection is as good as new
        table.set(two.get(1), 0, 3);
        two.get(1).commit();
        assertThat(table.values("t")).containsExactly("3", "1", "0");
    }

    @Test
    void whoGivesWayKeepsWhatItDidBeforeItsSavepoint() throws Exception {
        List<Connection> two = twoOnTwoShards();
        Connection younger = two.get(1);
        CompletableFuture<Object> older = start(() -> table.set(two.get(0), 1, 1));
        awaitWaiting(1, 1);
        Savepoint savepoint = younger.setSavepoint();
        table.set(younger, 2, 2);
        assertDeadlock(end(start(() -> table.set(younger, 0, 2))));
        younger.rollback(savepoint);
        table.set(younger, 2, 3);
        assertThat(older).isNotDone();
        younger.commit();
        assertThat(end(older)).isEqualTo("done");
        two.get(0).commit();
        assertThat(table.values("t")).containsExactly("1", "1", "3");
    }

    @Test
    void theYoungerGivesWayAlsoWhenItWaitsFirst() throws Exception {
        List<Connection> two = twoOnTwoShards();
        table.set(two.get(0), 2, 1);
        CompletableFuture<Object> younger = start(() -> table.set(two.get(1), 0, 2));
        awaitWaiting(0, 1);
        CompletableFuture<Object> older = start(() -> table.set(two.get(0), 1, 1));
        assertDeadlock(end(younger));
        two.get(1).rollback();
        assertThat(end(older)).isEqualTo("done");
        two.get(0).commit();
        assertThat(table.values("t")).containsExactly("1", "1", "1");
    }

    @Test
    void oneOfThreeTransactionsOnThreeShardsGivesWay() throws Exception {
        List<Connection> three = List.of(client(0), client(1), client(0));
        List<CompletableFuture<Object>> waiting = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            table.set(three.get(i), i, i + 1);
        }
        for (int i = 0; i < 3; i++) {
            int index = i;
            waiting.add(start(() -> {
                try {
                    table.set(three.get(index), (index + 1) % 3, index + 1);
                    three.get(index).commit();
                } catch (SQLException e) {
                    three.get(index).rollback();
                    throw e;
                }
            }));
            if (i < 2) {
                awaitWaiting(i + 1, 1);
            }
        }
        assertThat(end(waiting.get(0))).isEqualTo("done");
        assertThat(end(waiting.get(1))).isEqualTo("done");
        assertDeadlock(end(waiting.get(2)));
        assertThat(table.values("t")).containsExactly("1", "1", "2");
    }

    @Test
    void aSessionOfOneServerMayStandBetween() throws Exception {
        List<Connection> two = twoOnTwoShards();
        PostgresServer first = cluster.primaries().get(0);
        try (Connection plain = first.connect(cluster.database())) {
            plain.setAutoCommit(false);
            run(plain, "SELECT FROM gate FOR UPDATE");
            CompletableFuture<Object> between = start(() -> table.set(plain, 0, 7));
            awaitWaiting(0, 1);
            CompletableFuture<Object> older = start(() -> table.set(two.get(0), 1, 1));
            awaitWaiting(1, 1);
            assertDeadlock(end(start(() -> lockGate(two.get(1), 0))));
            two.get(1).rollback();
            assertThat(end(older)).isEqualTo("done");
            two.get(0).commit();
            assertThat(end(between)).isEqualTo("done");
            plain.rollback();
        }
        assertThat(table.values("t")).containsExactly("1", "1", "0");
    }

    private String shardName(int index) {
        return cluster.primaries()
                .get(index)
                .query(cluster.database(), "SELECT shard FROM pgplex.membership")
                .toString();
    }

    @Test
    void statementsOverAllShardsThatMeetGiveWayAndAreUndoneWhole() throws Exception {
        Connection scatter = client(0);
        Connection other = client(1);
        scatter.setAutoCommit(true);
        table.set(other, 1, 5);
        CompletableFuture<Object> update = start(() -> run(scatter, "UPDATE t SET v = v + 10"));
        awaitWaiting(1, 1);
        CompletableFuture<Object> rival = start(() -> {
            try {
                table.set(other, 0, 5);
                other.commit();
            } catch (SQLException e) {
                other.rollback();
                throw e;
            }
        });
        List<Object> outcomes = List.of(end(update), end(rival));
        // the transaction reached its second shard later than the statement did
        assertThat(outcomes.get(0)).isEqualTo("done");
        assertDeadlock(outcomes.get(1));
        assertThat(table.values("t")).containsExactly("10", "10", "10");
    }

    @Test
    void anAutocommitStatementThatGivesWayIsRolledBack() throws Exception {
        Connection scatter = client(0);
        Connection other = client(1);
        scatter.setAutoCommit(true);
        table.set(other, 2, 5);
        table.set(other, 1, 5);
        CompletableFuture<Object> update = start(() -> run(scatter, "UPDATE t SET v = v + 10"));
        awaitWaiting(1, 1);
        CompletableFuture<Object> rival = start(() -> table.set(other, 0, 5));
        assertDeadlock(end(update));
        assertThat(end(rival)).isEqualTo("done");
        other.commit();
        assertThat(table.values("t")).containsExactly("5", "5", "5");
        run(scatter, "UPDATE t SET v = v + 10");
        assertThat(table.values("t")).containsExactly("15", "15", "15");
    }

    @Test
    void aBatchThatGivesWayFailsWhole() throws Exception {
        Connection batch = client(0);
        Connection other = client(1);
        batch.setAutoCommit(true);
        table.set(other, 2, 5);
        table.set(other, 1, 5);
        CompletableFuture<Object> updates = start(() -> {
            try (PreparedStatement update = batch.prepareStatement("UPDATE t SET v = v + ? WHERE k = ?")) {
                for (int shard = 0; shard < 3; shard++) {
                    update.setInt(1, 10);
                    update.setLong(2, table.key(shard));
                    update.addBatch();
                }
                update.executeBatch();
            }
        });
        awaitWaiting(1, 1);
        CompletableFuture<Object> rival = start(() -> table.set(other, 0, 5));
        assertThat(end(updates)).isInstanceOfSatisfying(BatchUpdateException.class, e -> {
            assertThat(e.getSQLState()).isEqualTo("40P01");
            assertThat(e.getUpdateCounts()).containsOnly(-3);
            assertDeadlock(e.getNextException());
        });
        assertThat(end(rival)).isEqualTo("done");
        other.commit();
        assertThat(table.values("t")).containsExactly("5", "5", "5");
    }

    @Test
    void aCallThatWaitsMayGiveWay() throws Exception {
        cluster.primaries()
                .get(0)
                .execute(
                        cluster.database(),
                        "CREATE OR REPLACE PROCEDURE wait() LANGUAGE plpgsql AS"
                                + " $$BEGIN PERFORM 1 FROM public.gate FOR UPDATE; END$$");
        List<Connection> two = twoOnTwoShards();
        lockGate(two.get(0), 0);
        CompletableFuture<Object> older = start(() -> table.set(two.get(0), 1, 1));
        awaitWaiting(1, 1);
        assertDeadlock(end(start(() -> {
            try (CallableStatement call = two.get(1).prepareCall("CALL public.wait()")) {
                call.execute();
            }
        })));
        two.get(1).rollback();
        assertThat(end(older)).isEqualTo("done");
    }

    /** Lets the commit of whoever has written the row of a shard wait for the gate there. */
    private void commitsWaitForTheGate(int shard, boolean on) {
        PostgresServer server = cluster.primaries().get(shard);
        if (on) {
            server.execute(
                    cluster.database(),
                    "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS"
                            + " $$BEGIN PERFORM 1 FROM public.gate FOR UPDATE; RETURN NULL; END$$",
                    "CREATE CONSTRAINT TRIGGER pass AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                            + " FOR EACH ROW EXECUTE FUNCTION pass()");
        } else {
            server.execute(cluster.database(), "DROP TRIGGER pass ON t", "DROP FUNCTION pass()");
        }
    }

    @Test
    void aTransactionThatCommitsIsOneWithWhatItHasPrepared() throws Exception {
        commitsWaitForTheGate(2, true);
        try {
            Connection older = client(0);
            Connection younger = client(1);
            for (int shard = 0; shard < 3; shard++) {
                table.set(older, shard, 40 + shard);
            }
            lockGate(younger, 2);
            CompletableFuture<Object> commit = start(older::commit);
            awaitWaiting(2, 1);
            await(() -> table.prepared() == 1);
            assertDeadlock(end(start(() -> table.set(younger, 1, 5))));
            younger.rollback();
            assertThat(end(commit)).isEqualTo("done");
            assertThat(table.values("t")).containsExactly("40", "41", "42");
        } finally {
            commitsWaitForTheGate(2, false);
        }
    }

    @Test
    void aCommitThatIsNotDecidedYetMayGiveWay() throws Exception {
        commitsWaitForTheGate(2, true);
        try {
            Connection older = client(0);
            Connection younger = client(1);
            lockGate(older, 2);
            ask(older, "SELECT v FROM t WHERE k = " + table.key(0));
            for (int shard = 0; shard < 3; shard++) {
                table.set(younger, shard, 40 + shard);
            }
            CompletableFuture<Object> commit = start(younger::commit);
            awaitWaiting(2, 1);
            await(() -> table.prepared() == 1);
            CompletableFuture<Object> statement = start(() -> table.set(older, 1, 5));
            assertDeadlock(end(commit));
            assertThat(end(statement)).isEqualTo("done");
            older.commit();
            assertThat(table.values("t")).containsExactly("0", "5", "0");
        } finally {
            commitsWaitForTheGate(2, false);
        }
    }

    @Test
    void aCommitThatMayBeDecidedNeverGivesWay() throws Exception {
        commitsWaitForTheGate(0, true);
        try {
            Connection older = client(0);
            Connection younger = client(1);
            lockGate(older, 0);
            ask(older, "SELECT v FROM t WHERE k = " + table.key(2));
            for (int shard = 0; shard < 3; shard++) {
                table.set(younger, shard, 40 + shard);
            }
            CompletableFuture<Object> commit = start(younger::commit);
            awaitWaiting(0, 1);
            assertDeadlock(end(start(() -> table.set(older, 1, 5))));
            older.rollback();
            assertThat(end(commit)).isEqualTo("done");
            assertThat(table.values("t")).containsExactly("40", "41", "42");
        } finally {
            commitsWaitForTheGate(0, false);
        }
    }

    @Test
    void aConnectionThatIsAbortedWhileItWaitsIsForgotten() throws Exception {
        List<Connection> two = twoOnTwoShards();
        CompletableFuture<Object> waiting = start(() -> table.set(two.get(1), 0, 2));
        PostgresServer home = cluster.primaries().get(0);
        await(() -> home.query(cluster.database(), "SELECT count(DISTINCT gtxid) FROM pgplex.waiting")
                .equals("1"));
        two.get(1).abort(Runnable::run);
        assertThat(end(waiting)).isInstanceOf(SQLException.class);
        await(() -> home.query(cluster.database(), "SELECT count(*) FROM pgplex.waiting")
                .equals("0"));
        two.get(0).commit();
    }

    private boolean somebodyLooks() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals("pgplex-deadlocks-" + cluster.cluster()));
    }

    @Test
    void nobodyLooksWhereTransactionsStayOnOneShard() throws Exception {
        await(() -> !somebodyLooks());
        Connection connection = client(0);
        table.set(connection, 1, 1);
        connection.commit();
        connection.setAutoCommit(true);
        table.set(connection, 2, 1);
        ask(connection, "SELECT sum(v) FROM t");
        assertThat(somebodyLooks()).isFalse();
        connection.setAutoCommit(false);
        table.set(connection, 0, 1);
        table.set(connection, 2, 2);
        assertThat(somebodyLooks()).isTrue();
        connection.commit();
        await(() -> !somebodyLooks());
    }

    @Test
    void whatIsSlowOrWaitsForSomebodyWhoIsSlowIsLeftAlone() throws Exception {
        List<Connection> two = twoOnTwoShards();
        table.set(two.get(0), 2, 1);
        CompletableFuture<Object> waiting = start(() -> table.set(two.get(1), 0, 2));
        CompletableFuture<Object> slow =
                start(() -> ask(two.get(0), "/*!pgplex shard=" + shardName(1) + " */ SELECT pg_catalog.pg_sleep(3)"));
        PostgresServer home = cluster.primaries().get(0);
        await(() -> home.query(cluster.database(), "SELECT count(DISTINCT gtxid) FROM pgplex.waiting")
                .toString()
                .equals("2"));
        assertThat(end(slow)).isEqualTo("done");
        two.get(0).commit();
        assertThat(end(waiting)).isEqualTo("done");
        two.get(1).commit();
        assertThat(table.values("t")).containsExactly("2", "2", "1");
    }

    @Test
    void aQueryThatReadsFromSomeShardsAndWaitsForOthersIsPartOfIt() throws Exception {
        Connection definer = client(0);
        Connection reader = client(1);
        reader.setAutoCommit(true);
        try (Connection plain = cluster.primaries().get(0).connect(cluster.database())) {
            plain.setAutoCommit(false);
            ask(plain, "SELECT k FROM t");
            CompletableFuture<Object> definition = start(() -> run(definer, "ALTER TABLE t ADD COLUMN extra int"));
            awaitWaiting(0, 1);
            // behind the definition in the queue of shard 0; the others let it in
            CompletableFuture<Object> query = start(() -> ask(reader, "SELECT v FROM t"));
            awaitWaiting(0, 2);
            plain.rollback();
            assertDeadlock(end(definition));
            definer.rollback();
            assertThat(end(query)).isEqualTo("done");
        }
    }

    /** The younger transaction's client, and its role; the pools have no connection left to look through. */
    @ParameterizedTest
    @CsvSource({"0, " + ROLE, "1, " + ROLE, "0, " + PostgresServer.SUPERUSER, "1, " + PostgresServer.SUPERUSER})
    void aRoleNeedsNothingButItsTables(int index, String role) throws Exception {
        for (PostgresServer server : cluster.primaries()) {
            server.execute(cluster.database(), "GRANT SELECT, UPDATE ON t TO " + ROLE);
        }
        Connection older = client(0, ROLE, 1);
        Connection younger = client(index, role, 1);
        table.set(older, 0, 1);
        table.set(younger, 1, 2);
        CompletableFuture<Object> waiting = start(() -> table.set(older, 1, 1));
        awaitWaiting(1, 1);
        assertDeadlock(end(start(() -> table.set(younger, 0, 2))));
        younger.rollback();
        assertThat(end(waiting)).isEqualTo("done");
        older.commit();
        assertState(
                "42501", end(start(() -> run(older, "/*!pgplex shard=" + shardName(0) + " */ TABLE pgplex.waiting"))));
        older.rollback();
    }
}
