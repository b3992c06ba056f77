package io.pgplex.metadata.store;

/** A right to exist for keys, which ends when its client is gone. Thread-safe. */
public interface Lease extends AutoCloseable {

    /** The store's number for the lease. */
    long id();

    /** Whether, as far as this client knows, the lease still runs. */
    boolean isAlive();

    /**
     * Ends the lease now, and with it its keys; {@code onLost} is not run. Has no effect on an ended one.
     *
     * @throws MetadataException UNAVAILABLE, TIMEOUT: the lease runs out by itself then
     */
    void revoke() throws MetadataException;

    /** Revokes; where the store cannot be reached, lets the lease run out. */
    @Override
    default void close() {
        try {
            revoke();
        } catch (MetadataException e) {
            // its time to live ends it
        }
    }
}
