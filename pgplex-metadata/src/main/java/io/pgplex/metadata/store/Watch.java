package io.pgplex.metadata.store;

/** A running watch. Thread-safe. */
public interface Watch extends AutoCloseable {

    /** Ends the watch; a call of the listener that is under way may still finish. Has no effect on an ended one. */
    @Override
    void close();
}
