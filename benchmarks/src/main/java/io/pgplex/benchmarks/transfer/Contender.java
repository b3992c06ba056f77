package io.pgplex.benchmarks.transfer;

import java.sql.SQLException;

/** A way to make transfers. Thread-safe, but for {@link #close()}. */
interface Contender extends AutoCloseable {

    /** What it is called in the results. */
    String name();

    /** Makes a transfer in a transaction of its own; it is durable on both shards when this returns. */
    void make(Transfer transfer) throws SQLException;

    /** Closes every connection. */
    @Override
    void close() throws SQLException;
}
