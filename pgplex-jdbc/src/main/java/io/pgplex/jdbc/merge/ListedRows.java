package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows in an order that the caller lists: where RETURNING and generated keys follow the order of the values. */
final class ListedRows implements RowCursor {

    private final List<ShardRows> shards;
    private final List<RowPlace> places;
    private int next;

    /** @param shards rows that were read whole and can be scrolled */
    ListedRows(List<ShardRows> shards, List<RowPlace> places) {
        this.shards = shards;
        this.places = places;
    }

    @Override
    public @Nullable ShardRows next() throws SQLException {
        if (next == places.size()) {
            return null;
        }
        RowPlace place = places.get(next++);
        ShardRows shard = shards.get(place.resultSet());
        if (!shard.rows().absolute(place.row() + 1)) {
            throw shard.attach(PgplexErrors.bug("a shard returned fewer rows than were listed", null));
        }
        return shard;
    }

    @Override
    public boolean hasNext() {
        return next < places.size();
    }
}
