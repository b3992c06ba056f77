package io.pgplex.jdbc;

import io.pgplex.jdbc.arbiter.Arbiters;
import io.pgplex.jdbc.arbiter.ClientLease;
import io.pgplex.jdbc.deadlock.DeadlockWatch;
import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.execute.Cluster;
import io.pgplex.jdbc.execute.Plans;
import io.pgplex.jdbc.failover.FailoverArbiter;
import io.pgplex.jdbc.failover.FailureReports;
import io.pgplex.jdbc.failover.StoredLeaders;
import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.pool.Pools;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.statistics.StatisticsCache;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.topology.TopologyMonitor;
import io.pgplex.jdbc.topology.TopologyPools;
import io.pgplex.jdbc.transaction.StoredMetadata;
import io.pgplex.jdbc.transaction.TransactionEnd;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Everything that the connections to one cluster share: store, map, pools, plans, threads. Thread-safe. */
final class ClusterRuntime implements AutoCloseable {

    private final MetadataStore store;
    private final ClusterMapCache cache;
    private final TopologyMonitor topology;
    private final Pools pools;
    private final FanOut fanOut;
    private final StatisticsCache statistics;
    private final DeadlockWatch deadlocks;
    private final Cluster cluster;
    private final ClientLease client;
    private final Arbiters arbiters;
    private final FailoverArbiter failover;
    /** The schemas of search_path on a new physical connection, by who connects. */
    private final Map<Credentials, CompletableFuture<List<String>>> searchPaths = new ConcurrentHashMap<>();

    private ClusterRuntime(ClusterKey key, MetadataStore store, ClusterMapCache cache) {
        this.store = store;
        this.cache = cache;
        this.topology = new TopologyMonitor(cache);
        this.pools = new Pools(new StoredLeaders(store));
        TopologyPools.follow(topology, pools);
        this.fanOut = new FanOut("pgplex-" + key.cluster());
        Primaries primaries = new Primaries(cache, topology, pools);
        this.statistics = new StatisticsCache(primaries, fanOut);
        this.deadlocks = new DeadlockWatch(primaries, fanOut);
        StoredMetadata metadata = new StoredMetadata(store, cache);
        this.cluster = new Cluster(
                key.cluster(),
                store,
                cache,
                topology,
                pools,
                fanOut,
                new Plans(key.planCacheSize(), statistics::current),
                new TransactionEnd(key.cluster(), fanOut, metadata),
                metadata,
                new ConcurrentHashMap<>(),
                statistics,
                deadlocks);
        this.client = new ClientLease(store, key.cluster());
        this.arbiters = new Arbiters(store, primaries, fanOut);
        topology.addListener(new FailureReports(key.cluster(), client));
        this.failover = new FailoverArbiter(store, cache, topology);
    }

    /**
     * Reads the cluster's map.
     *
     * @throws SQLException 08001 when the store cannot be reached in time; no thread is left then
     */
    static ClusterRuntime open(ClusterKey key) throws SQLException {
        try {
            MetadataStore store = key.open();
            try {
                return new ClusterRuntime(key, store, ClusterMapCache.open(store, key.cluster()));
            } catch (MetadataException | RuntimeException e) {
                store.close();
                throw e;
            }
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
    }

    Cluster cluster() {
        return cluster;
    }

    /** Who among this client's roles recovers what crashes leave behind. */
    Arbiters arbiters() {
        return arbiters;
    }

    /** Who replaces primaries that are gone. */
    FailoverArbiter failover() {
        return failover;
    }

    /**
     * The schemas of search_path as these credentials have it on the home shard. The first call for them opens the home
     * shard's pool, and so finds out whether the server lets them in.
     */
    List<String> searchPath(ClusterMap map, Credentials credentials, PoolSettings settings, LoginDeadline deadline)
            throws SQLException {
        CompletableFuture<List<String>> path = searchPaths.computeIfAbsent(
                credentials,
                absent -> LoginDeadline.start(
                        "pgplex-login-" + cluster.name(), () -> homePath(map, credentials, settings, deadline)));
        Node home = map.primary(map.homeShard());
        try {
            return deadline.await(
                    path,
                    "node \"" + home.name() + "\" at " + home.host() + ":" + home.port() + " did not let the user in");
        } catch (SQLException e) {
            // the next one tries again; an attempt that may yet succeed is left to end by itself
            searchPaths.remove(credentials, path);
            throw e;
        }
    }

    /** Asks the home shard's primary, whichever node is that before the deadline. */
    private List<String> homePath(
            ClusterMap map, Credentials credentials, PoolSettings settings, LoginDeadline deadline)
            throws SQLException {
        Lease lease = cluster.primaries()
                .leasedBy(credentials, settings)
                .take(
                        map.homeShard(),
                        false,
                        0,
                        SessionState.INITIAL,
                        since -> {},
                        deadline.millisForAttempts(settings.connectionTimeoutMillis()));
        try {
            return read(lease);
        } finally {
            lease.release();
        }
    }

    /** search_path as PostgreSQL itself takes it apart; {@code $user} is replaced where there is such a schema. */
    private static List<String> read(Lease lease) throws SQLException {
        List<String> schemas = new ArrayList<>();
        try (Statement statement = lease.backend().connection().createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT pg_catalog.unnest(pg_catalog.current_schemas(false))")) {
            while (rows.next()) {
                schemas.add(rows.getString(1));
            }
        }
        return schemas;
    }

    @Override
    public void close() {
        statistics.close();
        failover.close();
        arbiters.close();
        client.close();
        deadlocks.close();
        topology.close();
        pools.close();
        cache.close();
        fanOut.close();
        store.close();
    }
}
