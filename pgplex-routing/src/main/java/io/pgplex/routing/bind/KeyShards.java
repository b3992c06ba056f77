package io.pgplex.routing.bind;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;

/** From one distribution key that a statement compares with to the shards that can hold it. Stateless. */
final class KeyShards {

    private KeyShards() {}

    /** As {@link ShardSelector#single}: allocates nothing. */
    static int single(KeySource source, Parameters parameters, ClusterMap map) {
        int bucket = bucket(source, parameters, map.buckets());
        if (bucket >= 0) {
            return map.ownerOf(bucket);
        }
        if (bucket == KeyBucket.NEVER) {
            return ShardSelector.NONE;
        }
        return map.shards().size() == 1 ? 0 : ShardSelector.MANY;
    }

    /** As {@link ShardSelector#select}. */
    static ShardSet select(KeySource source, Parameters parameters, ClusterMap map) {
        int bucket = bucket(source, parameters, map.buckets());
        if (bucket >= 0) {
            return ShardSet.of(map.ownerOf(bucket));
        }
        return bucket == KeyBucket.NEVER
                ? ShardSet.none()
                : ShardSet.all(map.shards().size());
    }

    /** The only shard of a set, or {@link ShardSelector#NONE} or {@link ShardSelector#MANY}. */
    static int only(ShardSet shards) {
        return switch (shards.size()) {
            case 0 -> ShardSelector.NONE;
            case 1 -> shards.ordinals()[0];
            default -> ShardSelector.MANY;
        };
    }

    /** The bucket, {@code NEVER} or {@code UNKNOWN}; a stored key is never {@code NEVER}. */
    static int bucket(KeySource source, Parameters parameters, int buckets) {
        if (source instanceof KeySource.Assigned assigned) {
            return KeyAssignment.bucket(assigned, parameters, buckets);
        }
        if (source instanceof KeySource.Parameter parameter) {
            int index = parameter.index();
            return parameters.isLong(index)
                    ? KeyBuckets.bucketOfLong(parameter.type(), parameters.longValue(index), buckets)
                    : KeyBuckets.bucketOf(parameter.type(), parameters.value(index), buckets);
        }
        return ((KeySource.Literal) source).bucket();
    }
}
