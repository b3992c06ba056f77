package io.pgplex.metadata.store.memory;

import io.pgplex.metadata.store.Compare;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataException.Kind;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.WatchEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the clients of one in-memory store share: pairs, history, leases. Thread-safe by one lock. */
final class MemoryState {

    /** As many revisions are kept for watches that start late or lag; older ones are compacted. */
    private static final int HISTORY_LIMIT = 10_000;

    private record Entry(KeyValue pair, long leaseId) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final LongSupplier nanoClock;
    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final TreeMap<Long, List<WatchEvent>> history = new TreeMap<>();
    private final Map<Long, MemoryLease> leases = new HashMap<>();
    private final Set<MemoryWatch> watches = ConcurrentHashMap.newKeySet();

    /** An empty etcd is at revision 1, too. */
    private long revision = 1;

    private long compactedRevision;
    private long lastLeaseId;

    MemoryState(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    Snapshot read(String prefix) {
        endExpiredLeases();
        lock.lock();
        try {
            List<KeyValue> pairs = new ArrayList<>();
            for (Map.Entry<String, Entry> entry : entries.tailMap(prefix).entrySet()) {
                if (!entry.getKey().startsWith(prefix)) {
                    break;
                }
                pairs.add(entry.getValue().pair());
            }
            return new Snapshot(revision, pairs);
        } finally {
            lock.unlock();
        }
    }

    Outcome commit(Transaction transaction) throws MetadataException {
        endExpiredLeases();
        lock.lock();
        try {
            for (Compare compare : transaction.compares()) {
                if (!holds(compare)) {
                    return new Outcome.Conflict();
                }
            }
            for (Transaction.Put put : transaction.puts()) {
                checkLease(put.lease());
            }
            apply(transaction);
            return new Outcome.Committed(revision);
        } finally {
            lock.unlock();
        }
    }

    private boolean holds(Compare compare) {
        Entry entry = entries.get(compare.key());
        if (compare instanceof Compare.Revision expected) {
            return (entry == null ? 0 : entry.pair().modRevision()) == expected.modRevision();
        }
        return entry != null && entry.pair().value().equals(((Compare.Value) compare).value());
    }

    private void checkLease(@Nullable Lease lease) throws MetadataException {
        if (lease != null && !leases.containsKey(lease.id())) {
            throw new MetadataException(Kind.UNAVAILABLE, "the lease of a key to write has ended");
        }
    }

    private void apply(Transaction transaction) {
        List<WatchEvent> events = new ArrayList<>();
        long next = revision + 1;
        for (Transaction.Put put : transaction.puts()) {
            KeyValue pair = new KeyValue(put.key(), put.value(), next);
            entries.put(
                    put.key(),
                    new Entry(pair, put.lease() == null ? 0 : put.lease().id()));
            events.add(new WatchEvent.Put(pair));
        }
        for (String key : transaction.deletes()) {
            if (entries.remove(key) != null) {
                events.add(new WatchEvent.Delete(key, next));
            }
        }
        publish(next, events);
    }

    /** A transaction without effect has no revision of its own. */
    private void publish(long next, List<WatchEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        revision = next;
        history.put(next, events);
        if (history.size() > HISTORY_LIMIT) {
            history.pollFirstEntry();
            compactedRevision = history.firstKey();
        }
        watches.forEach(MemoryWatch::wake);
    }

    void add(MemoryWatch watch) {
        watches.add(watch);
        watch.wake();
    }

    void remove(MemoryWatch watch) {
        watches.remove(watch);
    }

    /**
     * The kept changes of keys with a prefix.
     *
     * @param next gets the first revision that is not among them
     * @throws MetadataException COMPACTED when changes from that revision on were forgotten
     */
    List<WatchEvent> eventsFrom(String prefix, long fromRevision, LongReceiver next) throws MetadataException {
        lock.lock();
        try {
            if (fromRevision < compactedRevision) {
                throw new MetadataException(
                        Kind.COMPACTED, "revision " + fromRevision + " has been compacted at " + compactedRevision);
            }
            List<WatchEvent> found = new ArrayList<>();
            for (List<WatchEvent> events : history.tailMap(fromRevision, true).values()) {
                for (WatchEvent event : events) {
                    if (event.key().startsWith(prefix)) {
                        found.add(event);
                    }
                }
            }
            next.accept(Math.max(fromRevision, revision + 1));
            return found;
        } finally {
            lock.unlock();
        }
    }

    /** Takes a number. */
    interface LongReceiver {
        void accept(long value);
    }

    void compact(long toRevision) throws MetadataException {
        lock.lock();
        try {
            if (toRevision <= compactedRevision || toRevision > revision) {
                throw new MetadataException(
                        Kind.COMPACTED, "cannot compact revision " + toRevision + " of a store at " + revision);
            }
            compactedRevision = toRevision;
            history.headMap(toRevision, false).clear();
        } finally {
            lock.unlock();
        }
        watches.forEach(MemoryWatch::wake);
    }

    MemoryLease grant(Duration timeToLive, Runnable onLost) {
        lock.lock();
        try {
            MemoryLease lease = new MemoryLease(this, ++lastLeaseId, timeToLive, nanoClock, onLost);
            leases.put(lease.id(), lease);
            return lease;
        } finally {
            lock.unlock();
        }
    }

    /** Ends a lease and its keys; only a lost one tells its holder. */
    void end(long leaseId, boolean lost) {
        MemoryLease lease;
        lock.lock();
        try {
            lease = leases.remove(leaseId);
            if (lease == null) {
                return;
            }
            List<String> keys = new ArrayList<>();
            entries.forEach((key, entry) -> {
                if (entry.leaseId() == leaseId) {
                    keys.add(key);
                }
            });
            apply(new Transaction(List.of(), List.of(), keys));
        } finally {
            lock.unlock();
        }
        lease.ended(lost);
    }

    void endExpiredLeases() {
        List<MemoryLease> expired = new ArrayList<>();
        lock.lock();
        try {
            for (MemoryLease lease : leases.values()) {
                if (lease.isExpired()) {
                    expired.add(lease);
                }
            }
        } finally {
            lock.unlock();
        }
        for (MemoryLease lease : expired) {
            end(lease.id(), true);
        }
    }
}
