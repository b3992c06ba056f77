package io.pgplex.jdbc.merge;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** An order in which rows of several shards are read. Confined to a thread. */
interface RowCursor {

    /** Moves to the next row: the shard's rows, which now stand on it, or null after the last. */
    @Nullable
    ShardRows next() throws SQLException;

    /** Whether a row follows, without leaving the current one. */
    boolean hasNext() throws SQLException;
}
