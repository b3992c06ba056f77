package io.pgplex.jdbc.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.PgplexCluster;
import io.pgplex.testkit.PostgresServer;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A standby that somebody promotes by hand shows up as a primary on the next timeline. */
@PgplexCluster(shards = 1, standbys = 1, etcd = false, exclusive = true)
@Timeout(60)
class PromotionSeenIT {

    @Test
    void aPromotedStandbyWritesTheNextTimeline(LocalCluster cluster) throws Exception {
        PostgresServer standby = cluster.servers().shards().get(0).standbys().get(0);
        String name = cluster.jdbcUrl().replaceFirst(".*mem:([^/]*)/.*", "$1");
        try (MemoryStore store = MemoryStore.named(name).anotherClient();
                ClusterMapCache cache = ClusterMapCache.open(store, cluster.cluster());
                TopologyMonitor monitor = new TopologyMonitor(cache)) {
            monitor.watchAs(
                    new Credentials(cluster.login().user(), cluster.login().password(), Map.of()));
            NodeReport before = awaitReport(monitor, standby.name(), true);
            assertThat(before.timeline()).isEqualTo(1);
            standby.promote();
            NodeReport after = awaitReport(monitor, standby.name(), false);
            assertThat(after.timeline()).isEqualTo(2);
            assertThat(after.position()).isGreaterThanOrEqualTo(before.position());
            assertThat(after.lagMillis()).isZero();
            // it leads nothing: the old primary is the one that the map names
            ShardState shard = monitor.current().shards().values().iterator().next();
            assertThat(shard.timeline()).isEqualTo(1);
            assertThat(monitor.current().writable(shard.name()))
                    .isEqualTo(monitor.current().primary(shard.name()));
        }
    }

    private static NodeReport awaitReport(TopologyMonitor monitor, String node, boolean standby)
            throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            Topology now = monitor.current();
            NodeState state = now.node(node);
            NodeReport report = state == null ? null : state.report();
            if (report != null && report.standby() == standby) {
                return report;
            }
            assertThat(monitor.awaitChange(now, deadline)).as(now.toString()).isTrue();
        }
    }
}
