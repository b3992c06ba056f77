package io.pgplex.jdbc.consistency;

import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.ServerException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Breaks connections and servers of a cluster whose servers have links, and waits until all is settled. Confined to one thread. */
final class Faults {

    /** What may happen to a shard. */
    enum Fault {
        CONNECTIONS_CUT,
        BACKENDS_TERMINATED,
        SERVER_KILLED
    }

    private static final Duration RESTART_LIMIT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final String OWN_BACKENDS = " FROM pg_stat_activity WHERE datname = current_database()"
            + " AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

    private static final String UNSETTLED = "SELECT string_agg(what, '; ') FROM ("
            + "SELECT 'prepared ' || gid FROM pg_prepared_xacts WHERE database = current_database()"
            + " UNION ALL SELECT format('barrier %s by %s', mode, coalesce(pid::text, virtualtransaction)) FROM pg_locks"
            + " WHERE locktype = 'advisory' AND classid = 1885827180 AND objid = 1"
            + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            + " UNION ALL SELECT format('%s is %s since %s: %s', pid, state, state_change, query)"
            + OWN_BACKENDS + " AND state <> 'idle') AS unsettled (what)";

    private final LocalCluster cluster;
    private final SplittableRandom random;

    Faults(LocalCluster cluster, SplittableRandom random) {
        this.cluster = cluster;
        this.random = random;
    }

    /** Does that to one shard, and makes it whole again. */
    void inject(Fault fault) {
        List<PostgresServer> primaries = cluster.primaries();
        PostgresServer server = primaries.get(random.nextInt(primaries.size()));
        switch (fault) {
            case CONNECTIONS_CUT -> server.link().cut();
            case BACKENDS_TERMINATED ->
                server.execute(
                        cluster.database(), "SELECT pg_terminate_backend(pid)" + OWN_BACKENDS + " AND random() < 0.5");
            case SERVER_KILLED -> {
                server.kill();
                restart(server);
            }
        }
    }

    /** A backend that was forked just before the kill may hold the shared memory for a moment, in which no server starts. */
    private static void restart(PostgresServer server) {
        boolean started = await(RESTART_LIMIT, () -> {
            try {
                server.start();
                return true;
            } catch (ServerException e) {
                return false;
            }
        });
        if (!started) {
            server.start();
        }
    }

    /** Waits until the condition holds, and says whether it did within the time. */
    static boolean await(Duration limit, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > limit.toNanos()) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    /** Waits until no transaction is open, prepared, or holds the commit barrier on any server. */
    boolean awaitQuiet(Duration limit) {
        return await(limit, () -> unsettled().isEmpty());
    }

    /** What is open, prepared, or holds the commit barrier now. */
    String unsettled() {
        StringBuilder text = new StringBuilder();
        for (PostgresServer server : cluster.primaries()) {
            String left = server.query(cluster.database(), UNSETTLED);
            if (left != null) {
                text.append(server.name()).append(": ").append(left).append('\n');
            }
        }
        return text.toString();
    }
}
