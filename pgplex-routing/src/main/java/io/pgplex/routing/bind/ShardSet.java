package io.pgplex.routing.bind;

import java.util.BitSet;

/** A set of shards by ordinal. Immutable. */
public final class ShardSet {

    private final BitSet ordinals;

    private ShardSet(BitSet ordinals) {
        this.ordinals = ordinals;
    }

    public static ShardSet none() {
        return new ShardSet(new BitSet());
    }

    public static ShardSet of(int ordinal) {
        BitSet set = new BitSet();
        set.set(ordinal);
        return new ShardSet(set);
    }

    /** Every shard of a cluster with that many. */
    public static ShardSet all(int shards) {
        BitSet set = new BitSet();
        set.set(0, shards);
        return new ShardSet(set);
    }

    public ShardSet union(ShardSet other) {
        BitSet set = (BitSet) ordinals.clone();
        set.or(other.ordinals);
        return new ShardSet(set);
    }

    public ShardSet intersection(ShardSet other) {
        BitSet set = (BitSet) ordinals.clone();
        set.and(other.ordinals);
        return new ShardSet(set);
    }

    public int size() {
        return ordinals.cardinality();
    }

    public boolean isEmpty() {
        return ordinals.isEmpty();
    }

    public boolean contains(int ordinal) {
        return ordinals.get(ordinal);
    }

    /** The ordinals in ascending order. */
    public int[] ordinals() {
        return ordinals.stream().toArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ShardSet set && set.ordinals.equals(ordinals);
    }

    @Override
    public int hashCode() {
        return ordinals.hashCode();
    }

    @Override
    public String toString() {
        return ordinals.toString();
    }
}
