package io.pgplex.jdbc.merge;

import io.pgplex.jdbc.error.PgplexErrors;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows in an order that the caller lists: where RETURNING and generated keys follow the order of the values. */
final class ListedRows implements RowCursor {

    private final List<ShardRows> shards;
    private final List<RowPlace> places;
    /** How many rows of each shard were passed. */
    private final int[] read;

    private int next;

    /** @param shards rows that were read whole, and can be scrolled unless their places ascend */
    ListedRows(List<ShardRows> shards, List<RowPlace> places) {
        this.shards = shards;
        this.places = places;
        this.read = new int[shards.size()];
    }

    @Override
    public @Nullable ShardRows next() throws SQLException {
        if (next == places.size()) {
            return null;
        }
        RowPlace place = places.get(next++);
        ShardRows shard = shards.get(place.resultSet());
        boolean following = place.row() == read[place.resultSet()];
        read[place.resultSet()] = place.row() + 1;
        if (following ? !shard.next() : !shard.rows().absolute(place.row() + 1)) {
            throw shard.attach(PgplexErrors.bug("a shard returned fewer rows than were listed", null));
        }
        return shard;
    }

    @Override
    public boolean hasNext() {
        return next < places.size();
    }
}
