package io.pgplex.jdbc.execute;

import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Movement;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one intermediate of a statement has moved. Immutable.
 *
 * @param intermediate what has moved
 * @param reduced whether its reduction was used
 * @param rows rows that arrived, counted once for each shard that got them
 * @param bytes bytes of data that arrived, about, counted in the same way
 * @param form how they travelled
 * @param shards the names of the shards that got them, in the map's order
 * @param nanos how long it took, with the source's own time
 */
record MovedRows(
        Intermediate intermediate, boolean reduced, long rows, long bytes, Form form, List<String> shards, long nanos) {

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
    interface Listener {
        void moved(MovedRows rows);

        /**
         * What happens over the rows that have moved, in place of the statement that was planned; null for that statement.
         *
         * @param execution with the rows, the statement's parameters, and what is left of the time
         */
        default @Nullable StatementResult insteadOf(Movement movement, Execution execution) throws SQLException {
            return null;
        }
    }
}
