package io.pgplex.metadata.store.etcd;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Txn;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.pgplex.metadata.store.Compare;
import io.pgplex.metadata.store.KeyValue;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The metadata store on etcd 3.4 and newer. Thread-safe.
 *
 * <p>etcd takes up to 128 comparisons and 128 changes in one transaction unless it is configured otherwise.
 */
public final class EtcdStore implements MetadataStore {

    private static final int READ_RETRIES = 2;
    private static final long READ_RETRY_MILLIS = 100;

    private final EtcdOptions options;
    private final ExecutorService executor;
    private final Client client;
    private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();
    private final Set<EtcdLease> leases = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private EtcdStore(EtcdOptions options, ExecutorService executor, Client client) {
        this.options = options;
        this.executor = executor;
        this.client = client;
    }

    /**
     * Connects, and makes sure that etcd answers.
     *
     * @throws MetadataException UNAVAILABLE, TIMEOUT, DENIED, within the options' timeout; nothing is left behind then
     */
    public static EtcdStore open(EtcdOptions options) throws MetadataException {
        ExecutorService executor = EtcdConnection.newExecutor();
        Client client;
        try {
            client = EtcdConnection.connect(options, executor);
        } catch (MetadataException | RuntimeException e) {
            executor.shutdownNow();
            throw e;
        }
        EtcdStore store = new EtcdStore(options, executor, client);
        try {
            Snapshot ignored = store.read("/pgplex/?");
        } catch (MetadataException | RuntimeException e) {
            store.close();
            throw e;
        }
        return store;
    }

    @Override
    public Snapshot read(String prefix) throws MetadataException {
        for (int retries = 0; ; retries++) {
            try {
                return readOnce(prefix);
            } catch (MetadataException e) {
                if (e.kind() != Kind.UNAVAILABLE || retries == READ_RETRIES || closed) {
                    throw e;
                }
                pauseBefore(e);
            }
        }
    }

    private Snapshot readOnce(String prefix) throws MetadataException {
        GetOption option = GetOption.builder()
                .isPrefix(true)
                .withSortField(GetOption.SortTarget.KEY)
                .withSortOrder(GetOption.SortOrder.ASCEND)
                .build();
        GetResponse response = await(kv().get(EtcdConnection.bytes(prefix), option));
        List<KeyValue> pairs = new ArrayList<>(response.getKvs().size());
        for (io.etcd.jetcd.KeyValue pair : response.getKvs()) {
            pairs.add(EtcdConnection.pair(pair));
        }
        return new Snapshot(response.getHeader().getRevision(), pairs);
    }

    /** A change of etcd's leader takes moments. */
    private static void pauseBefore(MetadataException error) throws MetadataException {
        try {
            TimeUnit.MILLISECONDS.sleep(READ_RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw error;
        }
    }

    @Override
    public Outcome commit(Transaction transaction) throws MetadataException {
        List<Op> changes = new ArrayList<>();
        for (Transaction.Put put : transaction.puts()) {
            Lease lease = put.lease();
            PutOption option = lease == null
                    ? PutOption.DEFAULT
                    : PutOption.builder().withLeaseId(lease.id()).build();
            changes.add(Op.put(EtcdConnection.bytes(put.key()), EtcdConnection.bytes(put.value()), option));
        }
        for (String key : transaction.deletes()) {
            changes.add(Op.delete(EtcdConnection.bytes(key), DeleteOption.DEFAULT));
        }
        Txn txn = kv().txn();
        if (!transaction.compares().isEmpty()) {
            txn = txn.If(transaction.compares().stream().map(EtcdStore::cmp).toArray(Cmp[]::new));
        }
        TxnResponse response = await(txn.Then(changes.toArray(new Op[0])).commit());
        return response.isSucceeded()
                ? new Outcome.Committed(response.getHeader().getRevision())
                : new Outcome.Conflict();
    }

    private static Cmp cmp(Compare compare) {
        ByteSequence key = EtcdConnection.bytes(compare.key());
        if (compare instanceof Compare.Revision revision) {
            return new Cmp(key, Cmp.Op.EQUAL, CmpTarget.modRevision(revision.modRevision()));
        }
        String value = ((Compare.Value) compare).value();
        return new Cmp(key, Cmp.Op.EQUAL, CmpTarget.value(EtcdConnection.bytes(value)));
    }

    @Override
    public Watch watch(String prefix, long fromRevision, WatchListener listener) throws MetadataException {
        checkOpen();
        EtcdWatch watch = new EtcdWatch(listener, watches::remove);
        watches.add(watch);
        try {
            watch.start(client.getWatchClient(), prefix, fromRevision);
        } catch (RuntimeException e) {
            watch.close();
            throw EtcdConnection.translate(e);
        }
        return watch;
    }

    @Override
    public Lease grantLease(Duration timeToLive, Runnable onLost) throws MetadataException {
        checkOpen();
        long seconds = Math.max(1, timeToLive.plusMillis(999).toSeconds());
        long id = await(client.getLeaseClient().grant(seconds)).getID();
        EtcdLease lease = new EtcdLease(this, id, Duration.ofSeconds(seconds), onLost);
        leases.add(lease);
        lease.keepAlive(client.getLeaseClient());
        return lease;
    }

    void revoke(EtcdLease lease) throws MetadataException {
        checkOpen();
        await(client.getLeaseClient().revoke(lease.id()));
    }

    void forget(EtcdLease lease) {
        leases.remove(lease);
    }

    /**
     * Forgets what keys held before a revision; watches that have not seen those changes are lost.
     *
     * @throws MetadataException COMPACTED when that was done before
     */
    public void compact(long revision) throws MetadataException {
        await(kv().compact(revision));
    }

    /** Waits for an answer; without a limit, a call hangs while etcd is down. */
    private <T> T await(CompletableFuture<T> future) throws MetadataException {
        try {
            return future.get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            future.cancel(true);
            throw new MetadataException(
                    Kind.TIMEOUT, "etcd at " + options.endpoints() + " gave no answer in " + options.timeout(), e);
        } catch (ExecutionException e) {
            throw EtcdConnection.translate(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new MetadataException(Kind.TIMEOUT, "interrupted while waiting for etcd", e);
        }
    }

    private KV kv() throws MetadataException {
        checkOpen();
        return client.getKVClient();
    }

    private void checkOpen() throws MetadataException {
        if (closed) {
            throw new MetadataException(Kind.UNAVAILABLE, "the metadata store is closed");
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        watches.forEach(EtcdWatch::close);
        leases.forEach(EtcdLease::abandon);
        client.close();
        executor.shutdownNow();
    }
}
