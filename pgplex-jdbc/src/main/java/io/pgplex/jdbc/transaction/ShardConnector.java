package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;

/** Gives another connection to a shard's primary, for settling what a lost one has left open. */
@FunctionalInterface
public interface ShardConnector {

    /**
     * A connection outside any transaction; the caller releases it.
     *
     * @throws SQLException 08001 and the like when the shard cannot be reached now
     */
    Lease connect(Shard shard) throws SQLException;
}
