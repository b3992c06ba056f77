package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.pool.Attachment;
import io.pgplex.jdbc.pool.Voucher;
import io.pgplex.metadata.cache.ClusterMapChanges;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who leads a shard by what the metadata store holds now, not by what this client has heard. Thread-safe. */
public final class StoredLeaders implements Voucher {

    private static final Logger LOG = LoggerFactory.getLogger(StoredLeaders.class);

    private final MetadataStore store;

    public StoredLeaders(MetadataStore store) {
        this.store = store;
    }

    @Override
    public boolean isPrimary(Node node, Attachment as) {
        try {
            ClusterMapChanges stored = ClusterMapChanges.read(store, as.cluster());
            Shard shard = stored.clusterExists() ? stored.map().shard(as.shard()) : null;
            return shard != null
                    && shard.epoch() == as.epoch()
                    && shard.primary().equals(node.name());
        } catch (MetadataException e) {
            LOG.debug("nobody vouches for node {} now: {}", node.name(), e.getMessage());
            return false;
        }
    }
}
