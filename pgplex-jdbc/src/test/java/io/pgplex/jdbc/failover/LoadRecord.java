package io.pgplex.jdbc.failover;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a load on a cluster with faults leaves behind, from which {@link LoadChecker} finds what was wrong. */
final class LoadRecord {

    private LoadRecord() {}

    /** What an application was told of a transaction. */
    enum Outcome {
        ACKNOWLEDGED,
        /** It surely was not committed: a statement of it failed, or the commit with 40001. */
        NOT_COMMITTED,
        /** The connection was lost, and nobody could say. */
        UNKNOWN
    }

    /**
     * A transaction, or a statement that was one.
     *
     * @param shards where its rows belong, one for each of its parts in their order
     * @param sqlState what it failed with, or null
     * @param error the failure in words for people, or null
     * @param faulty the shards that had a fault at some time while it ran
     */
    record Attempt(
            long id,
            List<String> shards,
            Outcome outcome,
            @Nullable String sqlState,
            @Nullable String error,
            Set<String> faulty) {
        Attempt {
            shards = List.copyOf(shards);
            faulty = Set.copyOf(faulty);
        }
    }

    /** A row as it was found on a server. */
    record StoredRow(String shard, long id, int part) {}

    /**
     * A server that was a primary when another one took its place.
     *
     * @param whenFenced its rows when it had surely been told to take no more writes
     * @param atLast its rows when the load had gone on for a while
     */
    record OldPrimary(String node, List<StoredRow> whenFenced, List<StoredRow> atLast) {
        OldPrimary {
            whenFenced = List.copyOf(whenFenced);
            atLast = List.copyOf(atLast);
        }
    }
}
