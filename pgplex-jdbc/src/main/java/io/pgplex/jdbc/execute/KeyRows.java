package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.merge.MergedResultSet;
import io.pgplex.jdbc.merge.RowPlace;
import io.pgplex.jdbc.merge.RowWindow;
import io.pgplex.jdbc.merge.ShardRows;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows that several shards returned for rows that one statement wrote (RETURNING, generated keys), put into the order in
 * which the statement named them. They were read whole and stay where pgjdbc holds them. Confined to a thread.
 */
final class KeyRows {

    private record Placed(int place, RowPlace row) {}

    private final List<ShardRows> shards = new ArrayList<>();
    private final List<Placed> rows = new ArrayList<>();
    private boolean everyPlaceKnown = true;

    /**
     * Takes one shard's rows.
     *
     * @param count how many they are
     * @param places where each row belongs, ascending; where the shard returned another number of rows (ON CONFLICT DO
     *     NOTHING, a trigger), no row's place is known and all rows keep the order of shards
     */
    void add(ShardRows shard, int count, int[] places) {
        everyPlaceKnown &= count == places.length;
        for (int row = 0; row < count; row++) {
            rows.add(new Placed(everyPlaceKnown ? places[row] : 0, new RowPlace(shards.size(), row)));
        }
        shards.add(shard);
    }

    /**
     * All rows; null where no shard returned any result set.
     *
     * @param maxRows most rows; 0 for all
     */
    @Nullable
    ResultSet open(long maxRows, MergedResultSet.Closed closed) {
        if (shards.isEmpty()) {
            return null;
        }
        if (everyPlaceKnown) {
            rows.sort(Comparator.comparingInt(Placed::place));
        }
        List<RowPlace> order = rows.stream().map(Placed::row).toList();
        return MergedResultSet.listed(shards, order, RowWindow.ALL.atMost(maxRows), closed);
    }
}
