package io.pgplex.jdbc.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A primary that stands still is replaced by its standby: what pools and topology make of it. */
@PgplexCluster(shards = 2, standbys = 1, etcd = false, exclusive = true)
@Timeout(60)
class ReplacedPrimaryIT {

    private static final PoolSettings SETTINGS = new PoolSettings(4, 0, 30_000, 600_000, 1_800_000);

    private static int ask(Lease lease) throws SQLException {
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet row = statement.executeQuery("SELECT 7")) {
            row.next();
            return row.getInt(1);
        }
    }

    private static Topology await(TopologyMonitor monitor, Predicate<Topology> condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        Topology now = monitor.current();
        while (!condition.test(now)) {
            assertThat(monitor.awaitChange(now, deadline)).as(now.toString()).isTrue();
            assertThat(System.nanoTime()).as(now.toString()).isLessThan(deadline);
            now = monitor.current();
        }
        return now;
    }

    @Test
    void itsSessionsGoOnAndThoseOfOtherPrimariesAreNotTouched(LocalCluster cluster) throws Exception {
        String name = cluster.jdbcUrl().replaceFirst(".*mem:([^/]*)/.*", "$1");
        Credentials login =
                new Credentials(cluster.login().user(), cluster.login().password(), Map.of("loginTimeout", "30"));
        PostgresServer old = cluster.primaries().get(0);
        PostgresServer standby = cluster.servers().shards().get(0).standbys().get(0);
        try (MemoryStore store = MemoryStore.named(name).anotherClient();
                ClusterMapCache cache = ClusterMapCache.open(store, cluster.cluster());
                Pools pools = new Pools((node, as) -> false);
                TopologyMonitor monitor = new TopologyMonitor(cache)) {
            TopologyPools.follow(monitor, pools);
            monitor.watchAs(login);
            await(monitor, topology -> topology.nodes().values().stream().allMatch(node -> node.health() == Health.UP));
            ClusterMap map = Objects.requireNonNull(cache.current());
            Lease hung =
                    pools.pool(map.primary(map.homeShard()), login, SETTINGS).lease(false);
            Lease other = pools.pool(map.primary(map.shards().get(1)), login, SETTINGS)
                    .lease(false);
            assertThat(hung.generation())
                    .isEqualTo(Objects.requireNonNull(monitor.current().node(old.name()))
                            .generation());
            old.pause();
            try {
                CompletableFuture<Integer> statement = new CompletableFuture<>();
                Thread session = new Thread(() -> {
                    try {
                        statement.complete(ask(hung));
                    } catch (SQLException e) {
                        statement.completeExceptionally(e);
                    }
                });
                session.setDaemon(true);
                session.start();
                await(monitor, topology -> topology.writable("s1") == null);
                assertThatThrownBy(() -> statement.get(500, TimeUnit.MILLISECONDS))
                        .isInstanceOf(TimeoutException.class);
                ClusterMapChanges changes = ClusterMapChanges.read(store, cluster.cluster());
                changes.changeLeader("s1", standby.name());
                assertThat(store.commit(changes.toTransaction())).isInstanceOf(Outcome.Committed.class);
                assertThatThrownBy(() -> statement.get(10, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOf(SQLException.class)
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .asString()
                        .startsWith("08");
                hung.release();
                // named, not promoted: looked at often, and not written to
                await(monitor, topology -> topology.primary("s1") == topology.node(standby.name()));
                assertThat(monitor.current().writable("s1")).isNull();
                assertThat(monitor.isChangeNear(standby.name())).isTrue();
                standby.promote();
                Topology promoted = await(monitor, topology -> topology.writable("s1") != null);
                assertThat(Objects.requireNonNull(promoted.shard("s1")).timeline())
                        .isEqualTo(2);
                assertThat(monitor.isChangeNear(standby.name())).isFalse();
                Lease fresh = pools.pool(
                                Objects.requireNonNull(promoted.writable("s1")).node(), login, SETTINGS)
                        .lease(false);
                assertThat(ask(fresh)).isEqualTo(7);
                fresh.release();
            } finally {
                old.resume();
            }
            assertThat(ask(other)).isEqualTo(7);
            other.release();
            // back, and still the primary that it was: seen, and never writable
            Topology back = await(
                    monitor,
                    topology ->
                            Objects.requireNonNull(topology.node(old.name())).health() == Health.UP);
            NodeReport report = Objects.requireNonNull(
                    Objects.requireNonNull(back.node(old.name())).report());
            assertThat(report.standby()).isFalse();
            assertThat(report.timeline()).isEqualTo(1);
            assertThat(Objects.requireNonNull(back.writable("s1")).node().name())
                    .isEqualTo(standby.name());
            ClusterMapChanges wrong = ClusterMapChanges.read(store, cluster.cluster());
            wrong.changeLeader("s1", old.name());
            assertThat(store.commit(wrong.toTransaction())).isInstanceOf(Outcome.Committed.class);
            Topology misled = await(monitor, topology -> Objects.requireNonNull(topology.shard("s1"))
                    .primary()
                    .equals(old.name()));
            assertThat(misled.writable("s1")).isNull();
        }
    }
}
