package io.pgplex.jdbc.arbiter;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.transaction.ShardedTable;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What clients that die leave behind is settled by those that live; nobody runs RECOVER CLUSTER. */
@PgplexCluster(shards = 3, links = true, exclusive = true, parameters = "arbiter=false&etcdTimeoutMillis=3000")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
class ArbiterIT {

    private LocalCluster cluster;
    private EtcdServer etcd;
    private ShardedTable table;

    @BeforeAll
    void create(LocalCluster cluster, EtcdServer etcd) throws SQLException {
        this.cluster = cluster;
        this.etcd = etcd;
        table = new ShardedTable(cluster);
        for (PostgresServer server : cluster.primaries()) {
            server.execute(
                    cluster.database(),
                    "CREATE ROLE app1 LOGIN",
                    "CREATE ROLE app2 LOGIN",
                    "CREATE ROLE app3 LOGIN",
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON t TO app1, app2, app3");
        }
    }

    @BeforeEach
    void reset() throws SQLException {
        assertThat(table.prepared()).isZero();
        table.reset();
    }

    private String url(String role) {
        return cluster.jdbcUrl().replace("arbiter=false", "arbiter=true").replace("user=postgres", "user=" + role);
    }

    private Connection arbiter(String role) throws SQLException {
        return DriverManager.getConnection(url(role));
    }

    private PostgresServer server(int shard) {
        return cluster.primaries().get(shard);
    }

    private String shardName(int shard) {
        return cluster.servers().shards().get(shard).name();
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    /** What a coordinator sends to a participant other than the anchor. */
    private void prepare(String role, String anchor, int shard, String gtxid) throws SQLException {
        try (Connection connection = server(shard).connect(cluster.database())) {
            connection.setAutoCommit(false);
            run(connection, "SET ROLE " + role);
            run(connection, "UPDATE t SET v = 42 WHERE k = " + table.key(shard));
            run(
                    connection,
                    "PREPARE TRANSACTION 'pgplex:" + cluster.cluster() + ":" + anchor + ":" + gtxid + ":"
                            + shardName(shard) + "'");
        }
    }

    private void record(int anchor, String gtxid) {
        server(anchor)
                .execute(
                        cluster.database(),
                        "INSERT INTO pgplex.commit_record (gtxid, state, participants) VALUES ('" + gtxid
                                + "', 'committed', '{" + shardName(1) + "," + shardName(2) + "}')");
    }

    private static List<String> rows(Connection connection, String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                StringBuilder row = new StringBuilder();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.append(i == 1 ? "" : " ").append(rows.getString(i));
                }
                found.add(row.toString());
            }
        }
        return found;
    }

    private static String status(Connection connection, String gtxid) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pgplex.transaction_status(?)")) {
            statement.setString(1, gtxid);
            try (ResultSet row = statement.executeQuery()) {
                assertThat(row.next()).isTrue();
                return row.getString("transaction_status");
            }
        }
    }

    /** Kills a client while the anchor is in the middle of its COMMIT, all others being prepared; says its gtxid. */
    private String killCommitting(boolean anchorCommits) throws Exception {
        server(0)
                .execute(
                        cluster.database(),
                        "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                                + " $$BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END$$",
                        "CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                                + " FOR EACH ROW EXECUTE FUNCTION wait()");
        String waiting = "FROM pg_locks WHERE objid = 4711 AND NOT granted";
        try (Children children = new Children();
                Connection blocker = server(0).connect(cluster.database())) {
            run(blocker, "SELECT pg_advisory_lock(4711)");
            String[] updates = new String[3];
            for (int i = 0; i < 3; i++) {
                updates[i] = "UPDATE t SET v = 5 WHERE k = " + table.key(i);
            }
            Process client = children.client(cluster.jdbcUrl(), updates);
            await(() -> ask(blocker, "SELECT count(*) " + waiting).equals("1"));
            assertThat(table.prepared()).isEqualTo(2);
            String gtxid = String.valueOf(server(1).query(cluster.database(), "SELECT gtxid FROM pgplex.in_doubt"));
            children.kill(client.pid());
            if (!anchorCommits) {
                run(blocker, "SELECT pg_terminate_backend(pid) " + waiting);
                await(() -> ask(blocker, "SELECT count(*) " + waiting).equals("0"));
            }
            run(blocker, "SELECT pg_advisory_unlock(4711)");
            return gtxid;
        } finally {
            server(0).execute(cluster.database(), "DROP TRIGGER wait ON t");
        }
    }

    @Test
    void aClientKilledBeforeItsCommitPointHasDoneNothing() throws Exception {
        try (Connection living = arbiter("postgres")) {
            String gtxid = killCommitting(false);
            await(() -> table.prepared() == 0);
            assertThat(table.values("t")).containsExactly("0", "0", "0");
            assertThat(status(living, gtxid)).isEqualTo("aborted");
            String told = "SELECT shard, state, action FROM pgplex.transactions WHERE gtxid = '" + gtxid
                    + "' ORDER BY 1, 2, 3";
            await(() -> rows(living, told).size() == 4);
            assertThat(rows(living, told))
                    .containsExactly(
                            shardName(0) + " aborted null",
                            shardName(0) + " settled aborted",
                            shardName(1) + " settled rolled back",
                            shardName(2) + " settled rolled back");
            run(living, "SET lock_timeout TO '2s'");
            run(living, "UPDATE t SET v = 7");
        }
    }

    @Test
    void aClientKilledAfterItsCommitPointHasDoneAll() throws Exception {
        try (Connection living = arbiter("postgres")) {
            String gtxid = killCommitting(true);
            await(() -> table.prepared() == 0);
            assertThat(table.values("t")).containsExactly("5", "5", "5");
            assertThat(status(living, gtxid)).isEqualTo("committed");
            String told = "SELECT shard, state, action FROM pgplex.transactions WHERE gtxid = '" + gtxid
                    + "' ORDER BY 1, 2, 3";
            await(() -> rows(living, told).size() == 3);
            assertThat(rows(living, told))
                    .containsExactly(
                            shardName(0) + " committed null",
                            shardName(1) + " settled committed",
                            shardName(2) + " settled committed");
        }
    }

    /** The process that was elected to act for a role, as the store has it; 0 where none is. */
    private long elected(EtcdStore store, String role) throws MetadataException {
        String key = new ClusterKeys(cluster.cluster()).arbiter(role);
        KeyValue pair = store.read(key).get(key);
        Matcher pid = Pattern.compile("\"pid\":(\\d+)").matcher(pair == null ? "" : pair.value());
        return pid.find() ? Long.parseLong(pid.group(1)) : 0;
    }

    private EtcdStore store() throws MetadataException {
        return EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(2), URI.create(etcd.endpoint())));
    }

    @Test
    void anotherTakesOverFromAnArbiterThatIsKilledAndFromOneThatEnds() throws Exception {
        try (Children children = new Children();
                EtcdStore store = store()) {
            Process one = children.arbiter(url("app3"));
            Process two = children.arbiter(url("app3"));
            await(() -> elected(store, "app3") != 0
                    && Clients.alive(store, cluster.cluster()).size() >= 2);
            long first = elected(store, "app3");
            assertThat(first).isIn(one.pid(), two.pid());
            children.kill(first);
            prepare("app3", shardName(0), 1, "dead-1");
            await(() -> table.prepared() == 0);
            Process second = first == one.pid() ? two : one;
            assertThat(elected(store, "app3")).isEqualTo(second.pid());
            Process third = children.arbiter(url("app3"));
            await(() -> Clients.alive(store, cluster.cluster()).size() >= 2);
            second.destroy();
            assertThat(second.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(Clients.alive(store, cluster.cluster()).size())
                    .as("its lease has not run out, it was given back")
                    .isLessThan(3);
            prepare("app3", shardName(0), 2, "dead-2");
            await(() -> table.prepared() == 0);
            assertThat(elected(store, "app3")).isEqualTo(third.pid());
            assertThat(table.values("t")).containsExactly("0", "0", "0");
        }
    }

    @Test
    void eachRoleSettlesItsOwnAndThoseOfRolesThatItMayBecome() throws Exception {
        try (Connection living = arbiter("app1")) {
            prepare("app1", shardName(0), 1, "dead-3");
            prepare("app2", shardName(0), 2, "dead-4");
            await(() -> table.prepared() == 1);
            assertThat(ask(living, "SELECT gtxid FROM pgplex.transactions WHERE state = 'prepared'"))
                    .isEqualTo("dead-4");
            await(() -> rows(living, "RECOVER CLUSTER").contains("dead-4 " + shardName(2) + " belongs to role app2"));
            cluster.primaries().forEach(server -> server.execute(cluster.database(), "GRANT app2 TO app1"));
            await(() -> table.prepared() == 0);
            assertThat(rows(
                            living,
                            "SELECT DISTINCT owner FROM pgplex.transactions WHERE gtxid = 'dead-4'"
                                    + " AND state = 'settled'"))
                    .containsExactly("app1");
        } finally {
            cluster.primaries().forEach(server -> server.execute(cluster.database(), "REVOKE app2 FROM app1"));
        }
    }

    @Test
    void aShardThatIsDownKeepsNothingElseFromBeingSettled() throws Exception {
        try (Connection living = arbiter("postgres")) {
            prepare("postgres", shardName(0), 2, "dead-5");
            record(0, "dead-5");
            server(2).kill();
            try {
                prepare("postgres", shardName(0), 1, "dead-6");
                await(() -> "0".equals(server(1).query(cluster.database(), "SELECT count(*) FROM pgplex.in_doubt")));
                assertThat(rows(living, "RECOVER CLUSTER"))
                        .anyMatch(row -> row.startsWith(" " + shardName(2) + " unreachable"));
                assertThat(status(living, "dead-5")).isEqualTo("committed");
                assertThatThrownBy(() -> status(living, "nobody-1")).hasFieldOrPropertyWithValue("SQLState", "08006");
            } finally {
                server(2).start();
            }
            await(() -> table.prepared() == 0);
            assertThat(table.values("t")).containsExactly("0", "0", "42");
            assertThat(status(living, "nobody-1")).isNull();
        }
    }

    @Test
    void aShardThatHangsKeepsNothingElseFromBeingSettled() throws Exception {
        try (Connection living = arbiter("postgres")) {
            prepare("postgres", shardName(0), 2, "dead-12");
            server(2).link().freeze();
            try {
                prepare("postgres", shardName(0), 1, "dead-13");
                await(() -> "0".equals(server(1).query(cluster.database(), "SELECT count(*) FROM pgplex.in_doubt")));
                assertThat(status(living, "dead-13")).isEqualTo("aborted");
                assertThat(rows(living, "RECOVER CLUSTER"))
                        .anyMatch(row -> row.startsWith(" " + shardName(2) + " unreachable"));
            } finally {
                server(2).link().heal();
            }
            await(() -> table.prepared() == 0);
        }
    }

    @Test
    void whileTheStoreIsAwayRecordsAreObeyedAndTheRestWaits() throws Exception {
        try (Connection living = arbiter("postgres");
                EtcdStore store = store()) {
            await(() -> elected(store, "postgres") == ProcessHandle.current().pid());
            etcd.kill();
            try {
                prepare("postgres", shardName(0), 1, "dead-7");
                prepare("postgres", shardName(0), 2, "dead-8");
                record(0, "dead-8");
                await(() -> table.prepared() == 1);
                assertThat(status(living, "dead-7")).isEqualTo("in progress");
                run(living, "UPDATE t SET v = 8 WHERE k = " + table.key(0));
            } finally {
                etcd.start();
            }
            await(() -> table.prepared() == 0);
            assertThat(table.values("t")).containsExactly("8", "0", "42");
            try (EtcdStore again = store()) {
                await(() -> !Clients.alive(again, cluster.cluster()).isEmpty());
            }
        }
    }

    @Test
    void anUnknownAnchorAndOtherClustersTransactionsAreLeft() throws Exception {
        String foreign = "pgplex:another:s1:dead-9:s2";
        try (Connection living = arbiter("postgres");
                Connection bare = server(1).connect(cluster.database())) {
            prepare("postgres", "s99", 1, "dead-10");
            prepare("postgres", shardName(0), 2, "dead-11");
            bare.setAutoCommit(false);
            run(bare, "UPDATE r SET v = 9");
            run(bare, "PREPARE TRANSACTION '" + foreign + "'");
            bare.setAutoCommit(true);
            await(() -> table.prepared() == 2);
            await(() -> rows(living, "RECOVER CLUSTER")
                    .contains("dead-10 " + shardName(1) + " anchor s99 is no shard of the cluster"));
            assertThat(table.prepared()).isEqualTo(2);
            run(bare, "ROLLBACK PREPARED '" + foreign + "'");
            run(bare, "ROLLBACK PREPARED 'pgplex:" + cluster.cluster() + ":s99:dead-10:" + shardName(1) + "'");
        }
    }
}
