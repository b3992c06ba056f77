package io.pgplex.metadata.cache;

import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchListener;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A store whose connection a test can break. */
final class BreakableStore implements MetadataStore {
    private final MemoryStore memory;
    private final List<WatchListener> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable String broken;

    BreakableStore(MemoryStore memory) {
        this.memory = memory;
    }

    /** Refuses all that concerns keys with this prefix from now on. */
    void breakOff(String prefix) {
        broken = prefix;
    }

    void mend() {
        broken = null;
    }

    void loseWatches() {
        for (WatchListener listener : List.copyOf(listeners)) {
            listeners.remove(listener);
            listener.lost(new MetadataException(Kind.UNAVAILABLE, "broken"));
        }
    }

    private void check(String prefix) throws MetadataException {
        String refused = broken;
        if (refused != null && prefix.startsWith(refused)) {
            throw new MetadataException(Kind.UNAVAILABLE, "broken");
        }
    }

    @Override
    public Snapshot read(String prefix) throws MetadataException {
        check(prefix);
        return memory.read(prefix);
    }

    @Override
    public Outcome commit(Transaction transaction) throws MetadataException {
        check("");
        return memory.commit(transaction);
    }

    @Override
    public Watch watch(String prefix, long fromRevision, WatchListener listener) throws MetadataException {
        check(prefix);
        listeners.add(listener);
        return memory.watch(prefix, fromRevision, listener);
    }

    @Override
    public Lease grantLease(Duration timeToLive, Runnable onLost) throws MetadataException {
        check("");
        return memory.grantLease(timeToLive, onLost);
    }

    @Override
    public void close() {
        memory.close();
    }
}
