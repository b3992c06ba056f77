package io.pgplex.metadata.model;

import java.util.Objects;

/**
 * What is fixed when a cluster is created. Immutable.
 *
 * @param database the name by which applications connect
 * @param buckets the number of hash slots, a power of two
 * @param collation the databases' default collation as the server names it, equal on every node
 * @param bytewiseCollation whether that collation orders text by its UTF-8 bytes (C, POSIX, C.UTF-8)
 * @param serverVersion the first node's major version, 15 for 15.18
 */
public record ClusterProperties(
        String database, int buckets, String collation, boolean bytewiseCollation, int serverVersion) {

    /** Hash slots of a new cluster. */
    public static final int DEFAULT_BUCKETS = 4096;

    public ClusterProperties {
        Objects.requireNonNull(database, "database");
        Objects.requireNonNull(collation, "collation");
        if (Integer.bitCount(buckets) != 1) {
            throw new IllegalArgumentException("buckets is not a power of two: " + buckets);
        }
    }
}
