package io.pgplex.jdbc.cluster;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.patroni.PatroniScope;
import io.pgplex.metadata.patroni.PatroniState;
import io.pgplex.metadata.store.KeyValue;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.Transaction;
import io.pgplex.metadata.store.memory.MemoryStore;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Changes a cluster's shards and nodes in the metadata store, by compare-and-swap, and waits until this client's map
 * shows it. Thread-safe.
 */
public final class ClusterRegistry {

    /** Attempts against other clients that change the same cluster. */
    private static final int MAX_ATTEMPTS = 10;

    private final MetadataStore store;
    private final ClusterMapCache cache;
    private final Duration timeout;

    /** @param timeout how long to wait for this client's map */
    public ClusterRegistry(MetadataStore store, ClusterMapCache cache, Duration timeout) {
        this.store = store;
        this.cache = cache;
        this.timeout = timeout;
    }

    /** A change of what the store holds; called again on each attempt. */
    @FunctionalInterface
    public interface Change {
        void apply(ClusterMapChanges changes) throws SQLException;
    }

    String cluster() {
        return cache.cluster();
    }

    /** The map as this client's sessions see it, with the nodes of Patroni's shards; null when there is none. */
    @Nullable
    ClusterMap seen() {
        return cache.current();
    }

    /**
     * What a Patroni cluster's keys in the same store say now.
     *
     * @throws SQLException 0A000 where the store is in this JVM's memory, 08006 when it does not answer
     */
    PatroniState.Reading patroni(PatroniScope scope) throws SQLException {
        if (store instanceof MemoryStore) {
            throw Refusals.notSupported(
                    "a cluster in this JVM's memory cannot have a Patroni shard",
                    "Patroni keeps its state in etcd: use jdbc:pgplex://host:port/ with the etcd that Patroni uses.");
        }
        try {
            return PatroniState.UNKNOWN.after(scope, store.read(scope.prefix()).pairs());
        } catch (MetadataException e) {
            throw unavailable(e);
        }
    }

    /** What the store holds now. */
    ClusterMapChanges read() throws SQLException {
        try {
            return ClusterMapChanges.read(store, cluster());
        } catch (MetadataException e) {
            throw unavailable(e);
        }
    }

    /**
     * Makes a change.
     *
     * @throws SQLException what the change throws; 55000 when it contradicts the cluster's state; 40001 when other
     *     clients were always faster; 08006 when the store does not answer
     */
    public void change(Change change) throws SQLException {
        try {
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                ClusterMapChanges changes = ClusterMapChanges.read(store, cluster());
                change.apply(changes);
                Transaction transaction = changes.toTransaction();
                if (transaction.puts().isEmpty() && transaction.deletes().isEmpty()) {
                    return; // the store has it so, and would give no revision to wait for
                }
                if (store.commit(transaction) instanceof Outcome.Committed committed) {
                    awaitRevision(committed.revision());
                    return;
                }
            }
        } catch (IllegalStateException e) {
            throw PgplexErrors.error(SqlState.OBJECT_NOT_IN_STATE, String.valueOf(e.getMessage()), null, null, e);
        } catch (MetadataException e) {
            throw unavailable(e);
        }
        throw overtaken();
    }

    /** Removes the cluster as the change leaves it: called when its last node leaves. */
    void removeCluster(Change check) throws SQLException {
        ClusterKeys keys = new ClusterKeys(cluster());
        try {
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                Snapshot snapshot = store.read(keys.prefix());
                check.apply(ClusterMapChanges.of(cluster(), snapshot));
                Transaction.Builder transaction = Transaction.builder();
                for (KeyValue pair : snapshot.pairs()) {
                    String rest = pair.key().substring(keys.prefix().length());
                    // what lives under a lease goes with its client
                    if (!rest.startsWith("clients/") && !rest.startsWith("arbiter")) {
                        transaction.ifRevision(pair.key(), pair.modRevision()).delete(pair.key());
                    }
                }
                if (store.commit(transaction.build()) instanceof Outcome.Committed committed) {
                    awaitRevision(committed.revision());
                    return;
                }
            }
        } catch (MetadataException e) {
            throw unavailable(e);
        }
        throw overtaken();
    }

    private void awaitRevision(long revision) throws MetadataException, SQLException {
        try {
            cache.awaitRevision(revision, timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw PgplexErrors.error(
                    SqlState.QUERY_CANCELED, "interrupted after the cluster was changed", null, null, e);
        }
    }

    private static SQLException overtaken() {
        return Refusals.error("40001", "other clients keep changing the cluster", "Try again.");
    }

    private static SQLException unavailable(MetadataException e) {
        return PgplexErrors.error(SqlState.CONNECTION_FAILURE, "the metadata store failed", e.getMessage(), null, e);
    }
}
