package io.pgplex.jdbc.merge;

import java.sql.SQLException;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Rows of shards that each sorted their own, merged. Each shard stands on its smallest row that was not read yet, so that
 * no row is ever copied; of equal rows the first shard's comes first.
 */
final class SortedRows implements RowCursor {

    private final RowOrder order;
    private final List<ShardRows> shards;
    private final PriorityQueue<Head> heads;
    private boolean started;
    private @Nullable Head current;

    /** A shard's row that stands to be read, its keys decoded once. */
    private static final class Head {
        final ShardRows shard;
        final int ordinal;

        @Nullable
        Object[] keys;

        Head(ShardRows shard, int ordinal, @Nullable Object[] keys) {
            this.shard = shard;
            this.ordinal = ordinal;
            this.keys = keys;
        }
    }

    SortedRows(List<ShardRows> shards, RowOrder order) {
        this.shards = shards;
        this.order = order;
        this.heads = new PriorityQueue<>(Math.max(1, shards.size()), this::compare);
    }

    @Override
    public @Nullable ShardRows next() throws SQLException {
        start();
        Head last = current;
        if (last != null && last.shard.next()) {
            last.keys = keys(last.shard);
            heads.add(last);
        }
        current = heads.poll();
        return current == null ? null : current.shard;
    }

    @Override
    public boolean hasNext() throws SQLException {
        start();
        return !heads.isEmpty() || (current != null && !current.shard.rows().isLast());
    }

    private void start() throws SQLException {
        if (started) {
            return;
        }
        started = true;
        for (int i = 0; i < shards.size(); i++) {
            ShardRows shard = shards.get(i);
            if (shard.next()) {
                heads.add(new Head(shard, i, keys(shard)));
            }
        }
    }

    private @Nullable Object[] keys(ShardRows shard) throws SQLException {
        try {
            return order.keys(shard.rows());
        } catch (SQLException e) {
            throw shard.attach(e);
        }
    }

    private int compare(Head left, Head right) {
        int order = this.order.compare(left.keys, right.keys);
        return order != 0 ? order : Integer.compare(left.ordinal, right.ordinal);
    }
}
