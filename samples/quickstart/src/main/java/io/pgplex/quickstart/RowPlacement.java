package io.pgplex.quickstart;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Counts how the rows of distributed tables lie over the shards. Confined to a thread. */
final class RowPlacement {
    private final Connection sharded;
    private final List<String> shards;

    RowPlacement(Connection sharded, List<String> shards) {
        this.sharded = sharded;
        this.shards = List.copyOf(shards);
    }

    /** Each shard's number of rows, counted there by the word of a hint. */
    Map<String, Long> of(String table) throws SQLException {
        Map<String, Long> rows = new LinkedHashMap<>();
        for (String shard : shards) {
            rows.put(shard, count(sharded, "/*!pgplex shard=" + shard + " */ SELECT count(*) FROM " + table));
        }
        return rows;
    }

    /**
     * The tables whose rows on the shards are not as many as one PostgreSQL holds, one line for each.
     *
     * @param plain the one PostgreSQL
     */
    List<String> differences(Connection plain) throws SQLException {
        List<String> differences = new ArrayList<>();
        for (String table : Schema.DISTRIBUTED) {
            long there = of(table).values().stream().mapToLong(Long::longValue).sum();
            long expected = count(plain, "SELECT count(*) FROM " + table);
            if (there != expected) {
                differences.add(table + ": " + there + " rows on the shards instead of " + expected);
            }
        }
        return differences;
    }

    private static long count(Connection connection, String sql) throws SQLException {
        Answer answer = Answer.of(connection, sql, List.of());
        return Long.parseLong(Objects.requireNonNull(answer.rows().get(0).get(0)));
    }
}
