package io.pgplex.jdbc.patroni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgplex.testkit.DatabaseLocale;
import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.EtcdUnavailableException;
import io.pgplex.testkit.PatroniCluster;
import io.pgplex.testkit.PatroniNode;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

/**
 * A cluster whose home shard is a plain server, while a real Patroni leads shard {@code led}. Each test begins with two
 * or three members that are all there, whoever of them leads.
 */
@Tag("patroni")
@Timeout(180)
class PatroniIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static @Nullable EtcdServer etcd;
    private static @Nullable PostgresServer plain;
    private static @Nullable PatroniCluster patroni;

    /** Keys of rows, as {@link #createTable} found them. */
    private long plainKey;

    private long ledKey;

    @BeforeAll
    static void startServers() throws SQLException {
        PatroniCluster.assumeAvailable();
        try {
            etcd = EtcdServer.launch();
        } catch (EtcdUnavailableException e) {
            throw new TestAbortedException(e.getMessage(), e);
        }
        // the same order of text as that of Patroni's PostgreSQL 15, whichever version this one is
        plain = PostgresServer.builder("plain")
                .locale(DatabaseLocale.libc("C.UTF-8"))
                .start();
        patroni = PatroniCluster.start("batman", 2, etcd());
        plain().createDatabase("app");
        patroni().leader().execute("postgres", "CREATE DATABASE app");
        PatroniNode replica = patroni().replicas().get(0);
        await(() -> "1".equals(replica.query("postgres", "SELECT 1 FROM pg_database WHERE datname = 'app'")));
        try (Connection connection = DriverManager.getConnection(url() + "&createCluster=true");
                Statement statement = connection.createStatement()) {
            statement.execute("JOIN CLUSTER ON '" + plain().conninfo("app") + "' AS own SHARD home");
            // any member will do
            statement.execute("JOIN CLUSTER ON '" + replica.conninfo("app") + "' AS team SHARD led PATRONI 'batman'");
        }
    }

    @AfterAll
    static void stopServers() {
        for (AutoCloseable server : new @Nullable AutoCloseable[] {patroni, plain, etcd}) {
            try {
                if (server != null) {
                    server.close();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @BeforeEach
    void awaitMembers() throws SQLException {
        patroni().awaitMembers();
        await(() -> nodes().equals(membersByPatroni()));
        createTable();
    }

    private static EtcdServer etcd() {
        return present(etcd);
    }

    private static PostgresServer plain() {
        return present(plain);
    }

    private static PatroniCluster patroni() {
        return present(patroni);
    }

    private static <T> T present(@Nullable T started) {
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private static String url() {
        return "jdbc:pgplex://" + etcd().host() + ":" + etcd().port() + "/app@patroni?user=postgres&connectTimeout=2";
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection(url());
    }

    /** A condition that may fail with an error for a while. */
    @FunctionalInterface
    private interface Condition {
        boolean holds() throws SQLException;
    }

    private static void await(Condition condition) throws SQLException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new AssertionError("the condition did not come to hold in " + PATIENCE);
                }
            } catch (SQLException e) {
                if (System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void createTable() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS t");
            statement.execute("CREATE DISTRIBUTED TABLE t (id bigint PRIMARY KEY, v text) BY HASH (id)");
            statement.execute("INSERT INTO t SELECT g, 'old' FROM pg_catalog.generate_series(1, 50) g");
        }
        plainKey = Long.parseLong(present(plain().query("app", "SELECT min(id) FROM t")));
        ledKey = Long.parseLong(present(patroni().leader().query("app", "SELECT min(id) FROM t")));
    }

    private static List<String> list(Statement statement, String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    private static List<String> ask(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            return list(statement, sql);
        }
    }

    /** The nodes of shard led by the map, with what they are. */
    private static List<String> nodes() throws SQLException {
        return ask("SELECT name || ' ' || state FROM pg_cluster WHERE name LIKE 'led/%' ORDER BY 1");
    }

    private static List<String> membersByPatroni() {
        PatroniNode leader = patroni().leader();
        return patroni().nodes().stream()
                .map(node -> "led/" + node.name() + (node.equals(leader) ? " primary" : " standby"))
                .sorted()
                .toList();
    }

    private static void run(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void update(String value) throws SQLException {
        run("UPDATE t SET v = '" + value + "' WHERE id = " + ledKey);
    }

    private String stored(PatroniNode node) {
        return present(node.query("app", "SELECT v FROM t WHERE id = " + ledKey));
    }

    private static void refused(String sqlState, String message, String sql) {
        SQLException e = catchThrowableOfType(SQLException.class, () -> run(sql));
        assertThat((Throwable) e).isNotNull();
        assertThat(e.getMessage()).contains(message);
        assertThat(e.getSQLState()).isEqualTo(sqlState);
    }

    @Test
    void membersAreNodesWithOidsOfTheirOwn() throws SQLException {
        assertThat(ask("SELECT name FROM pg_cluster ORDER BY name")).contains("own", "led/m1", "led/m2");
        assertThat(ask("SELECT name FROM pg_cluster WHERE name = 'team'")).isEmpty();
        assertThat(ask("SELECT count(DISTINCT oid) = count(*) AND max(oid::bigint) < 4294967296"
                        + " AND min(oid::bigint) FILTER (WHERE name LIKE 'led/%') >= 2147483648 FROM pg_cluster"))
                .containsExactly("t");
        PatroniNode replica = patroni().replicas().get(0);
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("DISCOVER CLUSTER ON '" + replica.conninfo("app") + "'")) {
            assertThat(row.next()).isTrue();
            assertThat(row.getString("name")).isEqualTo("led/" + replica.name());
            assertThat(row.getString("state")).isEqualTo("standby");
        }
    }

    @Test
    void managesNothingThatPatroniManages() throws SQLException {
        String url = url().replace("/app@", "/pgplex@");
        String replica = "led/" + patroni().replicas().get(0).name();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String sql : List.of(
                    "SET shards.led.leader = '" + replica + "'",
                    "SET nodes.\"" + replica + "\".weight = 2",
                    "SET nodes.\"" + replica + "\".zone = 'z'")) {
                SQLException e = catchThrowableOfType(SQLException.class, () -> statement.execute(sql));
                assertThat((Throwable) e).as(sql).isNotNull();
                assertThat(e.getMessage()).contains("Patroni");
                assertThat(e.getSQLState()).isEqualTo("55000");
            }
        }
        assertThat(nodes()).isEqualTo(membersByPatroni());
    }

    @Test
    void joinsAgainOnlyAsTheShardThatItIs() throws SQLException {
        PatroniNode any = patroni().replicas().get(0);
        String join = "JOIN CLUSTER ON '" + any.conninfo("app") + "'";
        run(join + " AS team SHARD led PATRONI 'batman'");
        run(join + " SHARD led PATRONI '/service/batman/'");
        assertThat(patroni().leader().query("app", "SELECT cluster || ' ' || shard FROM pgplex.membership"))
                .isEqualTo("patroni led");
        refused("42710", "the Patroni cluster is shard \"led\" already", join + " PATRONI 'batman'");
        refused(
                "55000",
                "which Patroni keeps",
                join + " REPLICA OF \"led/" + patroni().leader().name() + "\"");
        refused("55000", "which Patroni keeps", join + " REPLICA OF team");
        refused("55000", "Patroni's keys /service/robin/ name no leader", join + " PATRONI 'robin'");
        refused("22023", "is not a Patroni scope", join + " PATRONI '/'");
        refused(
                "55000",
                "the server is not a member of the Patroni cluster",
                "JOIN CLUSTER ON '" + plain().conninfo("app") + "' PATRONI 'batman'");
    }

    @Test
    void leavesAsAShardOnly() throws SQLException {
        PatroniNode leader = patroni().leader();
        PatroniNode replica = patroni().replicas().get(0);
        refused("55006", "is a replica that Patroni keeps", "LEAVE CLUSTER ON \"led/" + replica.name() + "\"");
        refused("55006", "holds rows", "LEAVE CLUSTER ON \"led/" + leader.name() + "\"");
        refused("42704", "does not exist", "LEAVE CLUSTER ON \"led/nobody\"");
        run("DROP TABLE t");
        run("LEAVE CLUSTER ON team");
        assertThat(ask("SELECT name FROM pg_cluster")).containsExactly("own");
        assertThat(leader.query("app", "SELECT cluster FROM pgplex.membership")).isNull();
        run("JOIN CLUSTER ON '" + leader.conninfo("app") + "' AS team SHARD led PATRONI 'batman'");
        assertThat(nodes()).isEqualTo(membersByPatroni());
    }

    @Test
    void readsAndWrites() throws SQLException {
        assertThat(ask("SELECT count(*) FROM t")).containsExactly("50");
        update("new");
        assertThat(ask("SELECT v FROM t WHERE id = " + ledKey)).containsExactly("new");
        assertThat(ask("SELECT count(*) FROM t WHERE v = 'old'")).containsExactly("49");
        assertThat(stored(patroni().leader())).isEqualTo("new");
    }

    @Test
    void takesPartInDistributedTransactions() throws SQLException {
        for (boolean patroniIsAnchor : new boolean[] {false, true}) {
            long first = patroniIsAnchor ? ledKey : plainKey;
            long second = patroniIsAnchor ? plainKey : ledKey;
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                String value = "both " + patroniIsAnchor;
                statement.executeUpdate("UPDATE t SET v = '" + value + "' WHERE id = " + first);
                statement.executeUpdate("UPDATE t SET v = '" + value + "' WHERE id = " + second);
                connection.commit();
                statement.executeUpdate("UPDATE t SET v = 'none'");
                connection.rollback();
                assertThat(list(statement, "SELECT v FROM t WHERE id IN (" + first + ", " + second + ")"))
                        .containsExactly(value, value);
                connection.rollback();
            }
        }
        assertThat(patroni().leader().query("app", "SELECT count(*) FROM pg_prepared_xacts"))
                .isEqualTo("0");
        assertThat(plain().query("app", "SELECT count(*) FROM pg_prepared_xacts"))
                .isEqualTo("0");
    }

    @Test
    void followsASwitchover() throws SQLException {
        PatroniNode next = patroni().replicas().get(0);
        patroni().switchover(next);
        await(() -> nodes().contains("led/" + next.name() + " primary"));
        update("switched");
        assertThat(stored(next)).isEqualTo("switched");
        patroni().awaitMembers();
        await(() -> nodes().equals(membersByPatroni()));
        assertThat(ask("SELECT count(*) FROM t")).containsExactly("50");
    }

    @Test
    void followsAFailover() throws SQLException {
        PatroniNode old = patroni().leader();
        update("before");
        old.kill();
        PatroniNode now = patroni().awaitLeaderOtherThan(old);
        await(() -> {
            update("after");
            return true;
        });
        assertThat(stored(now)).isEqualTo("after");
        assertThat(nodes()).contains("led/" + now.name() + " primary").doesNotContain("led/" + old.name() + " primary");
        assertThat(ask("SELECT count(*) FROM t")).containsExactly("50");

        old.startPatroni();
        patroni().awaitMembers();
        await(() -> nodes().contains("led/" + old.name() + " standby"));
        update("and on");
        assertThat(stored(now)).isEqualTo("and on");
    }

    @Test
    void goesOnWithoutALeaderKey() throws SQLException {
        PatroniNode leader = patroni().leader();
        List<PatroniNode> all = List.copyOf(patroni().nodes());
        patroni().pause();
        all.forEach(PatroniNode::killPatroni);
        // the members' keys go with the leader key, when Patroni's lease ends
        await(() -> nodes().equals(List.of("led/" + leader.name() + " primary")));
        update("alone");
        assertThat(stored(leader)).isEqualTo("alone");
        assertThat(ask("SELECT count(*) FROM t")).containsExactly("50");
        all.forEach(PatroniNode::startPatroni);
        await(leader::isLeader);
        patroni().resume();
        patroni().awaitMembers();
        await(() -> nodes().equals(membersByPatroni()));
    }

    @Test
    void aReplicaThatJoinsPatroniBecomesAStandby() throws SQLException {
        PatroniNode third = patroni().add();
        patroni().awaitMembers();
        await(() -> nodes().contains("led/" + third.name() + " standby"));
        assertThat(nodes()).isEqualTo(membersByPatroni());
    }
}
