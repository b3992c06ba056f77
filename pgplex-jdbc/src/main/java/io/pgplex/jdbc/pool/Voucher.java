package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;

/**
 * Knows from the metadata store itself who leads a shard. Asked only where a primary was restarted, or is behind the shard's
 * epoch, because it may have been replaced in the meantime and not know. Thread-safe.
 */
@FunctionalInterface
public interface Voucher {

    /**
     * Reads, now, whether the node is the shard's primary at that epoch.
     *
     * @return false also where the store does not answer
     */
    boolean isPrimary(Node node, Attachment as);
}
