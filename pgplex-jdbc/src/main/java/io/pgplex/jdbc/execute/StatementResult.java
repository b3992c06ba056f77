package io.pgplex.jdbc.execute;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** One answer of an execution; an execution of several statements has several. */
public sealed interface StatementResult {

    /**
     * Rows.
     *
     * @param rows an open result set over one shard's or several shards' answers
     * @param release gives back what the rows hold; to be called once, after the rows were closed
     */
    record Rows(ResultSet rows, Release release) implements StatementResult {}

    /** Gives something back. */
    interface Release {
        void release() throws SQLException;
    }

    /**
     * A count.
     *
     * @param count rows changed; 0 for statements that change none
     * @param generatedKeys the keys that were asked for, or null
     */
    record Count(long count, @Nullable ResultSet generatedKeys) implements StatementResult {}
}
