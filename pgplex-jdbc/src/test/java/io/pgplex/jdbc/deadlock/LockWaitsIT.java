package io.pgplex.jdbc.deadlock;

import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** What a server says of its locks, where sessions and prepared transactions hold them. */
@PgplexCluster(shards = 1, etcd = false, exclusive = true)
class LockWaitsIT {

    private static final String DATABASE = "postgres";

    private static void prepare(PostgresServer server, String gtxid, String sql) throws SQLException {
        try (Connection connection = server.connect(DATABASE)) {
            connection.setAutoCommit(false);
            run(connection, sql);
            run(connection, "PREPARE TRANSACTION 'pgplex:c:s1:" + gtxid + ":s2'");
        }
    }

    /** The only wait of the server, as soon as there is one. */
    private static LockWait awaitOne(PostgresServer server) throws SQLException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        try (Connection connection = server.connect(DATABASE)) {
            while (System.nanoTime() < deadline) {
                List<LockWait> waits = SharedWaits.lockWaits(connection, "s1");
                if (!waits.isEmpty()) {
                    assertThat(waits).hasSize(1);
                    return waits.get(0);
                }
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
        }
        throw new AssertionError("nobody waits");
    }

    private static int pid(Connection connection) throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /** Lets a session wait with this statement, looks, and lets it go on by finishing the prepared transactions. */
    private static LockWait waitWith(PostgresServer server, String sql, String... gtxids) throws Exception {
        try (Connection waiter = server.connect(DATABASE)) {
            waiter.setAutoCommit(false);
            CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
                try {
                    run(waiter, sql);
                    waiter.rollback();
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            LockWait wait = awaitOne(server);
            assertThat(wait.pid()).isEqualTo(pid(waiter));
            assertThat(wait.since()).isPositive();
            for (String gtxid : gtxids) {
                server.execute(DATABASE, "ROLLBACK PREPARED 'pgplex:c:s1:" + gtxid + ":s2'");
            }
            waiting.get(30, TimeUnit.SECONDS);
            return wait;
        }
    }

    @Test
    void namesWhatBlocksWhetherItIsPreparedOrNot(PostgresServer server) throws Exception {
        server.execute(
                DATABASE,
                ServerSql.schema(),
                "CREATE TABLE w (k int PRIMARY KEY, v int)",
                "INSERT INTO w VALUES (1, 1), (2, 2)");
        // a row, and only those that hold it
        prepare(server, "row1", "UPDATE w SET v = 2 WHERE k = 1");
        prepare(server, "row2", "UPDATE w SET v = 2 WHERE k = 2");
        LockWait row = waitWith(server, "UPDATE w SET v = 3 WHERE k = 1", "row1");
        assertThat(row.prepared()).containsExactly("row1");
        assertThat(row.blockers()).isEmpty();
        server.execute(DATABASE, "ROLLBACK PREPARED 'pgplex:c:s1:row2:s2'");

        // a row that a subtransaction has changed
        prepare(
                server,
                "sub",
                "SAVEPOINT a; UPDATE w SET v = 2 WHERE k = 1; RELEASE a; UPDATE w SET v = 2 WHERE k = 2");
        assertThat(waitWith(server, "UPDATE w SET v = 3 WHERE k = 1", "sub").prepared())
                .containsExactly("sub");

        // a table: who only reads it does not stand in the way of who only shuts writers out
        prepare(server, "reader", "SELECT * FROM w; SELECT pg_catalog.pg_current_xact_id()");
        prepare(server, "writer", "INSERT INTO w VALUES (3, 3)");
        prepare(server, "sharer", "LOCK TABLE w IN ROW SHARE MODE; SELECT pg_catalog.pg_current_xact_id()");
        assertThat(waitWith(server, "LOCK TABLE w IN SHARE MODE", "writer").prepared())
                .containsExactly("writer");
        assertThat(waitWith(server, "LOCK TABLE w IN EXCLUSIVE MODE", "sharer").prepared())
                .containsExactly("sharer");
        assertThat(waitWith(server, "LOCK TABLE w", "reader").prepared()).containsExactly("reader");

        // a prepared transaction that a crash has left
        prepare(server, "left", "UPDATE w SET v = 2 WHERE k = 1");
        prepare(
                server,
                "beside",
                "SELECT pg_catalog.pg_advisory_xact_lock_shared(5); SELECT pg_catalog.pg_current_xact_id()");
        server.kill();
        server.start();
        assertThat(waitWith(server, "UPDATE w SET v = 3 WHERE k = 1", "left").prepared())
                .containsExactly("left");
        assertThat(waitWith(server, "SELECT pg_catalog.pg_advisory_xact_lock(5)", "beside")
                        .prepared())
                .containsExactly("beside");
    }
}
