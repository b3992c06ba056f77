package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a client leaves behind that dies between PREPARE TRANSACTION and COMMIT PREPARED, and how it is settled. */
@PgplexCluster(shards = 3, etcd = false, parameters = "arbiter=false")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class InDoubtIT {

    private LocalCluster cluster;
    private ShardedTable table;

    @BeforeAll
    void create(LocalCluster cluster) throws SQLException {
        this.cluster = cluster;
        table = new ShardedTable(cluster);
    }

    @BeforeEach
    void reset() throws SQLException {
        table.reset();
    }

    private PostgresServer server(int shard) {
        return cluster.primaries().get(shard);
    }

    private String shardName(int shard) {
        return cluster.servers().shards().get(shard).name();
    }

    /** What the coordinator sends to a participant other than the anchor. */
    private void prepare(int anchor, int shard, String gtxid, String... statements) throws SQLException {
        String gid = GlobalTransactionId.gid(cluster.cluster(), shardName(anchor), gtxid, shardName(shard));
        try (Connection connection = server(shard).connect(cluster.database())) {
            connection.setAutoCommit(false);
            for (String sql : statements) {
                run(connection, sql);
            }
            run(connection, CommitSql.prepare(gid));
        }
    }

    private void setPrepared(int anchor, int shard, String gtxid) throws SQLException {
        prepare(anchor, shard, gtxid, "UPDATE t SET v = 42 WHERE k = " + table.key(shard));
    }

    /** Recovers until something is settled: RECOVER CLUSTER leaves alone what is younger than five seconds. */
    private List<String> recover() throws SQLException {
        List<String> settled = new ArrayList<>();
        try (Connection connection = cluster.connect();
                Statement statement = connection.createStatement()) {
            long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
            while (settled.isEmpty() && System.nanoTime() < deadline) {
                LockSupport.parkNanos(Duration.ofMillis(300).toNanos());
                try (ResultSet rows = statement.executeQuery("RECOVER CLUSTER")) {
                    while (rows.next()) {
                        if (!rows.getString(3).matches("committed|rolled back|metadata recorded")) {
                            continue; // removed records, which records() tells, and servers that are slow to answer
                        }
                        settled.add(rows.getString(1) + " " + rows.getString(2) + " " + rows.getString(3));
                    }
                }
            }
        }
        return settled;
    }

    private List<String> records(String gtxid) {
        return table.onServers("SELECT state FROM pgplex.commit_record WHERE gtxid = '" + gtxid + "'");
    }

    @Test
    void rollsBackWhatHasNoCommitRecordAndStopsALateCoordinator() throws SQLException {
        setPrepared(0, 1, "tx-a");
        setPrepared(0, 2, "tx-a");
        assertThat(table.onServers("SELECT string_agg(gtxid || anchor || shard, ',') FROM pgplex.in_doubt"))
                .containsExactly("null", "tx-a" + shardName(0) + shardName(1), "tx-a" + shardName(0) + shardName(2));
        assertThat(recover())
                .containsExactly("tx-a " + shardName(1) + " rolled back", "tx-a " + shardName(2) + " rolled back");
        assertThat(table.prepared()).isZero();
        assertThat(table.values("t")).containsExactly("0", "0", "0");
        assertThat(records("tx-a")).containsExactly("aborted", "null", "null");
        try (Connection late = server(0).connect(cluster.database())) {
            late.setAutoCommit(false);
            assertThatThrownBy(() -> ShardedTable.decide(late, "tx-a", List.of()))
                    .hasFieldOrPropertyWithValue("SQLState", "23505");
        }
    }

    @Test
    void commitsWhatTheCommitRecordSaysAndRemovesIt() throws SQLException {
        setPrepared(1, 0, "tx-b");
        setPrepared(1, 2, "tx-b");
        server(1)
                .execute(
                        cluster.database(),
                        "INSERT INTO pgplex.commit_record (gtxid, state, participants, created_at) VALUES"
                                + " ('tx-b', 'committed', '{}', now() - interval '1 minute')");
        assertThat(recover())
                .containsExactly("tx-b " + shardName(0) + " committed", "tx-b " + shardName(2) + " committed");
        assertThat(table.values("t")).containsExactly("42", "0", "42");
        assertThat(records("tx-b")).containsOnly("null");
    }

    @Test
    void keepsARecordWhileAParticipantIsTooYoungToBeSettled() throws SQLException {
        setPrepared(1, 0, "tx-c");
        server(1)
                .execute(
                        cluster.database(),
                        "INSERT INTO pgplex.commit_record (gtxid, state, participants, created_at) VALUES"
                                + " ('tx-c', 'committed', '{}', now() - interval '1 minute')");
        try (Connection connection = cluster.connect()) {
            run(connection, "RECOVER CLUSTER");
        }
        assertThat(table.prepared()).isEqualTo(1);
        assertThat(records("tx-c")).contains("committed");
        assertThat(recover()).containsExactly("tx-c " + shardName(0) + " committed");
    }

    @Test
    void makesTheMetadataThatARecordCarries() throws SQLException {
        try (Connection connection = cluster.connect()) {
            run(connection, "CREATE REPLICATED TABLE doomed (k int PRIMARY KEY)");
            server(0)
                    .execute(
                            cluster.database(),
                            "INSERT INTO pgplex.commit_record (gtxid, state, participants, metadata, created_at) VALUES"
                                    + " ('tx-m', 'committed', '{}', 'revision 999999\ndelete "
                                    + "/pgplex/" + cluster.cluster()
                                    + "/tables/public.doomed', now() - interval '1 minute')");
            assertThat(recover()).containsExactly("tx-m " + shardName(0) + " metadata recorded");
            assertThat(records("tx-m")).containsOnly("null");
            assertThat(ask(connection, "SELECT count(*) FROM pg_distributed_tables WHERE tablename = 'doomed'"))
                    .isEqualTo("0");
        }
        cluster.primaries().forEach(server -> server.execute(cluster.database(), "DROP TABLE doomed"));
    }

    @Test
    void aBackendLostDuringTheAnchorsCommitEndsInTheTrueOutcome() throws SQLException {
        lostAnchor();
    }

    /** The anchor's backend ends itself in a deferred trigger, in the middle of its COMMIT. */
    private void lostAnchor() throws SQLException {
        server(0)
                .execute(
                        cluster.database(),
                        "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
                                + " $$BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END$$",
                        "CREATE CONSTRAINT TRIGGER die AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED"
                                + " FOR EACH ROW EXECUTE FUNCTION die()");
        try (Connection connection = cluster.connect()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < 3; i++) {
                table.set(connection, i, 5);
            }
            assertThatThrownBy(connection::commit).hasFieldOrPropertyWithValue("SQLState", "40001");
            assertThat(table.values("t")).containsOnly("0");
            assertThat(table.prepared()).isZero();
            server(0).execute(cluster.database(), "DROP TRIGGER die ON t");
            for (int i = 0; i < 3; i++) {
                table.set(connection, i, 6);
            }
            connection.commit();
            assertThat(table.values("t")).containsOnly("6");
        }
    }
}
