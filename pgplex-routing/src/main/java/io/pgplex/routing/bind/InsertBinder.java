package io.pgplex.routing.bind;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.InsertRow;
import io.pgplex.routing.plan.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Distributes the rows of {@code INSERT ... VALUES} over the shards for one execution. Stateless.
 *
 * <p>The way: {@link #single} first, which allocates nothing; where it says {@link ShardSelector#MANY}, {@link #buckets},
 * then a server's answer for each of {@link #unknownKeys}, then {@link #bind}.
 */
public final class InsertBinder {

    private InsertBinder() {}

    /**
     * The shard that takes the application's own text, or {@link ShardSelector#MANY} where something is computed before, the rows go to
     * several shards, or a server has to be asked.
     *
     * @param parameters the statement's own
     */
    public static int single(Plan.Insert insert, Parameters parameters, ClusterMap map) {
        if (insert.original() == null || !insert.evaluations().isEmpty()) {
            return ShardSelector.MANY;
        }
        List<InsertRow> rows = insert.rows();
        int only = ShardSelector.MANY;
        for (int i = 0; i < rows.size(); i++) {
            int bucket = KeyShards.bucket(rows.get(i).key(), parameters, map.buckets());
            if (bucket < 0) {
                return ShardSelector.MANY;
            }
            int owner = map.ownerOf(bucket);
            if (i > 0 && owner != only) {
                return ShardSelector.MANY;
            }
            only = owner;
        }
        return only;
    }

    /**
     * Each row's bucket, {@link KeyBucket#UNKNOWN} where a server has to hash the key.
     *
     * @param parameters the statement's own, followed by the values of the plan's evaluations
     */
    public static int[] buckets(Plan.Insert insert, Parameters parameters, ClusterMap map) {
        List<InsertRow> rows = insert.rows();
        int[] buckets = new int[rows.size()];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = KeyShards.bucket(rows.get(i).key(), parameters, map.buckets());
        }
        return buckets;
    }

    /** The rows without a bucket, in order. */
    public static List<UnknownKey> unknownKeys(Plan.Insert insert, int[] buckets) {
        List<UnknownKey> unknown = new ArrayList<>();
        for (int i = 0; i < buckets.length; i++) {
            if (buckets[i] < 0 && insert.rows().get(i).key() instanceof KeySource.Assigned key) {
                unknown.add(new UnknownKey(i, key.index(), KeyHashSql.of(key.columnType())));
            }
        }
        return unknown;
    }

    /**
     * What each shard inserts, in the order of shards; the application's own text where nothing changes and one shard has
     * all rows.
     *
     * @param buckets a bucket for each row
     */
    public static List<ShardInsert> bind(Plan.Insert insert, int[] buckets, ClusterMap map) {
        int[][] rowsOfShard = rowsOfShard(buckets, map);
        List<ShardInsert> inserts = new ArrayList<>();
        for (int shard = 0; shard < rowsOfShard.length; shard++) {
            int[] rows = rowsOfShard[shard];
            if (rows.length > 0) {
                Fragment original = rows.length == buckets.length ? insert.original() : null;
                inserts.add(new ShardInsert(shard, original == null ? fragment(insert, rows) : original, rows));
            }
        }
        return inserts;
    }

    private static int[][] rowsOfShard(int[] buckets, ClusterMap map) {
        int[] counts = new int[map.shards().size()];
        for (int bucket : buckets) {
            if (bucket < 0) {
                throw new IllegalArgumentException("a row has no bucket");
            }
            counts[map.ownerOf(bucket)]++;
        }
        int[][] rows = new int[counts.length][];
        for (int shard = 0; shard < counts.length; shard++) {
            rows[shard] = new int[counts[shard]];
        }
        Arrays.fill(counts, 0);
        for (int i = 0; i < buckets.length; i++) {
            int owner = map.ownerOf(buckets[i]);
            rows[owner][counts[owner]++] = i;
        }
        return rows;
    }

    private static Fragment fragment(Plan.Insert insert, int[] rows) {
        StringBuilder sql = new StringBuilder(insert.head());
        int count = insert.tail().parameters().length;
        for (int row : rows) {
            count += insert.rows().get(row).values().parameters().length;
        }
        int[] parameters = new int[count];
        int filled = 0;
        String separator = " ";
        for (int row : rows) {
            Fragment values = insert.rows().get(row).values();
            sql.append(separator).append(values.sql());
            separator = ", ";
            System.arraycopy(values.parameters(), 0, parameters, filled, values.parameters().length);
            filled += values.parameters().length;
        }
        int[] last = insert.tail().parameters();
        System.arraycopy(last, 0, parameters, filled, last.length);
        return new Fragment(sql.append(insert.tail().sql()).toString(), parameters);
    }
}
