package io.pgplex.jdbc.merge;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One shard's rows after the other's. */
final class ConcatenatedRows implements RowCursor {

    private final List<ShardRows> shards;
    private int current;

    ConcatenatedRows(List<ShardRows> shards) {
        this.shards = shards;
    }

    @Override
    public @Nullable ShardRows next() throws SQLException {
        for (; current < shards.size(); current++) {
            if (shards.get(current).next()) {
                return shards.get(current);
            }
        }
        return null;
    }

    @Override
    public boolean hasNext() throws SQLException {
        for (int i = current; i < shards.size(); i++) {
            if (follows(shards.get(i).rows())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a row follows in one shard's rows, which may stand before, on or after their rows. */
    static boolean follows(ResultSet rows) throws SQLException {
        return rows.isBeforeFirst() || (rows.getRow() > 0 && !rows.isLast());
    }
}
