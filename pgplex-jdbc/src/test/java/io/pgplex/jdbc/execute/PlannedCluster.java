package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.connection.ConnectionFacts;
import io.pgplex.jdbc.connection.PgplexConnection;
import io.pgplex.jdbc.deadlock.DeadlockWatch;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.jdbc.statistics.StatisticsCache;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.jdbc.transaction.StoredMetadata;
import io.pgplex.jdbc.transaction.TransactionEnd;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.metadata.store.memory.MemoryStore;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.plan.Plan;
import io.pgplex.testkit.LocalCluster;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/** A client of a cluster whose statements run by plans that a test has made, whatever the planner would make of them. */
final class PlannedCluster implements AutoCloseable {

    private final LocalCluster local;
    private final MetadataStore store;
    private final ClusterMapCache cache;
    private final Pools pools = new Pools((node, as) -> true);
    private final FanOut fanOut = new FanOut("planned");
    private final StatisticsCache statistics;
    private final DeadlockWatch deadlocks;
    private final TopologyMonitor topology;
    private final Cluster cluster;

    PlannedCluster(LocalCluster local) throws MetadataException {
        this.local = local;
        this.store = local.servers().hasEtcd()
                ? EtcdStore.open(EtcdOptions.of(
                        Duration.ofSeconds(5), URI.create(local.etcd().endpoint())))
                : MemoryStore.named(memoryName(local.jdbcUrl())).anotherClient();
        this.cache = ClusterMapCache.open(store, local.cluster());
        this.topology = new TopologyMonitor(cache);
        Primaries primaries = new Primaries(cache, topology, pools);
        this.statistics = new StatisticsCache(primaries, fanOut);
        this.deadlocks = new DeadlockWatch(primaries, fanOut);
        StoredMetadata metadata = new StoredMetadata(store, cache);
        this.cluster = new Cluster(
                local.cluster(),
                store,
                cache,
                topology,
                pools,
                fanOut,
                new Plans(1000, statistics::current),
                new TransactionEnd(local.cluster(), fanOut, metadata),
                metadata,
                new ConcurrentHashMap<>(),
                statistics,
                deadlocks);
    }

    private static String memoryName(String url) {
        String rest = url.substring(url.indexOf("mem:") + 4);
        return rest.substring(0, rest.indexOf('/'));
    }

    /** A session with these settings and its connection. */
    record Client(Session session, SessionSettings settings, Connection connection) implements AutoCloseable {
        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    Client connect() throws SQLException {
        return connect(1L << 30, 10);
    }

    Client connect(long maxIntermediateBytes, int poolSize) throws SQLException {
        Credentials credentials = new Credentials(
                local.login().user(), local.login().password(), Map.of("loginTimeout", "20", "connectTimeout", "20"));
        SessionSettings settings = new SessionSettings(
                credentials,
                new PoolSettings(poolSize, 0, 20_000, 600_000, 1_800_000),
                List.of("public"),
                local.database(),
                CrossShard.ALLOW,
                null,
                false,
                1000,
                maxIntermediateBytes,
                false,
                ReadOptions.PRIMARIES,
                () -> {});
        Session session = new Session(cluster, settings);
        ConnectionFacts facts = new ConnectionFacts(
                local.jdbcUrl(), credentials.user(), local.database(), new Properties(), "test", 1, 0);
        return new Client(session, settings, new PgplexConnection(session, facts));
    }

    /** Has a text run by a plan from now on, in every session of this client. */
    void plan(Client client, String sql, Plan plan) throws SQLException {
        for (boolean parameters : new boolean[] {true, false}) {
            client.session()
                    .prepare(sql, parameters, true)
                    .remember(
                            0,
                            new PreparedText.PlanSlot(
                                    client.session().map(), client.session().scope(), plan, null));
        }
    }

    /** Runs a plan without parameters and tells what moved. */
    StatementResult run(Client client, Plan plan, MovedRows.Listener listener) throws SQLException {
        Session session = client.session();
        Execution execution = new Execution(
                session.prepare("SELECT 'a plan of its own'", true, true),
                0,
                NoParameters.NONE,
                ExecuteOptions.DEFAULT,
                new RunningStatement(),
                session.map());
        return new Runners(session, cluster, client.settings()).run(plan, execution.with(listener));
    }

    @Override
    public void close() {
        statistics.close();
        topology.close();
        deadlocks.close();
        pools.close();
        cache.close();
        fanOut.close();
        store.close();
    }
}
