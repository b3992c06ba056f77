package io.pgplex.metadata.store.memory;

import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.Watch;
import io.pgplex.metadata.store.WatchListener;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.LongSupplier;

/**
 * A client of a metadata store that lives in this JVM. Thread-safe.
 *
 * <p>A named store lives as long as the JVM, like the servers whose cluster it describes, or until {@link #drop}.
 */
public final class MemoryStore implements MetadataStore {

    private static final Map<String, MemoryState> NAMED = new ConcurrentHashMap<>();

    private final MemoryState state;
    private final ThreadPoolExecutor deliveries;
    private final Set<MemoryWatch> watches = ConcurrentHashMap.newKeySet();
    private final Set<MemoryLease> leases = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private MemoryStore(MemoryState state) {
        this.state = state;
        this.deliveries = MemoryWatch.newDeliveries();
    }

    /** A new client of the JVM's store of that name, which is empty at first. */
    public static MemoryStore named(String name) {
        return new MemoryStore(NAMED.computeIfAbsent(name, ignored -> new MemoryState(System::nanoTime)));
    }

    /** Forgets a named store; clients that are open keep what they see. */
    public static void drop(String name) {
        NAMED.remove(name);
    }

    /**
     * A client of a new store without a name.
     *
     * @param nanoClock nanoseconds that only rise, by which leases end
     */
    public static MemoryStore create(LongSupplier nanoClock) {
        return new MemoryStore(new MemoryState(nanoClock));
    }

    /** Another client of the same store. */
    public MemoryStore anotherClient() {
        return new MemoryStore(state);
    }

    @Override
    public Snapshot read(String prefix) throws MetadataException {
        checkOpen();
        return state.read(prefix);
    }

    @Override
    public Outcome commit(Transaction transaction) throws MetadataException {
        checkOpen();
        return state.commit(transaction);
    }

    @Override
    public Watch watch(String prefix, long fromRevision, WatchListener listener) throws MetadataException {
        checkOpen();
        MemoryWatch watch = new MemoryWatch(state, prefix, fromRevision, listener, deliveries, watches::remove);
        watches.add(watch);
        state.add(watch);
        return watch;
    }

    @Override
    public Lease grantLease(Duration timeToLive, Runnable onLost) throws MetadataException {
        checkOpen();
        leases.removeIf(ended -> !ended.isAlive());
        MemoryLease lease = state.grant(timeToLive, onLost);
        leases.add(lease);
        return lease;
    }

    /**
     * Forgets the changes before a revision; watches that have not seen them are lost.
     *
     * @throws MetadataException COMPACTED when that was done before
     */
    public void compact(long revision) throws MetadataException {
        checkOpen();
        state.compact(revision);
    }

    /** Ends a lease as if its client had not kept it alive. */
    public void expire(Lease lease) throws MetadataException {
        checkOpen();
        state.end(lease.id(), true);
    }

    @Override
    public void close() {
        closed = true;
        watches.forEach(MemoryWatch::close);
        leases.forEach(MemoryLease::abandon);
        deliveries.shutdown();
    }

    private void checkOpen() throws MetadataException {
        if (closed) {
            throw new MetadataException(Kind.UNAVAILABLE, "the metadata store is closed");
        }
    }
}
