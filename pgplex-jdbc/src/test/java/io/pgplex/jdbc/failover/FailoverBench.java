package io.pgplex.jdbc.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.arbiter.ClientLease;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.cache.ShardReplication;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.testkit.LocalCluster;
import io.pgplex.testkit.Login;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.ServerException;
import io.pgplex.testkit.Servers;
import io.pgplex.testkit.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A cluster of one shard, s1, on servers of its own: pg1, and its standbys pg1_r1, pg1_r2, ... For tests that break them. */
final class FailoverBench implements AutoCloseable {

    static final Credentials LOGIN = new Credentials(PostgresServer.SUPERUSER, null, Map.of());

    private static final long PATIENCE_SECONDS = 20;

    private final Servers servers;
    final LocalCluster cluster;
    final MetadataStore store;
    private final ClusterKeys keys;
    private final List<Client> clients = new ArrayList<>();

    FailoverBench(int standbys, boolean synchronous) {
        servers = Servers.start(
                Topology.ofShards(1).withStandbys(standbys, synchronous).withEtcd(Topology.EtcdUse.NONE));
        // so that the connection that forms it does not stand for election
        cluster = LocalCluster.of(servers, "default", "app", Login.SUPERUSER, "arbiter=false");
        String url = cluster.jdbcUrl();
        store = MemoryStore.named(url.substring("jdbc:pgplex:mem:".length(), url.indexOf('/')));
        keys = new ClusterKeys(cluster.cluster());
    }

    /** What each client of a cluster runs, of failover. */
    final class Client implements AutoCloseable {
        private final MetadataStore mine;
        private final ClusterMapCache maps;
        private final TopologyMonitor topology;
        private final ClientLease lease;
        final FailoverArbiter arbiter;

        private Client() throws MetadataException {
            mine = MemoryStore.named(cluster.jdbcUrl()
                    .substring("jdbc:pgplex:mem:".length(), cluster.jdbcUrl().indexOf('/')));
            maps = ClusterMapCache.open(mine, cluster.cluster());
            topology = new TopologyMonitor(maps);
            lease = new ClientLease(mine, cluster.cluster());
            topology.addListener(new FailureReports(cluster.cluster(), lease));
            topology.watchAs(LOGIN);
            arbiter = new FailoverArbiter(mine, maps, topology);
        }

        @Override
        public void close() {
            arbiter.close();
            lease.close();
            topology.close();
            maps.close();
            mine.close();
        }
    }

    /** A client that stands for election. */
    Client client() throws MetadataException {
        Client client = new Client();
        clients.add(client);
        client.arbiter.stand(LOGIN);
        return client;
    }

    PostgresServer server(String node) {
        return cluster.server(node);
    }

    @Nullable
    String ask(String node, String sql) {
        return server(node).query(cluster.database(), sql);
    }

    void tell(String node, String... statements) {
        List<String> all = new ArrayList<>(List.of("SET default_transaction_read_only TO off"));
        all.addAll(List.of(statements));
        server(node).execute(cluster.database(), all.toArray(String[]::new));
    }

    /** What a server says to a client that takes it for the primary at that epoch. */
    @Nullable
    String attach(String node, long epoch) {
        return ask(node, "SELECT answer FROM pgplex.attach('" + cluster.cluster() + "', 's1', " + epoch + ")");
    }

    ClusterMap map() throws MetadataException {
        return ClusterMapChanges.read(store, cluster.cluster()).map();
    }

    Shard shard() throws MetadataException {
        return Objects.requireNonNull(map().shard("s1"));
    }

    @Nullable
    ShardReplication replication() throws MetadataException {
        String key = keys.replication("s1");
        return ShardReplication.decode(store.read(key).get(key));
    }

    void set(String setting, String value) throws MetadataException {
        store.commit(ClusterMapChanges.read(store, cluster.cluster())
                .putSetting(setting, value)
                .toTransaction());
    }

    void awaitLeader(String node) throws Exception {
        await("the primary is " + node, () -> shard().primary().equals(node));
    }

    /** Until it is known that so many standbys have each commit. */
    void awaitSafe(String primary, int count) throws Exception {
        await("commits of " + primary + " are on " + count, () -> {
            ShardReplication known = replication();
            return known != null && known.primary().equals(primary) && known.count() == count;
        });
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!holds(condition)) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            TimeUnit.MILLISECONDS.sleep(10);
        }
    }

    private static boolean holds(Callable<Boolean> condition) throws Exception {
        try {
            return condition.call();
        } catch (ServerException e) {
            // sessions are ended while it is asked
            return false;
        }
    }

    @Override
    public void close() {
        clients.forEach(Client::close);
        servers.close();
        store.close();
    }
}
