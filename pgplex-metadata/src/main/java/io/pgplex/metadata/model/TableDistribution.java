package io.pgplex.metadata.model;

import java.util.Objects;

/**
 * How a table's rows lie over the shards. A table that the cluster map does not hold is local: all its rows are on the
 * home shard.
 */
public sealed interface TableDistribution {

    /** Rows lie on the shard that owns the bucket of their distribution key. */
    record Distributed(String keyColumn, KeyType keyType) implements TableDistribution {

        /** A key that no text can name, as PostgreSQL knows no name without characters: rows lie wherever they came to be. */
        public static final String UNNAMED = "";

        public Distributed {
            Objects.requireNonNull(keyColumn, "keyColumn");
            Objects.requireNonNull(keyType, "keyType");
        }
    }

    /** Every shard holds a full copy. */
    record Replicated() implements TableDistribution {}
}
