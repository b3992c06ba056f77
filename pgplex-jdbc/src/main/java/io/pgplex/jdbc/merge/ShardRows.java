package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.ShardFailure;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * One shard's open answer and where it came from.
 *
 * @param rows pgjdbc's own result set, before its first row
 * @param shard the shard's name
 * @param node the node's name, or null
 * @param transaction the distributed transaction's gtxid, or null outside one
 */
public record ShardRows(
        ResultSet rows,
        String shard,
        @Nullable String node,
        @Nullable String transaction) {

    /** Moves to the shard's next row; a failure says which shard it was. */
    boolean next() throws SQLException {
        try {
            return rows.next();
        } catch (SQLException e) {
            throw attach(e);
        }
    }

    /** Attaches this place to a failure. */
    public <E extends Throwable> E attach(E failure) {
        return ShardFailure.attach(failure, shard, node, transaction);
    }
}
