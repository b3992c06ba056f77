package io.pgplex.jdbc.transaction;

import static io.pgplex.jdbc.transaction.ShardedTable.ask;
import static io.pgplex.jdbc.transaction.ShardedTable.run;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commits that hold the barrier for about as long as somebody else is ready to wait for it. */
@PgplexCluster(shards = 1, etcd = false)
class HoldBarrierIT {

    private static final int COMMITTERS = 3;
    private static final int ATTEMPTS = 2000;
    private static final String HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            + " AND classid = 1885827180 AND pid = pg_backend_pid()";

    private final LocalCluster cluster;

    HoldBarrierIT(LocalCluster cluster) {
        this.cluster = cluster;
    }

    @Test
    @Timeout(120)
    void whoIsToldThatItIsNotHeldDoesNotHoldIt() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService executor = Executors.newFixedThreadPool(COMMITTERS);
        int held = 0;
        try (Connection connection = connect()) {
            List<Future<?>> committers = new ArrayList<>();
            for (int i = 0; i < COMMITTERS; i++) {
                committers.add(executor.submit(() -> commit(done)));
            }
            for (int i = 0; i < ATTEMPTS; i++) {
                boolean told = ask(connection, "SELECT pgplex.hold_barrier(1)").equals("t");
                assertThat(ask(connection, HELD)).as("attempt " + i).isEqualTo(told ? "1" : "0");
                if (told) {
                    held++;
                    run(connection, Barrier.LET_GO);
                }
                connection.commit();
            }
            done.set(true);
            for (Future<?> committer : committers) {
                committer.get(60, TimeUnit.SECONDS);
            }
        } finally {
            done.set(true);
            executor.shutdownNow();
        }
        assertThat(held).isBetween(ATTEMPTS / 100, ATTEMPTS - ATTEMPTS / 100);
    }

    private Connection connect() throws SQLException {
        Connection connection = cluster.primaries().get(0).connect(cluster.database());
        connection.setAutoCommit(false);
        return connection;
    }

    private Void commit(AtomicBoolean done) throws SQLException {
        try (Connection connection = connect()) {
            while (!done.get()) {
                run(connection, Barrier.SHARE);
                run(connection, "SELECT pg_sleep(0.0008 + random() * 0.0004)");
                connection.commit();
            }
            return null;
        }
    }
}
