package io.pgplex.metadata.cache;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.patroni.PatroniScope;
import io.pgplex.metadata.patroni.PatroniState;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this client knows of a cluster's Patroni shards: the keys of each one's scope, followed like the cluster's own.
 * Thread-safe.
 *
 * <p>Keys that cannot be read or understood change nothing: the last good state stays, and the log says why, once.
 */
final class PatroniShards implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PatroniShards.class);

    private final MetadataStore store;
    private final String cluster;
    private final Runnable onChange;

    /** Guards the map below it; nothing else is called under it. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<String, Followed> shards = new HashMap<>();
    private boolean closed;

    /** @param onChange run whenever {@link #states} or {@link #answered} may say something else, on any thread */
    PatroniShards(MetadataStore store, String cluster, Runnable onChange) {
        this.store = store;
        this.cluster = cluster;
        this.onChange = onChange;
    }

    /** Follows exactly the Patroni shards of this map from now on; null where the cluster is gone. */
    void follow(@Nullable ClusterMap stored) {
        Map<String, Followed> gone = new HashMap<>();
        Map<String, Followed> fresh = new HashMap<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            gone.putAll(shards);
            for (Shard shard : stored == null ? List.<Shard>of() : stored.shards()) {
                if (shard.patroni() == null) {
                    continue;
                }
                Followed known = shards.get(shard.name());
                if (known != null && known.name.equals(shard.patroni())) {
                    gone.remove(shard.name());
                } else {
                    fresh.put(shard.name(), new Followed(shard.name(), shard.patroni()));
                }
            }
            shards.keySet().removeAll(gone.keySet());
            shards.putAll(fresh);
        } finally {
            lock.unlock();
        }
        gone.values().forEach(followed -> followed.keys.abandon());
        fresh.values().forEach(followed -> followed.keys.attachInBackground());
    }

    /** What is known now, by shard. */
    Map<String, PatroniState> states() {
        lock.lock();
        try {
            Map<String, PatroniState> states = new HashMap<>();
            shards.forEach((shard, followed) -> states.put(shard, followed.state));
            return states;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the store has answered, or failed to, for each of the shards. */
    boolean answered() {
        lock.lock();
        try {
            return shards.values().stream().allMatch(followed -> followed.answered);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Map<String, Followed> all;
        lock.lock();
        try {
            closed = true;
            all = Map.copyOf(shards);
            shards.clear();
        } finally {
            lock.unlock();
        }
        all.values().forEach(followed -> followed.keys.close());
    }

    /** One shard's keys. Its methods are called by one thread at a time. */
    private final class Followed implements FollowedPrefix.Listener {
        private final String shard;
        private final String name;
        private final PatroniScope scope;
        private final FollowedPrefix keys;
        private volatile PatroniState state = PatroniState.UNKNOWN;
        private volatile boolean answered;
        private Set<String> complaints = Set.of();
        private boolean isDetached;

        Followed(String shard, String name) {
            this.shard = shard;
            this.name = name;
            this.scope = PatroniScope.of(name);
            this.keys = new FollowedPrefix(
                    store, scope.prefix(), scope::isRelevant, "pgplex-cluster-map-" + cluster + "-" + shard, this);
        }

        @Override
        public void seen(long revision, List<KeyValue> pairs, boolean changed) {
            isDetached = false;
            if (!changed) {
                return;
            }
            PatroniState.Reading reading = state.after(scope, pairs);
            for (String complaint : reading.complaints()) {
                if (!complaints.contains(complaint)) {
                    LOG.warn("Patroni's keys of shard {}: {}", shard, complaint);
                }
            }
            complaints = reading.complaints();
            state = reading.state();
            answered = true;
            onChange.run();
        }

        @Override
        public void detached(String reason) {
            if (!isDetached) {
                LOG.warn("Patroni's keys {} of shard {} cannot be followed: {}", scope.prefix(), shard, reason);
            }
            isDetached = true;
            if (!answered) {
                answered = true;
                onChange.run();
            }
        }
    }
}
