package io.pgplex.metadata.model;

import java.util.List;
import java.util.Objects;

/**
 * A replica set: one primary node and its standbys. Immutable.
 *
 * @param name the shard's name, unique in the cluster
 * @param ordinal its place in the order of shards, from 0 without gaps; 0 is the home shard
 * @param primary the name of the node that takes writes
 * @param standbys the names of the nodes that follow the primary
 * @param epoch rises when the shard's buckets or its primary change
 * @param buckets what the shard owns, ascending and without overlap
 */
public record Shard(
        String name, int ordinal, String primary, List<String> standbys, long epoch, List<BucketRange> buckets) {

    public Shard {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(primary, "primary");
        standbys = List.copyOf(standbys);
        buckets = List.copyOf(buckets);
    }
}
