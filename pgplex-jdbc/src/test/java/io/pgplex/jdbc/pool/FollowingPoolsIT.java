package io.pgplex.jdbc.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.Node;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pools that are told how their node answers: generations, a node that is down, one that hangs, one that is replaced. */
@PgplexCluster(shards = 1, etcd = false, links = true, exclusive = true)
@Timeout(60)
class FollowingPoolsIT {

    /** Longer than any test: who waits for it has failed. */
    private static final PoolSettings SETTINGS = new PoolSettings(4, 0, 50_000, 600_000, 1_800_000);

    private static final Credentials LOGIN =
            new Credentials(PostgresServer.SUPERUSER, null, Map.of("loginTimeout", "45", "connectTimeout", "45"));

    private final Pools pools = new Pools((node, as) -> false);
    private PostgresServer server;
    private Node node;
    private NodePool pool;

    @BeforeEach
    void open(Servers servers) throws SQLException {
        server = servers.primaries().get(0);
        node = new Node(1, "pg1", server.host(), server.link().port(), "postgres");
        pools.up(node, 1);
        pool = pools.pool(node, LOGIN, SETTINGS);
    }

    @AfterEach
    void close() {
        server.link().heal();
        pools.close();
    }

    private static int pid(Lease lease) throws SQLException {
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }

    private int pidOfALease() throws SQLException {
        Lease lease = pool.lease(false);
        try {
            return pid(lease);
        } finally {
            lease.release();
        }
    }

    private void awaitGone(int pid) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!"0".equals(server.query("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid))) {
            assertThat(System.nanoTime()).as("backend " + pid).isLessThan(end);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private static <T> CompletableFuture<T> inBackground(Action<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(action.run());
            } catch (SQLException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private interface Action<T extends @Nullable Object> {
        T run() throws SQLException;
    }

    @Test
    void aConnectionIsLeasedAgainWithinAGenerationOnly() throws Exception {
        int first = pidOfALease();
        pools.up(node, 1);
        assertThat(pidOfALease()).isEqualTo(first);
        pools.doubt(node, 1, "slow");
        assertThat(pidOfALease()).isEqualTo(first);
        pools.doubt(node, 2, "lost");
        assertThat(pidOfALease()).isNotEqualTo(first);
        awaitGone(first);
    }

    @Test
    void aConnectionLeasedBeforeLivesOnAndIsNobodyElsesAfterwards() throws Exception {
        Lease lease = pool.lease(false);
        int leased = pid(lease);
        assertThat(lease.generation()).isEqualTo(1);
        pools.doubt(node, 2, "lost");
        pools.up(node, 2);
        assertThat(pool.generation()).isEqualTo(2);
        assertThat(pid(lease)).isEqualTo(leased);
        assertThat(lease.generation()).isEqualTo(1);
        lease.release();
        Lease next = pool.lease(false);
        assertThat(next.generation()).isEqualTo(2);
        assertThat(pid(next)).isNotEqualTo(leased);
        next.release();
        awaitGone(leased);
    }

    @Test
    void aNodeThatIsDownIsNotAsked() {
        int before = server.link().connectionCount();
        pools.down(node, 2, "connection refused");
        assertThatThrownBy(() -> pool.lease(false, new Attachment("c", "s1", 1)))
                .isInstanceOf(SQLTransientConnectionException.class)
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContainingAll("pg1", "down", "connection refused");
        Credentials others = new Credentials("somebody", null, Map.of());
        assertThatThrownBy(() -> pools.pool(node, others, SETTINGS))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContainingAll("pg1", "down");
        assertThat(server.link().connectionCount()).isLessThanOrEqualTo(before);
        assertThat(pool.leased()).isZero();
    }

    @Test
    void whoWaitsForANodeThatIsDownGetsAConnectionWhenItIsBack() throws Exception {
        pools.down(node, 2, "gone");
        CompletableFuture<Lease> waiting = inBackground(() -> pool.lease(false));
        pools.up(node, 2);
        Lease lease = waiting.get(20, TimeUnit.SECONDS);
        assertThat(lease.generation()).isEqualTo(2);
        lease.release();
    }

    @Test
    void aPoolStartsAnewWhenItsNodeIsBackAndLeasesOfTheOldOneLiveOn() throws Exception {
        Lease old = pool.lease(false);
        int leased = pid(old);
        server.link().freeze();
        // hangs in HikariCP's only thread that connects, for as long as the login timeout
        CompletableFuture<Lease> hanging = inBackground(() -> pool.lease(false));
        assertThatThrownBy(() -> hanging.get(600, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        pools.down(node, 2, "silent");
        assertThatThrownBy(() -> hanging.get(20, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("down");
        server.link().heal();
        pools.up(node, 2);
        Lease fresh = inBackground(() -> pool.lease(false)).get(5, TimeUnit.SECONDS);
        assertThat(pid(fresh)).isNotEqualTo(leased);
        assertThat(pid(old)).isEqualTo(leased);
        old.release();
        awaitGone(leased);
        fresh.release();
        assertThat(pool.leased()).isZero();
    }

    @Test
    void aNodeThatMayHangIsNotWaitedForLongAndABusyPoolIs() throws Exception {
        pools.doubt(node, 1, "silent");
        server.link().freeze();
        CompletableFuture<Lease> hanging = inBackground(() -> pool.lease(false));
        // the connection timeout is ten times this
        assertThatThrownBy(() -> hanging.get(5, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("no connection to node pg1");
        server.link().heal();
        pools.up(node, 2);
        List<Lease> all = new ArrayList<>();
        for (int i = 0; i < SETTINGS.maximumSize(); i++) {
            all.add(pool.lease(false));
        }
        pools.doubt(node, 2, "slow");
        CompletableFuture<Lease> waiting = inBackground(() -> pool.lease(false));
        assertThatThrownBy(() -> waiting.get(3, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        all.get(0).release();
        all.set(0, waiting.get(20, TimeUnit.SECONDS));
        all.forEach(Lease::release);
    }

    @Test
    void aPoolThatIsBeingOpenedKeepsNobodyOnceItsNodeIsDown() throws Exception {
        server.link().freeze();
        Credentials others = new Credentials(PostgresServer.SUPERUSER, null, Map.of("loginTimeout", "45"));
        CompletableFuture<NodePool> first = inBackground(() -> pools.pool(node, others, SETTINGS));
        CompletableFuture<NodePool> second = inBackground(() -> pools.pool(node, others, SETTINGS));
        assertThatThrownBy(() -> first.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        pools.down(node, 2, "silent");
        assertThatThrownBy(() -> first.get(10, TimeUnit.SECONDS)).hasMessageContaining("down");
        assertThatThrownBy(() -> second.get(10, TimeUnit.SECONDS)).hasMessageContaining("down");
        server.link().heal();
        pools.up(node, 2);
        NodePool opened = inBackground(() -> pools.pool(node, others, SETTINGS)).get(10, TimeUnit.SECONDS);
        opened.lease(false).release();
    }

    @Test
    void sessionsOnAReplacedPrimaryGoOnAtOnce() throws Exception {
        Lease lease = pool.lease(false);
        Lease beside = pool.lease(true);
        server.link().freeze();
        CompletableFuture<Integer> hanging = inBackground(() -> pid(lease));
        assertThatThrownBy(() -> hanging.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        pools.abort(node);
        assertThatThrownBy(() -> hanging.get(10, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(SQLException.class)
                .matches(e -> Backend.isFatal((SQLException) e));
        assertThatThrownBy(() -> pid(beside)).isInstanceOf(SQLException.class);
        lease.release();
        beside.release();
        server.link().heal();
        // it may be a standby by now, and serve reads
        assertThat(pidOfALease()).isPositive();
        assertThat(pool.leased()).isZero();
    }

    @Test
    void aServerThatRefusesIsNotHammeredUntilItIsSeen() throws Exception {
        pools.doubt(node, 2, "refused");
        server.link().cutOff();
        assertThatThrownBy(() -> pool.lease(false))
                .hasFieldOrPropertyWithValue("SQLState", "08001")
                .hasMessageContaining("pg1");
        server.link().heal();
        pools.up(node, 2);
        assertThat(pidOfALease()).isPositive();
    }

    @Test
    void aRefusedPasswordIsSaidAtOnce() {
        Credentials nobody = new Credentials("nobody_of_that_name", null, Map.of());
        assertThatThrownBy(() ->
                        inBackground(() -> pools.pool(node, nobody, SETTINGS)).get(5, TimeUnit.SECONDS))
                .cause()
                .hasFieldOrPropertyWithValue("SQLState", "28000");
    }

    @Test
    void aRoleThatMayNotLogInAnyMoreIsToldSoAtOnce() throws Exception {
        server.createRole("leaver", "x");
        NodePool leavers = pools.pool(node, new Credentials("leaver", null, Map.of()), SETTINGS);
        server.execute("postgres", "ALTER ROLE leaver NOLOGIN");
        assertThatThrownBy(() -> inBackground(() -> leavers.lease(false)).get(5, TimeUnit.SECONDS))
                .cause()
                .hasFieldOrPropertyWithValue("SQLState", "28000");
    }

    @Test
    void anIdleConnectionKeepsItsNetworkTimeoutAcrossTheLookWhetherItIsAlive() throws Exception {
        Lease lease = pool.lease(false);
        int leased = pid(lease);
        lease.backend().networkTimeout(7_000);
        lease.release();
        // HikariCP does not look at connections that were in use within half a second
        TimeUnit.MILLISECONDS.sleep(700);
        Lease again = pool.lease(false);
        assertThat(pid(again)).isEqualTo(leased);
        again.backend().networkTimeout(7_000);
        assertThat(again.backend().connection().getNetworkTimeout()).isEqualTo(7_000);
        again.release();
    }
}
