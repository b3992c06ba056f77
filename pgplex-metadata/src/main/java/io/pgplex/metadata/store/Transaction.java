package io.pgplex.metadata.store;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Comparisons and the changes to make when all of them hold. Immutable.
 *
 * @param compares conditions; none means that the changes are made in any case
 * @param puts pairs to write
 * @param deletes keys to remove; one that does not exist is no error
 */
public record Transaction(List<Compare> compares, List<Put> puts, List<String> deletes) {

    /**
     * A pair to write.
     *
     * @param lease the lease that the pair vanishes with, or null
     */
    public record Put(String key, String value, @Nullable Lease lease) {
        public Put {
            Objects.requireNonNull(key, "key");
            Objects.requireNonNull(value, "value");
        }
    }

    /** @throws IllegalArgumentException when two changes touch one key */
    public Transaction {
        compares = List.copyOf(compares);
        puts = List.copyOf(puts);
        deletes = List.copyOf(deletes);
        Set<String> changed = new HashSet<>(deletes);
        boolean unique = changed.size() == deletes.size();
        for (Put put : puts) {
            unique &= changed.add(put.key());
        }
        if (!unique) {
            throw new IllegalArgumentException("two changes of one key in a transaction");
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Collects a transaction. Confined to a thread. */
    public static final class Builder {
        private final List<Compare> compares = new ArrayList<>();
        private final List<Put> puts = new ArrayList<>();
        private final List<String> deletes = new ArrayList<>();

        private Builder() {}

        /** Only if the key was last written at that revision. */
        public Builder ifRevision(String key, long modRevision) {
            compares.add(new Compare.Revision(key, modRevision));
            return this;
        }

        /** Only if the key does not exist. */
        public Builder ifAbsent(String key) {
            return ifRevision(key, 0);
        }

        /** Only if the key has that value. */
        public Builder ifValue(String key, String value) {
            compares.add(new Compare.Value(key, value));
            return this;
        }

        public Builder put(String key, String value) {
            puts.add(new Put(key, value, null));
            return this;
        }

        public Builder put(String key, String value, Lease lease) {
            puts.add(new Put(key, value, lease));
            return this;
        }

        public Builder delete(String key) {
            deletes.add(key);
            return this;
        }

        public Transaction build() {
            return new Transaction(compares, puts, deletes);
        }
    }
}
