package io.pgplex.routing.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the answers of several shards become one. */
public sealed interface Merge {

    /** Rows of one shard after those of another, in the order of shards; update counts are added. */
    record Concatenate(RowLimit limit) implements Merge {}

    /**
     * Rows by their sort keys.
     *
     * @param hiddenColumns how many columns at the end only sort; the application sees those before them
     * @param otherwise what to do when a key's type turns out to be one whose order the client cannot reproduce; null
     *     where the statement is then refused
     */
    record Sorted(
            List<SortKey> keys,
            int hiddenColumns,
            RowLimit limit,
            @Nullable Finish otherwise) implements Merge {
        public Sorted {
            keys = List.copyOf(keys);
        }
    }

    /** Partial results that one server finishes. */
    record Finished(Finish finish) implements Merge {}

    /** Every shard holds a copy and gave the same answer; the first shard's is the answer. */
    record Copies() implements Merge {}
}
