package io.pgplex.metadata.store;

import java.time.Duration;

/**
 * An ordered key-value store in the shape of etcd: one revision number rises with every change, reads are of one
 * revision, changes are compare-and-swap transactions, and a watch gives every change from a revision on. Thread-safe.
 *
 * <p>Every call returns or throws within the timeout that the store was opened with.
 */
public interface MetadataStore extends AutoCloseable {

    /**
     * Every pair whose key begins with a prefix, at one revision.
     *
     * @throws MetadataException UNAVAILABLE, TIMEOUT, DENIED
     */
    Snapshot read(String prefix) throws MetadataException;

    /**
     * Makes all of a transaction's changes at one revision if all of its comparisons hold, else none.
     *
     * @throws MetadataException UNAVAILABLE, TIMEOUT, DENIED; after the first two the outcome is not known
     */
    Outcome commit(Transaction transaction) throws MetadataException;

    /**
     * Tells a listener of every change of keys with a prefix, in order and without gaps, until the watch is closed or
     * lost. The listener is called on a thread of the store, never by two threads at once.
     *
     * @param fromRevision the first revision wanted, usually a snapshot's plus one; may lie in the future
     * @throws MetadataException UNAVAILABLE when the store is closed; everything else reaches the listener
     */
    Watch watch(String prefix, long fromRevision, WatchListener listener) throws MetadataException;

    /**
     * A new lease, which this store keeps alive until it is revoked or the store is closed. Keys put under it vanish
     * with it.
     *
     * @param timeToLive how long the lease outlives this client; stores round it up to whole seconds
     * @param onLost run at most once, on a thread of the store, when the lease ended without being revoked here
     * @throws MetadataException UNAVAILABLE, TIMEOUT, DENIED
     */
    Lease grantLease(Duration timeToLive, Runnable onLost) throws MetadataException;

    /** Ends watches without telling them, lets leases run out, and leaves no thread behind. */
    @Override
    void close();
}
