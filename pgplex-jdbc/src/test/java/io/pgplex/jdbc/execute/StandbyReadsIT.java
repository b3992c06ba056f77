package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Which node answers a read, seen by the port that the answer comes from. */
@PgplexCluster(shards = 2, standbys = 2, etcd = false, exclusive = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class StandbyReadsIT {

    /** The setting is each server's own, and known to read nothing but that. */
    private static final String PORT = "current_setting('port')::int";

    private LocalCluster cluster;
    private Servers.Shard s1;
    private Servers.Shard s2;
    /** Keys of rows on either shard. */
    private int onS1;

    private int onS2;
    private final List<Connection> opened = new ArrayList<>();

    @BeforeAll
    void load(LocalCluster local) throws SQLException {
        cluster = local;
        s1 = cluster.servers().shards().get(0);
        s2 = cluster.servers().shards().get(1);
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DISTRIBUTED TABLE t (id int PRIMARY KEY, v int) BY HASH (id)");
            statement.execute("CREATE REPLICATED TABLE r (id int PRIMARY KEY, v text)");
            statement.execute("INSERT INTO r VALUES (1, 'one')");
            statement.execute("INSERT INTO t SELECT g, g FROM generate_series(1, 40) g");
            statement.execute("CREATE TABLE u (id int)");
            statement.execute("CREATE SEQUENCE q");
            onS1 = keyOn(statement, s1.primary());
            onS2 = keyOn(statement, s2.primary());
        }
    }

    private static int keyOn(Statement statement, PostgresServer server) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT id, " + PORT + " FROM t")) {
            while (rows.next()) {
                if (rows.getInt(2) == server.port()) {
                    return rows.getInt(1);
                }
            }
        }
        throw new AssertionError("no row on " + server.name());
    }

    @BeforeEach
    void everybodyIsUp() throws Exception {
        Connection connection = open("intent=prefer-replica&consistency=eventual&maxLag=none");
        for (Servers.Shard shard : List.of(s1, s2)) {
            for (PostgresServer standby : shard.standbys()) {
                awaitAnswer(connection, "/*!pgplex node=" + standby.name() + " */ SELECT " + PORT, standby);
                standby.awaitReplay(shard.primary());
            }
        }
        awaitStandby(connection, read(onS1), s1);
        awaitStandby(connection, read(onS2), s2);
    }

    @AfterEach
    void close() throws SQLException {
        for (Connection connection : opened) {
            connection.close();
        }
        opened.clear();
    }

    // ---- helpers

    private Connection open(String parameters) throws SQLException {
        String url = cluster.jdbcUrl();
        Connection connection = DriverManager.getConnection(url + (url.contains("?") ? "&" : "?") + parameters);
        opened.add(connection);
        return connection;
    }

    private static String read(int key) {
        return "SELECT " + PORT + " FROM t WHERE id = " + key;
    }

    private static int ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).as(sql).isTrue();
            return row.getInt(1);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static boolean isStandby(int port, Servers.Shard shard) {
        return shard.standbys().stream().anyMatch(standby -> standby.port() == port);
    }

    private static void assertStandby(int port, Servers.Shard shard) {
        assertThat(shard.standbys()).extracting(PostgresServer::port).contains(port);
    }

    /** Until a condition holds; each round asks a server, which is the pause. */
    private static void await(String what, Condition condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void awaitStandby(Connection connection, String sql, Servers.Shard shard) throws Exception {
        await("a standby answers " + sql, () -> isStandby(ask(connection, sql), shard));
    }

    private static void awaitAnswer(Connection connection, String sql, PostgresServer server) throws Exception {
        await(server.name() + " answers " + sql, () -> {
            try {
                return ask(connection, sql) == server.port();
            } catch (SQLException e) {
                return false;
            }
        });
    }

    private void replay(Servers.Shard shard, boolean on) {
        for (PostgresServer standby : shard.standbys()) {
            standby.execute(cluster.database(), on ? "SELECT pg_wal_replay_resume()" : "SELECT pg_wal_replay_pause()");
            if (!on) {
                while (!"paused".equals(standby.query(cluster.database(), "SELECT pg_get_wal_replay_pause_state()"))) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    private static @Nullable String state(SQLException e) {
        return e.getSQLState();
    }

    private static void assertRefused(String sqlState, String message, Runs runs) {
        assertThatThrownBy(runs::run)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(state(e)).isEqualTo(sqlState))
                .hasMessageContaining(message);
    }

    private interface Runs {
        void run() throws SQLException;
    }

    // ---- intent

    @Test
    void everythingGoesToThePrimaryUnlessAskedOtherwise() throws SQLException {
        Connection connection = open("intent=read-write");
        for (int i = 0; i < 10; i++) {
            assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
        }
        assertThat(ask(connection, "SELECT inet_server_port()"))
                .isEqualTo(s1.primary().port());
    }

    @Test
    void preferReplicaReadsFromStandbysAndWritesOnPrimaries() throws Exception {
        Connection connection = open("intent=prefer-replica");
        assertStandby(ask(connection, read(onS1)), s1);
        assertStandby(ask(connection, read(onS2)), s2);
        assertStandby(ask(connection, "SELECT inet_server_port()"), s1);
        // on whichever shard
        assertThat(ask(connection, "SELECT " + PORT + " WHERE pg_is_in_recovery()"))
                .isNotIn(s1.primary().port(), s2.primary().port());
        assertThat(ask(connection, "UPDATE t SET v = v + 1 WHERE id = " + onS1 + " RETURNING " + PORT))
                .isEqualTo(s1.primary().port());
        assertThat(ask(connection, "UPDATE t SET v = v + 1 WHERE id = " + onS2 + " RETURNING " + PORT))
                .isEqualTo(s2.primary().port());
        try (PreparedStatement prepared = connection.prepareStatement("SELECT " + PORT + " FROM t WHERE id = ?")) {
            for (int key : List.of(onS1, onS2, onS1)) {
                prepared.setInt(1, key);
                await("a standby answers", () -> {
                    try (ResultSet row = prepared.executeQuery()) {
                        row.next();
                        return isStandby(row.getInt(1), key == onS1 ? s1 : s2);
                    }
                });
            }
        }
    }

    @Test
    void whatMayWriteOrLocksGoesToThePrimary() throws SQLException {
        Connection connection = open("intent=prefer-replica&consistency=eventual");
        execute(
                connection,
                "CREATE OR REPLACE FUNCTION port_of() RETURNS int LANGUAGE sql AS $$ SELECT inet_server_port() $$");
        int primary = s1.primary().port();
        assertThat(ask(connection, "SELECT port_of()")).isEqualTo(primary);
        assertThat(ask(connection, "SELECT " + PORT + " FROM nextval('q')")).isEqualTo(primary);
        assertThat(ask(connection, read(onS1) + " FOR UPDATE")).isEqualTo(primary);
        assertThat(ask(connection, read(onS1) + " FOR NO KEY UPDATE")).isEqualTo(primary);
        assertThat(ask(connection, "SELECT " + PORT + " FROM (SELECT FROM t WHERE id = " + onS1 + " FOR SHARE) x"))
                .isEqualTo(primary);
        assertThat(ask(connection, "WITH w AS (INSERT INTO u VALUES (1) RETURNING 1) SELECT " + PORT + " FROM w"))
                .isEqualTo(primary);
        assertThat(ask(connection, "/*!pgplex shard=s1 */ SELECT " + PORT)).isEqualTo(primary);
        assertStandby(ask(connection, read(onS1)), s1);
    }

    @Test
    void whatOnlyAPrimaryCanReadIsReadThere() throws SQLException {
        Connection connection = open("intent=prefer-replica&consistency=eventual");
        int primary = s1.primary().port();
        execute(connection, "CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS x");
        try {
            // 0A000 on a standby
            assertThat(ask(connection, "SELECT " + PORT + " FROM unlogged")).isEqualTo(primary);
            // 25006, 55000, on whichever shard
            for (String function : List.of("pg_current_xact_id()", "pg_current_wal_lsn()")) {
                assertThat(ask(connection, "SELECT " + PORT + " FROM " + function))
                        .isIn(primary, s2.primary().port());
            }
            assertRefused("42P01", "nowhere", () -> ask(connection, "SELECT 1 FROM nowhere"));
            assertRefused("22012", "division by zero", () -> ask(connection, "SELECT 1 / (v - v) FROM t WHERE id = 1"));
        } finally {
            execute(connection, "DROP TABLE unlogged");
        }
    }

    @Test
    void readOnlyIntentRefusesWrites() throws SQLException {
        Connection connection = open("intent=read-only&consistency=eventual");
        assertThat(connection.isReadOnly()).isTrue();
        assertStandby(ask(connection, read(onS1)), s1);
        assertRefused("25006", "read-only", () -> execute(connection, "UPDATE t SET v = 0 WHERE id = " + onS1));
        connection.setReadOnly(false);
        assertThat(connection.isReadOnly()).isTrue();
        assertRefused("25006", "read-only", () -> execute(connection, "DELETE FROM t"));
        assertRefused("25006", "read-only", () -> execute(connection, "CREATE TABLE no_such (id int)"));
        connection.setAutoCommit(false);
        assertStandby(ask(connection, read(onS1)), s1);
        assertRefused("25006", "read-only", () -> execute(connection, "INSERT INTO t VALUES (-1, 0)"));
        connection.rollback();
    }

    @Test
    void setReadOnlySendsReadsToStandbys() throws Exception {
        Connection connection = open("arbiter=true");
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
        connection.setReadOnly(true);
        awaitStandby(connection, read(onS1), s1);
        assertRefused("25006", "read-only", () -> execute(connection, "UPDATE t SET v = 0 WHERE id = " + onS1));
        connection.setReadOnly(false);
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
    }

    // ---- transactions

    @Test
    void aReadOnlyTransactionStaysOnOneStandbyOfEachShard() throws SQLException {
        Connection connection = open("consistency=eventual");
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        for (int round = 0; round < 5; round++) {
            Set<Integer> ports = new TreeSet<>();
            for (int i = 0; i < 10; i++) {
                ports.add(ask(connection, read(onS1)));
                ports.add(ask(connection, read(onS2)));
                ports.add(ask(connection, "SELECT inet_server_port()"));
            }
            assertThat(ports).hasSize(2);
            assertThat(ports).anyMatch(port -> isStandby(port, s1)).anyMatch(port -> isStandby(port, s2));
            assertRefused("25006", "read-only", () -> execute(connection, "UPDATE t SET v = 0 WHERE id = " + onS1));
            connection.rollback();
        }
        // cursors of the transaction are on the standby too
        assertStandby(ask(connection, read(onS1)), s1);
        execute(connection, "DECLARE c CURSOR FOR SELECT inet_server_port() FROM generate_series(1, 3)");
        assertStandby(ask(connection, "FETCH c"), s1);
        assertRefused("25006", "standby", () -> ask(connection, "SELECT 1 FROM pg_advisory_xact_lock(1)"));
        connection.rollback();
        assertThat(ask(connection, "SELECT " + PORT + " FROM pg_advisory_xact_lock(1)"))
                .isEqualTo(s1.primary().port());
        assertThat(ask(connection, "SELECT inet_server_port()"))
                .isEqualTo(s1.primary().port());
        connection.commit();
    }

    @Test
    void transactionsThatMayWriteAreOnPrimaries() throws SQLException {
        Connection connection = open("intent=prefer-replica&consistency=eventual");
        connection.setAutoCommit(false);
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
        assertThat(ask(connection, read(onS2))).isEqualTo(s2.primary().port());
        connection.commit();
        connection.setAutoCommit(true);
        execute(connection, "BEGIN READ ONLY");
        assertStandby(ask(connection, read(onS1)), s1);
        execute(connection, "COMMIT");
    }

    @Test
    void snapshotsOfAllShardsAndSerializableTransactionsAreOnPrimaries() throws SQLException {
        Connection connection = open("intent=read-only&consistency=eventual");
        execute(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
        execute(connection, "COMMIT");
        execute(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE");
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
        execute(connection, "COMMIT");
        execute(connection, "BEGIN");
        assertThat(ask(connection, "/*!pgplex snapshot=global */ " + read(onS2)))
                .isEqualTo(s2.primary().port());
        execute(connection, "COMMIT");
        assertThat(ask(connection, "/*!pgplex snapshot=global */ SELECT min(" + PORT + ") FROM t"))
                .isEqualTo(Math.min(s1.primary().port(), s2.primary().port()));
        execute(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ");
        assertStandby(ask(connection, "/*!pgplex snapshot=shard */ " + read(onS1)), s1);
        execute(connection, "COMMIT");
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
    }

    // ---- several shards

    @Test
    void aScatterReadsFromAStandbyOfEachShard() throws SQLException {
        Connection connection = open("intent=prefer-replica&consistency=eventual");
        Set<Integer> ports = new TreeSet<>();
        List<Integer> ids = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT id, " + PORT + " FROM t ORDER BY id")) {
            while (rows.next()) {
                ids.add(rows.getInt(1));
                ports.add(rows.getInt(2));
            }
        }
        assertThat(ids).hasSize(40).isSorted();
        assertThat(ports)
                .hasSize(2)
                .noneMatch(port ->
                        port == s1.primary().port() || port == s2.primary().port());
        assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo(40);
        // finished by a server
        assertThat(ask(connection, "SELECT length(string_agg(id::text, ',' ORDER BY id)) FROM t"))
                .isEqualTo(110);
        // rows that travel
        assertThat(ask(connection, "SELECT count(*) FROM t a JOIN t b ON a.id = 41 - b.id"))
                .isEqualTo(40);
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        assertThat(ask(connection, "SELECT count(*) FROM t a JOIN t b ON a.id = 41 - b.id"))
                .isEqualTo(40);
        assertThat(ask(connection, "SELECT length(string_agg(id::text, ',' ORDER BY id)) FROM t"))
                .isEqualTo(110);
        connection.commit();
    }

    // ---- hints

    @Test
    void hintsOverrideTheSession() throws Exception {
        Connection writing = open("intent=read-write");
        awaitStandby(writing, "/*!pgplex intent=prefer-replica */ " + read(onS1), s1);
        assertThat(ask(writing, read(onS1))).isEqualTo(s1.primary().port());
        assertRefused(
                "25006",
                "read-only",
                () -> execute(writing, "/*!pgplex intent=read-only */ UPDATE t SET v = 0 WHERE id = " + onS1));
        assertRefused(
                "25006", "read-only", () -> execute(writing, "/*!pgplex intent=read-only */ SELECT nextval('q')"));
        assertRefused("22023", "intent", () -> ask(writing, "/*!pgplex intent=any */ " + read(onS1)));

        Connection reading = open("intent=read-only");
        assertThat(ask(reading, "/*!pgplex intent=read-write */ " + read(onS1)))
                .isEqualTo(s1.primary().port());
    }

    @Test
    void aHintNamesTheNode() throws SQLException {
        Connection connection = open("intent=read-write");
        for (Servers.Shard shard : List.of(s1, s2)) {
            List<PostgresServer> nodes = new ArrayList<>(shard.standbys());
            nodes.add(shard.primary());
            for (PostgresServer node : nodes) {
                String hint = "/*!pgplex node=" + node.name() + " */ ";
                assertThat(ask(connection, hint + "SELECT inet_server_port() FROM t LIMIT 1"))
                        .isEqualTo(node.port());
                try (Statement statement = connection.createStatement();
                        ResultSet row = statement.executeQuery(hint + "EXPLAIN (ANALYZE, COSTS off) SELECT 1")) {
                    List<String> lines = new ArrayList<>();
                    while (row.next()) {
                        lines.add(row.getString(1));
                    }
                    assertThat(lines).anyMatch(line -> line.endsWith("on node " + node.name()));
                }
            }
        }
        String standby = "/*!pgplex node=" + s1.standbys().get(0).name() + " */ ";
        assertRefused("25006", "is a standby", () -> execute(connection, standby + "DELETE FROM t WHERE id = 1"));
        assertRefused("25006", "read-only", () -> execute(connection, standby + "SELECT nextval('q')"));
        assertRefused("22023", "does not exist", () -> ask(connection, "/*!pgplex node=none */ SELECT 1"));
        assertRefused(
                "22023",
                "not of shard",
                () -> ask(connection, "/*!pgplex node=" + s2.primary().name() + ", shard=s1 */ SELECT 1"));
        assertRefused("22023", "together", () -> ask(connection, standby + "/*!pgplex key=1 */ SELECT 1"));
        assertRefused("0A000", "node", () -> execute(connection, standby + "SHOW port"));

        connection.setAutoCommit(false);
        assertRefused("25001", "cannot take part", () -> ask(connection, standby + "SELECT inet_server_port()"));
        connection.rollback();
        connection.setReadOnly(true);
        assertThat(ask(connection, standby + "SELECT inet_server_port()"))
                .isEqualTo(s1.standbys().get(0).port());
        assertThat(ask(connection, "SELECT inet_server_port()"))
                .isEqualTo(s1.standbys().get(0).port());
        assertRefused(
                "25001",
                "cannot take part",
                () -> ask(connection, "/*!pgplex node=" + s1.primary().name() + " */ SELECT 1"));
        connection.rollback();
    }

    // ---- lag and consistency

    @Test
    void aStandbyThatIsTooFarBehindIsNotRead() throws Exception {
        Connection writer = open("intent=read-write");
        Connection reader = open("intent=prefer-replica&consistency=eventual&maxLag=none");
        int before = ask(reader, "SELECT v FROM t WHERE id = " + onS1);
        replay(s1, false);
        try {
            execute(writer, "UPDATE t SET v = v + 1 WHERE id = " + onS1);
            String read = "SELECT v FROM t WHERE id = " + onS1;
            assertThat(ask(reader, read)).isEqualTo(before);
            assertStandby(ask(reader, read(onS1)), s1);
            for (String limit : List.of("200ms", "64B")) {
                String hint = "/*!pgplex max_lag=" + limit + " */ ";
                awaitAnswer(reader, hint + read(onS1), s1.primary());
                assertThat(ask(reader, hint + read)).isEqualTo(before + 1);
                // the other shard's standbys have nothing to catch up with
                awaitStandby(reader, hint + read(onS2), s2);
            }
        } finally {
            replay(s1, true);
        }
        awaitStandby(reader, "/*!pgplex max_lag=64B */ " + read(onS1), s1);
    }

    @Test
    void aSessionReadsItsOwnWrites() throws Exception {
        Connection connection = open("intent=prefer-replica&maxLag=none");
        assertStandby(ask(connection, read(onS1)), s1);
        replay(s1, false);
        try {
            // nothing was written since
            assertStandby(ask(connection, read(onS1)), s1);
            int value = ask(connection, "UPDATE t SET v = v + 1 WHERE id = " + onS1 + " RETURNING v");
            for (int i = 0; i < 3; i++) {
                assertThat(ask(connection, "SELECT v FROM t WHERE id = " + onS1))
                        .isEqualTo(value);
                assertThat(ask(connection, read(onS1))).isEqualTo(s1.primary().port());
            }
            connection.setAutoCommit(false);
            execute(connection, "UPDATE t SET v = v + 1 WHERE id = " + onS1);
            connection.commit();
            connection.setReadOnly(true);
            assertThat(ask(connection, "SELECT v FROM t WHERE id = " + onS1)).isEqualTo(value + 1);
            connection.commit();
            connection.setAutoCommit(true);
            execute(connection, "/*!pgplex intent=read-write */ SELECT 1");
            // the other shard was not written
            awaitStandby(connection, read(onS2), s2);
        } finally {
            replay(s1, true);
        }
        awaitStandby(connection, read(onS1), s1);
    }

    @Test
    void aSessionReadsWhatItsCallsHaveWritten() throws Exception {
        Connection connection = open("intent=prefer-replica&maxLag=none");
        execute(connection, "CREATE TABLE calls (n int)");
        execute(
                connection,
                "CREATE FUNCTION called() RETURNS int LANGUAGE sql AS"
                        + " $$ INSERT INTO calls VALUES (1); SELECT inet_server_port() $$");
        String read = "SELECT count(*) FROM calls";
        String port = "SELECT inet_server_port() FROM (SELECT count(*) FROM calls) c";
        try (CallableStatement call = connection.prepareCall("{? = call called()}")) {
            call.registerOutParameter(1, Types.INTEGER);
            for (int i = 1; i <= 3; i++) {
                replay(s1, false);
                try {
                    // on the connection that the statement keeps
                    call.execute();
                    assertThat(call.getInt(1)).isEqualTo(s1.primary().port());
                    assertThat(ask(connection, read)).isEqualTo(i);
                } finally {
                    replay(s1, true);
                }
                awaitStandby(connection, port, s1);
            }
        } finally {
            execute(connection, "DROP FUNCTION called()");
            execute(connection, "DROP TABLE calls");
        }
    }

    @Test
    void aSessionReadsWhatItHasDefined() throws Exception {
        Connection connection = open("intent=prefer-replica&maxLag=none");
        for (int i = 0; i < 5; i++) {
            execute(connection, "CREATE DISTRIBUTED TABLE made (id int PRIMARY KEY) BY HASH (id)");
            assertThat(ask(connection, "SELECT count(*) FROM made")).isZero();
            execute(connection, "INSERT INTO made VALUES (1), (2), (3), (4)");
            assertThat(ask(connection, "SELECT count(*) FROM made")).isEqualTo(4);
            execute(connection, "DROP DISTRIBUTED TABLE made");
        }
    }

    @Test
    void aSessionNeverSeesLessThanItHasSeen() throws Exception {
        Connection writer = open("intent=read-write");
        Connection reader = open("intent=prefer-replica");
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < 2_000; i++) {
                    execute(writer, "UPDATE t SET v = v + 1 WHERE id = " + onS2);
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        });
        int last = 0;
        int reads = 0;
        int primaries = 0;
        while (!writing.isDone() || reads < 100) {
            reads++;
            String hint =
                    switch (reads % 5) {
                        case 1 -> "/*!pgplex intent=read-write */ ";
                        case 2 ->
                            "/*!pgplex node=" + s2.standbys().get(reads % 2).name() + " */ ";
                        default -> "";
                    };
            if (!hint.contains("node")) {
                try (Statement statement = reader.createStatement();
                        ResultSet row =
                                statement.executeQuery(hint + "SELECT v, " + PORT + " FROM t WHERE id = " + onS2)) {
                    row.next();
                    if (row.getInt(2) == s2.primary().port()) {
                        // which may make a commit visible a moment after a standby that has replayed it
                        primaries++;
                    } else {
                        assertThat(row.getInt(1)).as(hint).isGreaterThanOrEqualTo(last);
                    }
                    last = Math.max(last, row.getInt(1));
                }
            } else {
                last = Math.max(last, ask(reader, hint + "SELECT v FROM t WHERE id = " + onS2));
            }
        }
        writing.get(60, TimeUnit.SECONDS);
        assertThat(primaries).isLessThan(reads);
        awaitStandby(reader, read(onS2), s2);
    }

    // ---- zone and weight

    @Test
    void readsGoToTheZoneAndByWeight() throws Exception {
        PostgresServer here = s1.standbys().get(0);
        PostgresServer there = s1.standbys().get(1);
        change(here.name(), "here", 1);
        change(there.name(), "there", 1);
        try {
            Connection connection = open("intent=prefer-replica&consistency=eventual&zone=here");
            awaitOnly(connection, read(onS1), here);
            awaitOnly(connection, "/*!pgplex zone=there */ " + read(onS1), there);
            assertThat(counts(connection, "/*!pgplex zone=elsewhere */ " + read(onS1), 200))
                    .containsOnlyKeys(here.port(), there.port());

            change(here.name(), "here", 0);
            awaitOnly(connection, read(onS1), there);
            change(there.name(), "there", 0);
            awaitOnly(connection, read(onS1), s1.primary());
        } finally {
            change(here.name(), null, 1);
            change(there.name(), null, 1);
        }
    }

    /** The map reaches the client some time after the store. */
    private void awaitOnly(Connection connection, String sql, PostgresServer server) throws Exception {
        await(
                "only " + server.name() + " answers",
                () -> counts(connection, sql, 20).keySet().equals(Set.of(server.port())));
    }

    private static TreeMap<Integer, Integer> counts(Connection connection, String sql, int rounds) throws SQLException {
        TreeMap<Integer, Integer> counts = new TreeMap<>();
        for (int i = 0; i < rounds; i++) {
            counts.merge(ask(connection, sql), 1, Integer::sum);
        }
        return counts;
    }

    private void change(String node, @Nullable String zone, int weight) throws Exception {
        String name = cluster.jdbcUrl().replaceFirst(".*mem:([^/]*)/.*", "$1");
        try (MemoryStore store = MemoryStore.named(name).anotherClient()) {
            ClusterMapChanges changes =
                    ClusterMapChanges.read(store, cluster.cluster()).changeNode(node, zone, weight);
            assertThat(store.commit(changes.toTransaction())).isInstanceOf(Outcome.Committed.class);
        }
    }

    // ---- failures

    @Test
    void aReadThatStandsInTheWayOfReplayIsRepeatedOnThePrimary() throws Exception {
        for (PostgresServer standby : s1.standbys()) {
            standby.execute("postgres", "ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()");
        }
        try {
            Connection connection = open("intent=prefer-replica&consistency=eventual");
            CompletableFuture<Integer> slow = CompletableFuture.supplyAsync(() -> {
                try {
                    return ask(
                            connection,
                            "SELECT " + PORT + ", pg_sleep(CASE WHEN pg_is_in_recovery() THEN 60 ELSE 0 END)"
                                    + " FROM t WHERE id = " + onS1);
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            });
            await(
                    "the read is under way",
                    () -> !slow.isDone()
                            && s1.standbys().stream().anyMatch(standby -> {
                                String running = standby.query(
                                        cluster.database(),
                                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
                                return "1".equals(running);
                            }));
            s1.primary()
                    .execute(
                            cluster.database(),
                            "DO $$ BEGIN LOCK TABLE t IN ACCESS EXCLUSIVE MODE; PERFORM pg_current_xact_id(); END $$");
            assertThat(slow.get(50, TimeUnit.SECONDS)).isEqualTo(s1.primary().port());
        } finally {
            for (PostgresServer standby : s1.standbys()) {
                standby.execute(
                        "postgres", "ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()");
            }
        }
    }

    @Test
    void nobodyNoticesAStandbyThatIsKilled() throws Exception {
        PostgresServer victim = s1.standbys().get(0);
        List<Connection> readers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            readers.add(open(i == 2 ? "intent=read-only" : "intent=prefer-replica&consistency=eventual"));
        }
        List<CompletableFuture<Integer>> reading = new ArrayList<>();
        CompletableFuture<Void> killed = new CompletableFuture<>();
        for (Connection reader : readers) {
            reading.add(CompletableFuture.supplyAsync(() -> {
                int reads = 0;
                try {
                    while (!killed.isDone() || reads < 300) {
                        ask(reader, read(onS1));
                        assertThat(ask(reader, "SELECT count(*) FROM t")).isEqualTo(40);
                        reads++;
                    }
                    return reads;
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        try {
            awaitAnswer(open("intent=prefer-replica&consistency=eventual"), read(onS1), victim);
            victim.kill();
            killed.complete(null);
            for (CompletableFuture<Integer> reader : reading) {
                assertThat(reader.get(100, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(300);
            }
            Connection connection = readers.get(0);
            String named = "/*!pgplex node=" + victim.name() + " */ SELECT 1";
            await("the monitor knows", () -> {
                try {
                    ask(connection, named);
                    return false;
                } catch (SQLException e) {
                    return "08001".equals(e.getSQLState());
                }
            });
            assertThat(counts(connection, read(onS1), 20))
                    .containsOnlyKeys(s1.standbys().get(1).port());
        } finally {
            killed.complete(null);
            victim.start();
        }
        awaitAnswer(readers.get(0), read(onS1), victim);
    }

    @Test
    void aTransactionWhoseStandbyIsLostIsRolledBackAndFindsAnotherOne() throws Exception {
        Connection connection = open("consistency=eventual");
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        int port = ask(connection, read(onS2));
        PostgresServer victim = s2.standbys().stream()
                .filter(standby -> standby.port() == port)
                .findFirst()
                .orElseThrow();
        victim.kill();
        try {
            assertRefused("40001", "", () -> ask(connection, read(onS2)));
            assertRefused("25P02", "", () -> ask(connection, read(onS2)));
            connection.rollback();
            int other = ask(connection, read(onS2));
            assertStandby(other, s2);
            assertThat(other).isNotEqualTo(port);
            connection.commit();
        } finally {
            victim.start();
        }
    }

    /** Nothing is promoted: without synchronous replication that could lose data. */
    @Test
    void readsGoOnWhileAShardHasNoPrimary() throws Exception {
        Connection eventual = open("intent=prefer-replica&consistency=eventual&maxLag=none");
        Connection session = open("intent=read-only&maxLag=none");
        Connection transactions = open("maxLag=none");
        transactions.setReadOnly(true);
        for (Connection connection : List.of(eventual, session, transactions)) {
            assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo(40);
        }
        awaitStandby(transactions, read(onS2), s2);
        transactions.setAutoCommit(false);
        s2.primary().kill();
        try {
            for (int i = 0; i < 20; i++) {
                for (Connection connection : List.of(eventual, session, transactions)) {
                    assertStandby(ask(connection, read(onS2)), s2);
                    assertThat(ask(connection, "SELECT count(*) FROM t")).isEqualTo(40);
                }
                transactions.commit();
            }
        } finally {
            s2.primary().start();
            await("the primary takes writes again", () -> {
                try {
                    execute(eventual, "UPDATE t SET v = v + 1 WHERE id = " + onS2);
                    return true;
                } catch (SQLException e) {
                    return false;
                }
            });
        }
    }

    @Test
    void aPrimaryIsNotTakenForAStandby() throws SQLException {
        Credentials credentials =
                new Credentials(cluster.login().user(), cluster.login().password(), Map.of());
        PoolSettings settings = new PoolSettings(2, 0, 20_000, 600_000, 1_800_000);
        try (Pools pools = new Pools((asked, as) -> false)) {
            for (PostgresServer server : List.of(s1.primary(), s1.standbys().get(0))) {
                boolean standby = server != s1.primary();
                Node node = new Node(1, server.name(), server.host(), server.port(), cluster.database());
                Lease lease = pools.pool(node, credentials, settings).lease(false);
                assertThat(pools.leased(node, credentials, settings)).isEqualTo(1);
                assertThat(lease.readsStandby(7, 0)).isEqualTo(standby);
                assertThat(lease.isStandby()).isEqualTo(standby);
                assertThat(lease.readsStandby(7, 1)).isEqualTo(standby);
                assertThat(lease.readsStandby(7, Long.MAX_VALUE)).isFalse();
                assertThat(lease.readsStandby(8, 0)).isEqualTo(standby);
                lease.release();
                assertThat(pools.leased(node, credentials, settings)).isZero();
            }
        }
    }

    @Test
    void thePrimaryAnswersWhenAllStandbysAreGone() throws Exception {
        Connection session = open("intent=prefer-replica");
        Connection eventual = open("intent=read-only&consistency=eventual");
        assertStandby(ask(session, read(onS2)), s2);
        assertStandby(ask(eventual, read(onS2)), s2);
        s2.standbys().forEach(PostgresServer::kill);
        try {
            for (int i = 0; i < 20; i++) {
                assertThat(ask(session, read(onS2))).isEqualTo(s2.primary().port());
                assertThat(ask(eventual, read(onS2))).isEqualTo(s2.primary().port());
                assertThat(ask(session, "SELECT count(*) FROM t")).isEqualTo(40);
            }
            execute(session, "UPDATE t SET v = v + 1 WHERE id = " + onS2);
        } finally {
            s2.standbys().forEach(PostgresServer::start);
        }
        awaitStandby(session, read(onS2), s2);
        awaitStandby(eventual, read(onS2), s2);
    }
}
