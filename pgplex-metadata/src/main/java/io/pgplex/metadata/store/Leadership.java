package io.pgplex.metadata.store;

/** The office that an election gave. Thread-safe. */
public final class Leadership implements AutoCloseable {

    private final String key;
    private final long revision;
    private final Lease lease;

    Leadership(String key, long revision, Lease lease) {
        this.key = key;
        this.revision = revision;
        this.lease = lease;
    }

    /** Rises from one leader to the next. */
    public long revision() {
        return revision;
    }

    /** Whether, as far as this client knows, it still leads. */
    public boolean isHeld() {
        return lease.isAlive();
    }

    /** The condition under which a transaction is still the leader's. */
    public Compare compare() {
        return new Compare.Revision(key, revision);
    }

    /** Lets others lead; has no effect when the leadership is gone. */
    public void resign() throws MetadataException {
        lease.revoke();
    }

    /** Resigns; where the store cannot be reached, the lease runs out. */
    @Override
    public void close() {
        lease.close();
    }
}
