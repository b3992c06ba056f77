package io.pgplex.metadata.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A replica set: one primary node and its standbys. Immutable.
 *
 * @param name the shard's name, unique in the cluster
 * @param ordinal its place in the order of shards, from 0 without gaps; 0 is the home shard
 * @param primary the name of the node that takes writes
 * @param standbys the names of the nodes that follow the primary
 * @param epoch rises when the shard's buckets or its primary change
 * @param buckets what the shard owns, ascending and without overlap
 * @param patroni the scope of the Patroni cluster that chooses the primary, or null where pgplex does
 */
public record Shard(
        String name,
        int ordinal,
        String primary,
        List<String> standbys,
        long epoch,
        List<BucketRange> buckets,
        @Nullable String patroni) {

    public Shard {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(primary, "primary");
        standbys = List.copyOf(standbys);
        buckets = List.copyOf(buckets);
    }

    /** A shard whose primary pgplex chooses. */
    public Shard(
            String name, int ordinal, String primary, List<String> standbys, long epoch, List<BucketRange> buckets) {
        this(name, ordinal, primary, standbys, epoch, buckets, null);
    }

    /** The names of all its nodes, the primary first. */
    public List<String> members() {
        List<String> members = new ArrayList<>(standbys.size() + 1);
        members.add(primary);
        members.addAll(standbys);
        return members;
    }

    /** The same shard with another of its nodes as the primary, whose place among the standbys the old one takes. */
    public Shard ledBy(String node, long newEpoch) {
        List<String> others = new ArrayList<>(standbys);
        int place = others.indexOf(node);
        if (place >= 0) {
            others.set(place, primary);
        } else if (!node.equals(primary)) {
            throw new IllegalArgumentException("node " + node + " is not of shard " + name);
        }
        return new Shard(name, ordinal, node, others, newEpoch, buckets, patroni);
    }

    /** The same shard with other standbys. */
    public Shard followedBy(List<String> nodes) {
        return new Shard(name, ordinal, primary, nodes, epoch, buckets, patroni);
    }

    /** The same shard with Patroni's choice of a primary and standbys. */
    public Shard ofMembers(String leader, List<String> replicas) {
        return new Shard(name, ordinal, leader, replicas, epoch, buckets, patroni);
    }

    /** The same shard with its primary chosen by the Patroni cluster of that scope. */
    public Shard chosenBy(String scope) {
        return new Shard(name, ordinal, primary, standbys, epoch, buckets, scope);
    }

    /** The same shard in another place. */
    public Shard at(int place) {
        return new Shard(name, place, primary, standbys, epoch, buckets, patroni);
    }

    /** The same shard with other buckets. */
    public Shard owning(List<BucketRange> ranges, long newEpoch) {
        return new Shard(name, ordinal, primary, standbys, newEpoch, ranges, patroni);
    }
}
