package io.pgplex.jdbc.arbiter;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.jdbc.topology.Primaries;
import io.pgplex.jdbc.transaction.ShardAccess;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.store.MetadataStore;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The arbiters of one client: one for each role whose login a session has brought, for COMMIT PREPARED wants the role that has
 * prepared. Thread-safe.
 */
public final class Arbiters implements AutoCloseable {

    private final MetadataStore store;
    private final ClusterMapCache maps;
    private final Primaries primaries;
    private final FanOut fanOut;

    /** Guards the two below; never held over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Arbiter> byRole = new HashMap<>();
    private boolean closed;

    /** Does nothing yet. */
    public Arbiters(MetadataStore store, Primaries primaries, FanOut fanOut) {
        this.store = store;
        this.maps = primaries.maps();
        this.primaries = primaries;
        this.fanOut = fanOut;
    }

    /** Has this client stand for election as the arbiter of that role, with its newest login. */
    public void stand(Credentials credentials, PoolSettings settings) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            Arbiter arbiter = byRole.get(credentials.user());
            if (arbiter == null) {
                ShardAccess shards = new ShardAccess(primaries, fanOut, credentials, settings);
                byRole.put(credentials.user(), new Arbiter(store, maps, credentials.user(), shards));
            } else if (!arbiter.shards().isFor(credentials, settings)) {
                arbiter.as(new ShardAccess(primaries, fanOut, credentials, settings));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends them all. */
    @Override
    public void close() {
        Map<String, Arbiter> ending;
        lock.lock();
        try {
            closed = true;
            ending = Map.copyOf(byRole);
            byRole.clear();
        } finally {
            lock.unlock();
        }
        ending.values().forEach(Arbiter::close);
    }
}
