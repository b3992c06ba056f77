package io.pgplex.jdbc.execute;

import java.util.List;

/**
 * What one intermediate of a statement has moved. Immutable.
 *
 * @param name the intermediate's name
 * @param rows rows that arrived, counted once for each shard that got them
 * @param bytes bytes of data that arrived, about, counted in the same way
 * @param form how they travelled
 * @param shards the names of the shards that got them, in the map's order
 * @param nanos how long it took, with the source's own time
 */
public record MovedRows(String name, long rows, long bytes, Form form, List<String> shards, long nanos) {

    public MovedRows {
        shards = List.copyOf(shards);
    }

    /** How rows travel. */
    public enum Form {
        /** As array parameters of the texts that name them. */
        ARRAYS,
        /** Into temporary tables. */
        TEMPORARY_TABLE,
        /** In portions, as array parameters of one statement after the other. */
        PORTIONS
    }

    /** Told of every intermediate as soon as it has moved. Called on the session's thread. */
    @FunctionalInterface
    public interface Listener {
        void moved(MovedRows rows);
    }
}
