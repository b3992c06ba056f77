package io.pgplex.jdbc.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What a monitor sees of real servers, as a role that owns nothing. */
@PgplexCluster(shards = 2, standbys = 1, etcd = false, links = true, exclusive = true)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class TopologyMonitorIT {

    private static final String ROLE = "looker";
    private static final Credentials LOGIN = new Credentials(ROLE, null, Map.of());

    private LocalCluster cluster;
    private MemoryStore store;
    private ClusterMapCache cache;
    private TopologyMonitor monitor;
    private Set<Thread> before;

    @BeforeAll
    void createRole(LocalCluster local) {
        cluster = local;
        cluster.primaries().forEach(server -> server.createRole(ROLE, "x"));
    }

    @BeforeEach
    void open() throws MetadataException {
        String name = cluster.jdbcUrl().replaceFirst(".*mem:([^/]*)/.*", "$1");
        store = MemoryStore.named(name).anotherClient();
        before = threads();
        cache = ClusterMapCache.open(store, cluster.cluster());
        monitor = new TopologyMonitor(cache);
    }

    @AfterEach
    void closeLeavesNoThread() throws Exception {
        Set<Thread> started = threads();
        started.removeAll(before);
        monitor.close();
        assertThat(started).filteredOn(Thread::isAlive).isEmpty();
        cache.close();
        store.close();
    }

    private static Set<Thread> threads() {
        Set<Thread> all = new HashSet<>(Thread.getAllStackTraces().keySet());
        all.removeIf(thread -> !thread.getName().startsWith("pgplex-monitor-"));
        return all;
    }

    private Topology await(Predicate<Topology> condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Topology now = monitor.current();
        while (!condition.test(now)) {
            assertThat(monitor.awaitChange(now, deadline)).as(now.toString()).isTrue();
            assertThat(System.nanoTime()).as(now.toString()).isLessThan(deadline);
            now = monitor.current();
        }
        return now;
    }

    private Topology awaitHealth(String node, Health health) throws InterruptedException {
        return await(topology -> state(topology, node).health() == health);
    }

    private Topology awaitAllUp() throws InterruptedException {
        return await(topology -> topology.nodes().values().stream().allMatch(node -> node.health() == Health.UP));
    }

    private static NodeState state(Topology topology, String node) {
        return Objects.requireNonNull(topology.node(node));
    }

    private static NodeReport report(Topology topology, String node) {
        return Objects.requireNonNull(state(topology, node).report());
    }

    private String primary(int shard) {
        return cluster.servers().shards().get(shard).primary().name();
    }

    private PostgresServer standby(int shard) {
        return cluster.servers().shards().get(shard).standbys().get(0);
    }

    @Test
    void nobodyIsAskedBeforeSomebodyLogsIn() {
        assertThat(threads()).isEqualTo(before);
        assertThat(monitor.current().nodes().values()).allMatch(node -> node.health() == Health.UNKNOWN);
        assertThat(monitor.current().writable("s1")).isNotNull();
    }

    @Test
    void seesRolesPositionsAndConnections() throws Exception {
        monitor.watchAs(LOGIN);
        Topology topology = awaitAllUp();
        assertThat(topology.nodes()).hasSize(4);
        for (int shard = 0; shard < 2; shard++) {
            NodeReport primary = report(topology, primary(shard));
            assertThat(primary.standby()).isFalse();
            assertThat(primary.timeline()).isEqualTo(1);
            assertThat(primary.position()).isPositive().isLessThanOrEqualTo(primary.receivedPosition());
            assertThat(primary.fenced()).isFalse();
            assertThat(primary.connectionLimit()).isPositive();
            assertThat(primary.connections()).isPositive().isLessThan(primary.connectionLimit());
            NodeReport standby = report(topology, standby(shard).name());
            assertThat(standby.standby()).isTrue();
            assertThat(standby.timeline()).isEqualTo(1);
            assertThat(standby.position()).isPositive().isLessThanOrEqualTo(standby.receivedPosition());
            assertThat(standby.fenced()).isFalse();
        }
        assertThat(Objects.requireNonNull(topology.writable("s1")).node().name())
                .isEqualTo(primary(0));
    }

    @Test
    void aStandbyThatDoesNotReplayLagsAndCatchesUp() throws Exception {
        monitor.watchAs(LOGIN);
        awaitAllUp();
        PostgresServer primary = cluster.primaries().get(1);
        PostgresServer standby = standby(1);
        primary.execute("postgres", "CREATE TABLE IF NOT EXISTS lagging (v int)");
        standby.awaitReplay(primary);
        standby.execute("postgres", "SELECT pg_wal_replay_pause()");
        try {
            primary.execute("postgres", "INSERT INTO lagging VALUES (1)");
            Topology behind = await(topology -> report(topology, standby.name()).lagMillis() > 300);
            NodeReport report = report(behind, standby.name());
            assertThat(report.position()).isLessThan(report.receivedPosition());
        } finally {
            standby.execute("postgres", "SELECT pg_wal_replay_resume()");
        }
        long written = report(monitor.current(), primary(1)).position();
        await(topology -> report(topology, standby.name()).lagMillis() == 0
                && report(topology, standby.name()).position() >= written);
    }

    @Test
    void kill9IsSeenAtOnceAndDownIsSaidSoon() throws Exception {
        monitor.watchAs(LOGIN);
        Topology first = awaitAllUp();
        String node = standby(1).name();
        long killed = monitor.nowMillis();
        standby(1).kill();
        Topology suspect = await(topology -> state(topology, node).health() != Health.UP);
        assertThat(state(suspect, node).generation())
                .isGreaterThan(state(first, node).generation());
        Topology down = awaitHealth(node, Health.DOWN);
        assertThat(state(down, node).certain()).isTrue();
        assertThat(state(down, node).failingSinceMillis()).isGreaterThanOrEqualTo(killed);
        assertThat(down.nodes().values())
                .filteredOn(other -> other.health() != Health.UP)
                .hasSize(1);
        assertThat(down.writable("s2")).isNotNull();
        standby(1).start();
        Topology back = awaitHealth(node, Health.UP);
        assertThat(state(back, node).generation()).isEqualTo(state(down, node).generation());
        assertThat(report(back, node).standby()).isTrue();
    }

    @Test
    void aStoppedServerIsSilentAndKeepsNobodyFromSeeingTheOthers() throws Exception {
        monitor.watchAs(LOGIN);
        awaitAllUp();
        PostgresServer stopped = cluster.primaries().get(1);
        stopped.pause();
        try {
            Topology down = awaitHealth(stopped.name(), Health.DOWN);
            NodeState state = state(down, stopped.name());
            assertThat(state.certain()).isFalse();
            assertThat(monitor.nowMillis() - state.failingSinceMillis())
                    .isGreaterThanOrEqualTo(TopologyReducer.SILENT_MILLIS);
            assertThat(down.writable("s2")).isNull();
            long seen = state(down, primary(0)).reportedAtMillis();
            await(topology -> state(topology, primary(0)).reportedAtMillis() > seen);
            assertThat(state(monitor.current(), stopped.name()).health()).isEqualTo(Health.DOWN);
        } finally {
            stopped.resume();
        }
        assertThat(awaitHealth(stopped.name(), Health.UP).writable("s2")).isNotNull();
    }

    @Test
    void closeDoesNotWaitForAStoppedServer() throws Exception {
        monitor.watchAs(LOGIN);
        awaitAllUp();
        PostgresServer stopped = cluster.primaries().get(1);
        stopped.pause();
        try {
            awaitHealth(stopped.name(), Health.SUSPECT);
            Set<Thread> started = threads();
            started.removeAll(before);
            monitor.close();
            assertThat(started).isNotEmpty().noneMatch(Thread::isAlive);
        } finally {
            stopped.resume();
        }
    }

    @Test
    void aCutLinkIsRefusedAndAFrozenOneSilent() throws Exception {
        monitor.watchAs(LOGIN);
        awaitAllUp();
        PostgresServer server = cluster.primaries().get(0);
        server.link().cut();
        await(topology -> state(topology, server.name()).generation() > 1);
        awaitAllUp();
        server.link().cutOff();
        assertThat(state(awaitHealth(server.name(), Health.DOWN), server.name()).certain())
                .isTrue();
        server.link().heal();
        awaitAllUp();
        server.link().freeze();
        assertThat(state(awaitHealth(server.name(), Health.DOWN), server.name()).certain())
                .isFalse();
        server.link().heal();
        awaitAllUp();
    }

    @Test
    void aSessionsLossIsSuspectedAndLookedIntoAtOnce() throws Exception {
        monitor.watchAs(LOGIN);
        NodeState known = state(awaitAllUp(), primary(0));
        List<Health> seen = new ArrayList<>();
        monitor.addListener(
                (earlier, later) -> seen.add(state(later, primary(0)).health()));
        monitor.lost(primary(0), known.generation(), "connection reset");
        assertThat(state(monitor.current(), primary(0)).generation()).isEqualTo(known.generation() + 1);
        awaitAllUp();
        assertThat(seen).startsWith(Health.SUSPECT).contains(Health.UP);
        Topology now = monitor.current();
        monitor.lost(primary(0), known.generation(), "late");
        assertThat(state(monitor.current(), primary(0)).generation())
                .isEqualTo(state(now, primary(0)).generation());
    }

    @Test
    void aServerThatLetsNobodyInIsUpAndOneThatLetsAnOlderLoginInIsAsked() throws Exception {
        Credentials refused = new Credentials("nobody_of_that_name", null, Map.of());
        monitor.watchAs(refused);
        Topology topology = awaitAllUp();
        assertThat(state(topology, primary(0)).report()).isNull();
        assertThat(state(topology, primary(0)).reason()).contains("nobody_of_that_name");
        assertThat(topology.writable("s1")).isNotNull();
        monitor.watchAs(LOGIN);
        await(other -> state(other, primary(0)).report() != null);
        assertThat(monitor.credentials()).containsExactly(LOGIN, refused);
        monitor.watchAs(refused);
        assertThat(monitor.credentials()).containsExactly(refused, LOGIN);
        cluster.primaries()
                .get(0)
                .execute(
                        "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                + " WHERE application_name = 'pgplex-monitor' AND usename = '" + ROLE + "'");
        long generation = state(topology, primary(0)).generation();
        await(other -> state(other, primary(0)).generation() > generation);
        long lost = monitor.nowMillis();
        await(other -> state(other, primary(0)).reportedAtMillis() > lost);
    }

    @Test
    void theFenceAndTheEpochOfAServerAreSeen() throws Exception {
        monitor.watchAs(LOGIN);
        awaitAllUp();
        PostgresServer server = cluster.primaries().get(0);
        long epoch = report(monitor.current(), server.name()).epoch();
        assertThat(epoch).isPositive();
        String of = "('" + cluster.cluster() + "', 's1', " + (epoch + 1);
        server.execute(cluster.database(), "SELECT pgplex.fence" + of + ", true)");
        try {
            await(topology -> report(topology, server.name()).fenced());
            assertThat(report(monitor.current(), server.name()).epoch()).isEqualTo(epoch + 1);
            assertThat(monitor.isChangeNear(server.name())).isTrue();
            // a session that begins now would be read-only for good
            server.link().cut();
            await(topology -> state(topology, server.name()).generation() > 1);
            awaitAllUp();
        } finally {
            server.execute(
                    cluster.database(), "SET default_transaction_read_only = off", "SELECT pgplex.admit" + of + ")");
        }
        await(topology -> !report(topology, server.name()).fenced());
        assertThat(monitor.isChangeNear(server.name())).isFalse();
        assertThat(report(monitor.current(), server.name()).epoch()).isEqualTo(epoch + 1);
    }

    @Test
    void aServerThatKeepsNoEpochIsFencedByTheDefaultOfItsTransactions() throws Exception {
        PostgresServer server = cluster.primaries().get(0);
        Node elsewhere = new Node(9, "elsewhere", server.host(), server.port(), "postgres");
        try (NodeProbe probe = NodeProbe.open(elsewhere, LOGIN)) {
            assertThat(probe.look().epoch()).isZero();
            assertThat(probe.look().fenced()).isFalse();
        }
        server.execute("postgres", "ALTER ROLE " + ROLE + " SET default_transaction_read_only = on");
        try (NodeProbe probe = NodeProbe.open(elsewhere, LOGIN)) {
            assertThat(probe.look().fenced()).isTrue();
        } finally {
            server.execute("postgres", "ALTER ROLE " + ROLE + " RESET default_transaction_read_only");
        }
    }
}
