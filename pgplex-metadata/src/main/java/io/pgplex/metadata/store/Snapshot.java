package io.pgplex.metadata.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store held at one revision. Immutable.
 *
 * @param revision the store's revision, not that of the last change among the pairs
 * @param pairs ordered by key
 */
public record Snapshot(long revision, List<KeyValue> pairs) {

    public Snapshot {
        pairs = List.copyOf(pairs);
    }

    /** The pair with exactly that key, or null. */
    public @Nullable KeyValue get(String key) {
        for (KeyValue pair : pairs) {
            if (pair.key().equals(key)) {
                return pair;
            }
        }
        return null;
    }
}
