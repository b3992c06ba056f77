package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What readers of several shards see of transactions that commit on several shards. */
@PgplexCluster(shards = 3, etcd = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SnapshotIT {

    private static final String ALL = "SELECT string_agg(v::text, ',' ORDER BY v) FROM t";

    /** A join of rows on different shards. */
    private static final String MOVING =
            "SELECT string_agg(a.v::text, ',' ORDER BY a.v) FROM t a JOIN t b ON a.v = b.v AND a.k = b.k + 0";

    /** Takes the barrier alone, for the session. */
    private static final String HOLD = "SELECT pg_advisory_lock(1885827180, 1)";

    private LocalCluster cluster;
    private ShardedTable table;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void reset() throws SQLException {
        table.reset();
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(table.prepared()).isZero();
        assertThat(table.onServers("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                .containsExactly("0", "0", "0");
    }

    private String shard(int ordinal) {
        return cluster.servers().shards().get(ordinal).name();
    }

    private Connection raw(int shard) throws SQLException {
        return cluster.primaries().get(shard).connect(cluster.database());
    }

    private Connection connect(String parameters) throws SQLException {
        String url = cluster.jdbcUrl();
        return DriverManager.getConnection(url + (url.contains("?") ? "&" : "?") + parameters);
    }

    /** A transaction that sets the rows of the first two shards to 7, at the moment when only the anchor has committed. */
    private final class HalfCommitted implements AutoCloseable {
        private final String gtxid = GlobalTransactionId.next();
        /** Of another cluster, so that no arbiter finishes it. */
        private final String gid = GlobalTransactionId.gid("elsewhere", shard(0), gtxid, shard(1));

        private boolean finished;

        HalfCommitted() throws SQLException {
            try (Connection other = raw(1)) {
                other.setAutoCommit(false);
                table.set(other, 1, 7);
                run(other, CommitSql.prepare(gid));
            }
            try (Connection anchor = raw(0)) {
                anchor.setAutoCommit(false);
                table.set(anchor, 0, 7);
                ShardedTable.decide(anchor, gtxid, List.of(shard(1)));
            }
        }

        void finish() throws SQLException {
            finished = true;
            try (Connection other = raw(1)) {
                run(other, CommitSql.commitPrepared(gid));
            }
            try (Connection anchor = raw(0)) {
                run(anchor, CommitSql.forget(List.of(gtxid)));
            }
        }

        @Override
        public void close() throws SQLException {
            if (!finished) {
                finish();
            }
        }
    }

    /** Waits until somebody wants the barrier on the second shard, where the transaction in flight holds it. */
    private void awaitWaiting() {
        awaitWaiting(1, 1);
    }

    private void awaitWaiting(int shard, int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        String waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
        while (Integer.parseInt(table.onServers(waiting).get(shard)) < count) {
            assertThat(System.nanoTime()).as("nobody waits").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private Future<String> start(Callable<String> reading) {
        return threads.submit(reading);
    }

    private static String get(Future<String> reading) throws Exception {
        return reading.get(30, TimeUnit.SECONDS);
    }

    private static void assertState(String state, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(SQLException.class).hasFieldOrPropertyWithValue("SQLState", state);
    }

    private static void begin(Connection connection) throws SQLException {
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        connection.setAutoCommit(false);
    }

    @Test
    void readCommittedSeesACommitInFlightOnOneShardAndNotYetOnAnother() throws Exception {
        try (HalfCommitted half = new HalfCommitted();
                Connection connection = cluster.connect()) {
            assertThat(half.finished).isFalse();
            assertThat(ask(connection, ALL)).isEqualTo("0,0,7");
            connection.setAutoCommit(false);
            assertThat(ask(connection, ALL)).isEqualTo("0,0,7");
        }
    }

    @Test
    void repeatableReadWaitsForACommitInFlightAndSeesItWhole() throws Exception {
        try (HalfCommitted half = new HalfCommitted();
                Connection connection = cluster.connect()) {
            begin(connection);
            // the first statement needs the anchor alone
            Future<String> reading = start(() -> ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)));
            awaitWaiting();
            assertThat(reading.isDone()).isFalse();
            half.finish();
            assertThat(get(reading)).isEqualTo("7");
            assertThat(ask(connection, ALL)).isEqualTo("0,7,7");
            connection.commit();
        }
    }

    @Test
    void repeatableReadSeesNothingOfACommitThatCameLaterEvenOnAShardThatItHadNotRead() throws Exception {
        try (Connection connection = cluster.connect();
                Connection writer = cluster.connect()) {
            begin(connection);
            assertThat(ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)))
                    .isEqualTo("0");
            run(writer, "UPDATE t SET v = 7");
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            assertThat(ask(connection, MOVING)).isEqualTo("0,0,0");
            connection.commit();
            assertThat(ask(connection, ALL)).isEqualTo("7,7,7");
            connection.commit();
        }
    }

    @Test
    void everyWayToRepeatableReadHasOneSnapshot() throws Exception {
        for (String begin : List.of(
                "BEGIN ISOLATION LEVEL REPEATABLE READ",
                "START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                "BEGIN; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                "BEGIN; SET LOCAL transaction_isolation TO 'repeatable read'",
                "BEGIN ISOLATION LEVEL REPEATABLE READ; SAVEPOINT a; SET LOCAL work_mem TO '8MB'",
                "SET default_transaction_isolation TO 'repeatable read'; BEGIN",
                "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ; BEGIN")) {
            try (Connection connection = cluster.connect()) {
                for (String statement : begin.split(";")) {
                    run(connection, statement);
                }
                try (HalfCommitted half = new HalfCommitted()) {
                    Future<String> reading = start(() -> ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)));
                    awaitWaiting();
                    half.finish();
                    assertThat(get(reading)).as(begin).isEqualTo("7");
                    assertThat(ask(connection, ALL)).as(begin).isEqualTo("0,7,7");
                    run(connection, "ROLLBACK");
                }
            }
            table.reset();
        }
    }

    @Test
    void aStatementOutsideATransactionHasOneSnapshotByHintAndByProperty() throws Exception {
        for (String query : List.of(ALL, MOVING)) {
            try (Connection connection = cluster.connect()) {
                assertWhole(connection, "/*!pgplex snapshot=global */ " + query);
                begin(connection);
                connection.setAutoCommit(true);
                assertWhole(connection, query);
            }
            try (Connection connection = connect("snapshot=global")) {
                assertWhole(connection, query);
            }
        }
    }

    private void assertWhole(Connection connection, String query) throws Exception {
        try (HalfCommitted half = new HalfCommitted()) {
            Future<String> reading = start(() -> ask(connection, query));
            awaitWaiting();
            half.finish();
            assertThat(get(reading)).as(query).isEqualTo("0,7,7");
        }
        table.reset();
    }

    @Test
    void eachShardMayHaveItsOwnSnapshotByHintAndByProperty() throws Exception {
        try (HalfCommitted half = new HalfCommitted();
                Connection hinted = cluster.connect();
                Connection connection = connect("snapshot=shard")) {
            assertThat(half.finished).isFalse();
            begin(connection);
            assertThat(ask(connection, ALL)).isEqualTo("0,0,7");
            connection.rollback();
            begin(hinted);
            assertThat(ask(hinted, "/*!pgplex snapshot=shard */ " + ALL)).isEqualTo("0,0,7");
            assertThat(ask(hinted, MOVING)).isEqualTo("0,0,7");
            hinted.rollback();
            hinted.setAutoCommit(true);
            assertThat(ask(hinted, "/*!pgplex snapshot=shard */ " + ALL)).isEqualTo("0,0,7");
        }
    }

    @Test
    void aReadCommittedTransactionGetsOneSnapshotByPropertyOrByTheHintOfItsFirstStatement() throws Exception {
        try (Connection connection = connect("snapshot=global");
                Connection hinted = cluster.connect();
                Connection writer = cluster.connect()) {
            connection.setAutoCommit(false);
            hinted.setAutoCommit(false);
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            assertThat(ask(hinted, "/*!pgplex snapshot=global */ " + ALL)).isEqualTo("0,0,0");
            run(writer, "UPDATE t SET v = 7");
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            assertThat(ask(hinted, ALL)).isEqualTo("0,0,0");
            connection.commit();
            hinted.commit();
            assertThat(ask(connection, ALL)).isEqualTo("7,7,7");
            connection.commit();
            assertThat(ask(hinted, ALL)).isEqualTo("7,7,7");
            assertState("25001", () -> ask(hinted, "/*!pgplex snapshot=global */ " + ALL));
            hinted.rollback();
        }
    }

    @Test
    void refusesAnIsolationLevelThatComesTooLateForOneSnapshot() throws Exception {
        try (Connection connection = cluster.connect()) {
            run(connection, "BEGIN");
            assertThat(ask(connection, "SHOW work_mem")).isNotEmpty();
            run(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
            assertState("25001", () -> ask(connection, ALL));
            run(connection, "ROLLBACK");
        }
    }

    @Test
    void writesUnderOneSnapshotAndMeetsARival() throws Exception {
        try (Connection connection = cluster.connect();
                Connection rival = cluster.connect()) {
            begin(connection);
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            table.set(rival, 2, 5);
            table.set(connection, 0, 1);
            table.set(connection, 1, 1);
            connection.commit();
            assertThat(table.values("t")).containsExactly("1", "1", "5");
            assertThat(ask(connection, ALL)).isEqualTo("1,1,5");
            run(rival, "UPDATE t SET v = 8");
            assertState("40001", () -> table.set(connection, 1, 2));
            connection.rollback();
            assertThat(table.values("t")).containsExactly("8", "8", "8");
        }
    }

    @Test
    void aReadOnlySessionAndOneWithTemporaryTablesHaveOneSnapshotToo() throws Exception {
        try (Connection connection = cluster.connect();
                Connection writer = cluster.connect()) {
            run(connection, "CREATE TEMPORARY TABLE mine (v int)");
            run(connection, "INSERT INTO mine VALUES (0)");
            begin(connection);
            assertThat(ask(connection, "SELECT count(*) FROM mine")).isEqualTo("1");
            run(writer, "UPDATE t SET v = 7");
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            connection.rollback();
            connection.setReadOnly(true);
            assertThat(ask(connection, ALL)).isEqualTo("7,7,7");
            assertState("25006", () -> table.set(connection, 0, 1));
            connection.rollback();
        }
    }

    @Test
    void waitingForTheBarrierObeysCancelAndTimeout() throws Exception {
        try (HalfCommitted half = new HalfCommitted();
                Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            assertThat(half.finished).isFalse();
            begin(connection);
            Future<String> reading = start(() -> {
                try (ResultSet row = statement.executeQuery(ALL)) {
                    return row.next() ? row.getString(1) : "";
                } catch (SQLException e) {
                    return e.getSQLState();
                }
            });
            awaitWaiting();
            statement.cancel();
            assertThat(get(reading)).isEqualTo("57014");
            connection.rollback();
            statement.setQueryTimeout(1);
            assertState("57014", () -> statement.executeQuery(ALL));
            assertState("25P02", () -> ask(connection, "SELECT 1"));
            connection.rollback();
        }
    }

    @Test
    void serializableReachesSeveralShardsOnlyWhereTheApplicationTakesItPerShard() throws Exception {
        try (Connection connection = connect("serializable=per-shard");
                Connection writer = cluster.connect()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
            connection.setAutoCommit(false);
            assertThat(ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)))
                    .isEqualTo("0");
            run(writer, "UPDATE t SET v = 7");
            assertThat(ask(connection, ALL)).isEqualTo("0,0,0");
            connection.rollback();
            run(connection, "UPDATE t SET v = 8");
            connection.commit();
            assertThat(table.values("t")).containsExactly("8", "8", "8");
            connection.setAutoCommit(true);
            assertThat(ask(connection, ALL)).isEqualTo("8,8,8");
        }
    }

    @Test
    void aCommitOnOneShardWaitsForASnapshotBeingOpenedOnlyWhereSnapshotsAreStrict() throws Exception {
        try (Connection connection = cluster.connect();
                Connection holder = raw(2)) {
            run(holder, HOLD);
            table.set(connection, 2, 1);
            for (String value : List.of("SET snapshot TO global", "SET snapshot = 'strict'")) {
                run(connection, "ALTER CLUSTER " + value);
            }
            List<Future<String>> writers = new ArrayList<>();
            for (String write : List.of(
                    "UPDATE t SET v = 2 WHERE k = " + table.key(2) + " RETURNING v",
                    "INSERT INTO t VALUES (" + (table.key(2) + 1_000_000)
                            + ", 0) ON CONFLICT DO NOTHING RETURNING 2")) {
                writers.add(start(() -> {
                    try (Connection writer = cluster.connect()) {
                        return ask(writer, "/*!pgplex shard=" + shard(2) + " */ " + write);
                    }
                }));
            }
            writers.add(start(() -> {
                try (Connection writer = cluster.connect()) {
                    try (PreparedStatement batch =
                            writer.prepareStatement("INSERT INTO t VALUES (?, 9) ON CONFLICT DO NOTHING")) {
                        batch.setLong(1, table.key(2));
                        batch.addBatch();
                        batch.executeBatch();
                    }
                    return "2";
                }
            }));
            awaitWaiting(2, 2);
            // reads and other shards go on
            assertThat(ask(connection, "SELECT v FROM t WHERE k = " + table.key(2)))
                    .isEqualTo("1");
            table.set(connection, 0, 3);
            assertThat(writers).noneMatch(Future::isDone);
            run(holder, Barrier.LET_GO);
            for (Future<String> writer : writers) {
                assertThat(get(writer)).isEqualTo("2");
            }
            run(connection, "ALTER CLUSTER RESET snapshot");
            run(holder, HOLD);
            table.set(connection, 2, 4);
            run(holder, Barrier.LET_GO);
        }
    }

    @Test
    void refusesUnknownSettingsOfTheCluster() throws Exception {
        try (Connection connection = cluster.connect()) {
            assertState("42704", () -> run(connection, "ALTER CLUSTER SET colour TO red"));
            assertState("22023", () -> run(connection, "ALTER CLUSTER SET snapshot TO shard"));
        }
    }

    /** The reader sees the later of two commits on different shards; then it sees the earlier one, too. */
    @Test
    void strictSnapshotsKeepTheOrderOfCommits() throws Exception {
        try (Connection connection = cluster.connect()) {
            run(connection, "ALTER CLUSTER SET snapshot TO strict");
            AtomicInteger reading = new AtomicInteger(2);
            List<CompletableFuture<Void>> all = new ArrayList<>();
            all.add(CompletableFuture.runAsync(() -> countUp(reading), threads));
            for (int i = 0; i < 2; i++) {
                all.add(CompletableFuture.runAsync(() -> readInOrder(reading), threads));
            }
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(120, TimeUnit.SECONDS);
            run(connection, "ALTER CLUSTER RESET snapshot");
        }
    }

    /** Each value is on the first shard before it is on the last. */
    private void countUp(AtomicInteger reading) {
        try (Connection connection = cluster.connect()) {
            for (int value = 1; reading.get() > 0; value++) {
                table.set(connection, 0, value);
                table.set(connection, 2, value);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void readInOrder(AtomicInteger reading) {
        try (Connection connection = cluster.connect()) {
            begin(connection);
            for (int i = 0; i < 200; i++) {
                int later = Integer.parseInt(ask(connection, "SELECT v FROM t WHERE k = " + table.key(2)));
                int earlier = Integer.parseInt(ask(connection, "SELECT v FROM t WHERE k = " + table.key(0)));
                connection.commit();
                assertThat(earlier).isGreaterThanOrEqualTo(later);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            reading.decrementAndGet();
        }
    }

    @Test
    void aRestorePointWaitsForCommitsInFlightAndIsOnEveryShard() throws Exception {
        try (Connection connection = cluster.connect();
                PreparedStatement prepared =
                        connection.prepareStatement("SELECT pgplex.create_restore_point(?) AS p")) {
            try (HalfCommitted half = new HalfCommitted()) {
                Future<String> point = start(() -> points(connection.createStatement(), "before"));
                awaitWaiting();
                assertThat(point.isDone()).isFalse();
                half.finish();
                assertThat(get(point)).isEqualTo(shard(0) + "," + shard(1) + "," + shard(2));
            }
            prepared.setString(1, "second");
            try (ResultSet rows = prepared.executeQuery()) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getString("lsn")).matches("[0-9A-F]+/[0-9A-F]+");
            }
            connection.setAutoCommit(false);
            assertState("25001", () -> points(connection.createStatement(), "x"));
            connection.rollback();
        }
    }

    private static String points(Statement statement, String name) throws SQLException {
        List<String> shards = new ArrayList<>();
        try (statement;
                ResultSet rows = statement.executeQuery("SELECT pgplex.create_restore_point('" + name + "')")) {
            while (rows.next()) {
                shards.add(rows.getString("shard"));
            }
        }
        return String.join(",", shards);
    }

    @Test
    void aServerWithAnOldSchemaSaysSo() throws Exception {
        try (Connection server = raw(2)) {
            run(server, "ALTER FUNCTION pgplex.hold_barrier(integer) RENAME TO away");
            try (Connection connection = cluster.connect()) {
                begin(connection);
                assertThatThrownBy(() -> ask(connection, ALL))
                        .hasFieldOrPropertyWithValue("SQLState", "55000")
                        .hasMessageContaining("older than this driver");
            } finally {
                run(server, "ALTER FUNCTION pgplex.away(integer) RENAME TO hold_barrier");
            }
        }
    }

    @Test
    void manyReadersAndWritersNeitherStarveNorSeeHalfATransfer() throws Exception {
        int writers = 4;
        int readers = 3;
        AtomicInteger transfers = new AtomicInteger();
        List<CompletableFuture<Void>> all = new ArrayList<>();
        AtomicInteger reading = new AtomicInteger(readers);
        try (Connection connection = cluster.connect()) {
            run(connection, "UPDATE t SET v = 100000");
        }
        for (int i = 0; i < writers; i++) {
            all.add(CompletableFuture.runAsync(() -> transfer(reading, transfers), threads));
        }
        for (int i = 0; i < readers; i++) {
            all.add(CompletableFuture.runAsync(() -> readSums(reading), threads));
        }
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(120, TimeUnit.SECONDS);
        assertThat(transfers.get()).isPositive();
        try (Connection connection = cluster.connect()) {
            assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo("300000");
        }
    }

    private void transfer(AtomicInteger reading, AtomicInteger transfers) {
        try (Connection connection = cluster.connect()) {
            connection.setAutoCommit(false);
            while (reading.get() > 0) {
                int from = ThreadLocalRandom.current().nextInt(3);
                // in the order of the shards, so that two of these never deadlock
                for (int shard = 0; shard < 3; shard++) {
                    int amount = shard == from ? -2 : 1;
                    try (PreparedStatement update = connection.prepareStatement("UPDATE t SET v = v + ? WHERE k = ?")) {
                        update.setInt(1, amount);
                        update.setLong(2, table.key(shard));
                        update.executeUpdate();
                    }
                }
                connection.commit();
                transfers.incrementAndGet();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void readSums(AtomicInteger reading) {
        try (Connection connection = cluster.connect()) {
            begin(connection);
            for (int i = 0; i < 100; i++) {
                String sum = ask(connection, "SELECT sum(v) FROM t");
                assertThat(sum).isEqualTo("300000");
                assertThat(ask(connection, "SELECT sum(v) FROM t")).isEqualTo(sum);
                connection.commit();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } finally {
            reading.decrementAndGet();
        }
    }
}
