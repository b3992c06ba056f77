package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.metadata.cache.CacheStatus;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.routing.plan.Effect;
import java.sql.SQLException;

/**
 * Refuses writes that must not be: in a read-only session, and, where {@code etcdLoss=read-only}, while the cluster's map
 * does not follow its store. Thread-safe.
 */
final class WriteGuard {

    private final ClusterMapCache cache;
    private final boolean readOnlyWithoutStore;

    WriteGuard(ClusterMapCache cache, boolean readOnlyWithoutStore) {
        this.cache = cache;
        this.readOnlyWithoutStore = readOnlyWithoutStore;
    }

    /** Whether the loss of the metadata store forbids writes now. */
    boolean areRefused() {
        return readOnlyWithoutStore && cache.status().state() != CacheStatus.State.FOLLOWING;
    }

    /** Throws 25006 for a write where there must be none; what may write is left to the server to refuse. */
    void check(Effect effect, boolean readOnlySession) throws SQLException {
        if (effect != Effect.WRITE) {
            return;
        }
        if (readOnlySession) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION, "cannot execute a write in a read-only transaction");
        }
        if (areRefused()) {
            throw PgplexErrors.error(
                    SqlState.READ_ONLY_TRANSACTION,
                    "cannot write while the metadata store cannot be followed",
                    "etcdLoss=read-only forbids it; writes go on when etcd can be reached again.");
        }
    }
}
