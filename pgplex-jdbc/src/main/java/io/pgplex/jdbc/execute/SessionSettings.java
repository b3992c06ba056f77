package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PoolSettings;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.hint.Hints.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a logical connection was opened with. Immutable.
 *
 * @param defaultSearchPath the schemas of search_path on a new physical connection
 * @param database the database's name in the URL
 * @param crossShard what to do with statements that need several shards
 * @param snapshot how far snapshots reach, or null where the isolation level decides
 * @param serializablePerShard whether SERIALIZABLE transactions may reach several shards
 * @param scatterFetchSize rows that each shard sends at a time when a statement with several shards sets no fetch size
 * @param maxIntermediateBytes most bytes of data that a statement may move between shards
 * @param readOnlyWithoutStore whether writes are refused while the metadata store cannot be followed
 * @param reads which nodes may answer reads
 * @param onClose told when the session ends
 */
public record SessionSettings(
        Credentials credentials,
        PoolSettings pool,
        List<String> defaultSearchPath,
        String database,
        CrossShard crossShard,
        @Nullable Snapshot snapshot,
        boolean serializablePerShard,
        int scatterFetchSize,
        long maxIntermediateBytes,
        boolean readOnlyWithoutStore,
        ReadOptions reads,
        Runnable onClose) {

    public SessionSettings {
        defaultSearchPath = List.copyOf(defaultSearchPath);
    }
}
