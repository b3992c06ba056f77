package io.pgplex.metadata.model;

/** Buckets from {@code first} to {@code last}, both included. Immutable. */
public record BucketRange(int first, int last) {

    public BucketRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("not a bucket range: " + first + " to " + last);
        }
    }

    public int size() {
        return last - first + 1;
    }
}
