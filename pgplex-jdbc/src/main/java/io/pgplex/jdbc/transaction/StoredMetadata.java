package io.pgplex.jdbc.transaction;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Outcome;
import io.pgplex.metadata.store.Transaction;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata side of definitions, in the cluster's store. Thread-safe.
 *
 * <p>A new table is announced in the state CREATING before any server has it, so that no other client can take it for a
 * local one between the commit of its definition and the arrival of its metadata.
 */
public final class StoredMetadata implements TransactionEnd.MetadataCommit {

    private static final Logger LOG = LoggerFactory.getLogger(StoredMetadata.class);

    /** Tries of a compare-and-swap that other clients overtake. */
    private static final int MAXIMUM_TRIES = 20;

    /** How long a change is waited for in this client's own map. */
    private static final Duration VISIBLE_WITHIN = Duration.ofSeconds(10);

    private final MetadataStore store;
    private final ClusterMapCache cache;

    public StoredMetadata(MetadataStore store, ClusterMapCache cache) {
        this.store = store;
        this.cache = cache;
    }

    /** A change collected onto what the store holds. */
    @FunctionalInterface
    private interface Collecting {
        void onto(ClusterMapChanges changes);
    }

    /**
     * Tells every client that a table is being created, if that is what the change does.
     *
     * @throws SQLException 08001 when the store cannot be reached
     */
    public void announce(MetadataChange change) throws SQLException {
        if (change instanceof MetadataChange.PutTable put) {
            commit(changes -> {
                if (changes.map().table(put.table().name()) == null) {
                    changes.putTable(put.table().withState(Table.State.CREATING));
                }
            });
        }
    }

    @Override
    public String document(List<MetadataChange> changes) throws SQLException {
        try {
            ClusterMapChanges collected = ClusterMapChanges.read(store, cache.cluster());
            changes.forEach(change -> collect(change, collected));
            return ChangeDocument.of(collected.map().revision(), collected.toTransaction())
                    .text();
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
    }

    @Override
    public void apply(List<MetadataChange> changes) throws SQLException {
        long revision = commit(collected -> changes.forEach(change -> collect(change, collected)));
        awaitVisible(revision);
    }

    @Override
    public void withdraw(List<MetadataChange> changes) {
        if (changes.isEmpty()) {
            return;
        }
        try {
            commit(collected -> {
                for (MetadataChange change : changes) {
                    if (change instanceof MetadataChange.PutTable put) {
                        Table stored = collected.map().table(put.table().name());
                        if (stored != null && stored.state() == Table.State.CREATING) {
                            collected.deleteTable(stored.name());
                        }
                    }
                }
            });
        } catch (SQLException e) {
            LOG.warn("a table that was not created is still announced; RECOVER CLUSTER takes that back", e);
        }
    }

    private static void collect(MetadataChange change, ClusterMapChanges collected) {
        if (change instanceof MetadataChange.PutTable put) {
            collected.putTable(put.table());
        } else if (change instanceof MetadataChange.DropTable drop) {
            collected.deleteTable(drop.name());
        } else if (change instanceof MetadataChange.PutView put) {
            collected.putView(put.view());
        } else if (change instanceof MetadataChange.DropView drop) {
            collected.deleteView(drop.name());
        }
    }

    /** Makes what is collected true, however often other clients come in between; the revision at which it is. */
    private long commit(Collecting collecting) throws SQLException {
        try {
            for (int i = 0; i < MAXIMUM_TRIES; i++) {
                ClusterMapChanges changes = ClusterMapChanges.read(store, cache.cluster());
                collecting.onto(changes);
                Transaction transaction = changes.toTransaction();
                if (transaction.puts().isEmpty() && transaction.deletes().isEmpty()) {
                    return changes.map().revision();
                }
                if (store.commit(transaction) instanceof Outcome.Committed committed) {
                    return committed.revision();
                }
            }
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
        throw new SQLException("the cluster's metadata changed too often to be changed by this client", "40001");
    }

    private void awaitVisible(long revision) throws SQLException {
        try {
            cache.awaitRevision(revision, VISIBLE_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (MetadataException e) {
            throw PgplexErrors.from(e);
        }
    }
}
