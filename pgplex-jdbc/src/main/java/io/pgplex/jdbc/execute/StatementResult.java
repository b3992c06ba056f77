package io.pgplex.jdbc.execute;

import java.sql.ResultSet;
import org.jspecify.annotations.Nullable;

/** One answer of an execution; an execution of several statements has several. */
public sealed interface StatementResult {

    /**
     * Rows.
     *
     * @param rows an open result set over one shard's or several shards' answers; closing it gives back what it holds
     */
    record Rows(ResultSet rows) implements StatementResult {}

    /**
     * A count.
     *
     * @param count rows changed; 0 for statements that change none
     * @param generatedKeys the keys that were asked for, or null
     */
    record Count(long count, @Nullable ResultSet generatedKeys) implements StatementResult {}
}
