package io.pgplex.metadata.store.etcd;

import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.support.CloseableClient;
import io.grpc.stub.StreamObserver;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/** A lease of etcd, kept alive by jetcd, which asks three times within the time to live. */
final class EtcdLease implements Lease, StreamObserver<LeaseKeepAliveResponse> {

    private final EtcdStore store;
    private final long id;
    private final long timeToLiveNanos;
    private final Runnable onLost;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicReference<CloseableClient> keeper = new AtomicReference<>();
    private volatile long renewedNanos = System.nanoTime();

    EtcdLease(EtcdStore store, long id, Duration timeToLive, Runnable onLost) {
        this.store = store;
        this.id = id;
        this.timeToLiveNanos = timeToLive.toNanos();
        this.onLost = onLost;
    }

    void keepAlive(io.etcd.jetcd.Lease client) {
        keeper.set(client.keepAlive(id, this));
    }

    @Override
    public long id() {
        return id;
    }

    /** Also false when etcd has not answered for the whole time to live: others may hold the keys by then. */
    @Override
    public boolean isAlive() {
        return !ended.get() && System.nanoTime() - renewedNanos < timeToLiveNanos;
    }

    @Override
    public void onNext(LeaseKeepAliveResponse response) {
        renewedNanos = System.nanoTime();
    }

    @Override
    public void onError(Throwable error) {
        lost();
    }

    @Override
    public void onCompleted() {
        lost();
    }

    private void lost() {
        if (abandon()) {
            store.forget(this);
            onLost.run();
        }
    }

    @Override
    public void revoke() throws MetadataException {
        if (abandon()) {
            store.forget(this);
            store.revoke(this);
        }
    }

    /** Stops keeping the lease alive; says whether it was this call that did. */
    boolean abandon() {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        CloseableClient toClose = keeper.getAndSet(null);
        if (toClose != null) {
            toClose.close();
        }
        return true;
    }
}
