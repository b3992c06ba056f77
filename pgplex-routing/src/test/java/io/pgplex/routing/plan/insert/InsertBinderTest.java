package io.pgplex.routing.plan.insert;

import static io.pgplex.routing.plan.insert.InsertFixture.CODES;
import static io.pgplex.routing.plan.insert.InsertFixture.ITEMS;
import static io.pgplex.routing.plan.insert.InsertFixture.MAP;
import static io.pgplex.routing.plan.insert.InsertFixture.ORDERS;
import static io.pgplex.routing.plan.insert.InsertFixture.bind;
import static io.pgplex.routing.plan.insert.InsertFixture.insert;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.bind.InsertBinder;
import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.TestParameters;
import io.pgplex.routing.bind.UnknownKey;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class InsertBinderTest {

    private static int owner(long key) {
        return MAP.ownerOf(KeyBuckets.bucketOfLong(KeyType.BIGINT, key, MAP.buckets()));
    }

    /** The smallest positive key on another shard than the given one's. */
    private static long elsewhere(long key) {
        long other = 1;
        while (owner(other) == owner(key)) {
            other++;
        }
        return other;
    }

    @Test
    void oneRowTakesTheOriginal() {
        String sql = "INSERT INTO items (v, k) VALUES (?, ?)";
        Plan.Insert plan = insert(ITEMS, sql);
        assertThat(InsertBinder.single(plan, new TestParameters("a", 42L), MAP)).isEqualTo(owner(42));
        List<ShardInsert> inserts = bind(plan, "a", 42L);
        assertThat(inserts).hasSize(1);
        assertThat(inserts.get(0).shard()).isEqualTo(owner(42));
        assertThat(inserts.get(0).fragment()).isEqualTo(Fragment.original(sql, 2));
        assertThat(inserts.get(0).rows()).containsExactly(0);
    }

    @Test
    void rowsGoToTheirShardsInOrder() {
        long other = elsewhere(1);
        Plan.Insert plan = insert(ITEMS, "INSERT INTO items (v, k) VALUES (?, ?), (?, 1), (?, ?) RETURNING k, ?::text");
        Parameters parameters = new TestParameters("a", 1L, "b", "c", other, "r");
        assertThat(InsertBinder.single(plan, parameters, MAP)).isEqualTo(ShardSelector.MANY);
        List<ShardInsert> inserts = bind(plan, "a", 1L, "b", "c", other, "r");
        assertThat(inserts).hasSize(2);
        ShardInsert two = inserts.get(owner(1) < owner(other) ? 0 : 1);
        assertThat(two.shard()).isEqualTo(owner(1));
        assertThat(two.rows()).containsExactly(0, 1);
        assertThat(two.fragment())
                .isEqualTo(new Fragment(
                        "INSERT INTO items (v, k) VALUES (?, ?), (?, 1) RETURNING k, ?::text", new int[] {0, 1, 2, 5}));
        ShardInsert one = inserts.get(owner(1) < owner(other) ? 1 : 0);
        assertThat(one.rows()).containsExactly(2);
        assertThat(one.fragment())
                .isEqualTo(new Fragment(
                        "INSERT INTO items (v, k) VALUES (?, ?) RETURNING k, ?::text", new int[] {3, 4, 5}));
    }

    @Test
    void rowsOfOneShardTakeTheOriginal() {
        String sql = "INSERT INTO items (k) VALUES (?), (?)";
        Plan.Insert plan = insert(ITEMS, sql);
        assertThat(InsertBinder.single(plan, new TestParameters(5, "5"), MAP)).isEqualTo(owner(5));
        assertThat(bind(plan, 5, "5").get(0).fragment().sql()).isEqualTo(sql);
    }

    @Test
    void filledInTextIsNeverTheOriginal() {
        Plan.Insert plan = insert(ORDERS, "INSERT INTO orders (customer) VALUES (?)");
        assertThat(InsertBinder.single(plan, new TestParameters(5L, "1000"), MAP))
                .isEqualTo(ShardSelector.MANY);
        List<ShardInsert> inserts = bind(plan, 5L, "1000");
        assertThat(inserts.get(0).shard()).isEqualTo(owner(5));
        assertThat(inserts.get(0).fragment())
                .isEqualTo(new Fragment(
                        "INSERT INTO orders (customer, \"id\") OVERRIDING SYSTEM VALUE VALUES (?, CAST(? AS bigint))",
                        new int[] {0, 1}));
    }

    @Test
    void aNullKeyHasItsBucket() {
        Plan.Insert plan = insert(ITEMS, "INSERT INTO items (k) VALUES (?)");
        assertThat(InsertBinder.single(plan, new TestParameters((@Nullable Object) null), MAP))
                .isEqualTo(MAP.ownerOf(KeyBuckets.bucketOfNull(MAP.buckets())));
    }

    @Test
    void keysThatOnlyAServerCanHashAreReported() {
        Plan.Insert plan = insert(CODES, "INSERT INTO codes (day, code) VALUES (?, ?), (?, ?)");
        Parameters parameters = new TestParameters(null, "abc", null, "abc    ");
        assertThat(InsertBinder.single(plan, parameters, MAP)).isEqualTo(ShardSelector.MANY);
        int[] buckets = InsertBinder.buckets(plan, parameters, MAP);
        assertThat(buckets[0]).isNotNegative();
        assertThat(buckets[1]).isEqualTo(KeyBucket.UNKNOWN);
        List<UnknownKey> unknown = InsertBinder.unknownKeys(plan, buckets);
        assertThat(unknown).hasSize(1);
        assertThat(unknown.get(0).row()).isEqualTo(1);
        assertThat(unknown.get(0).parameter()).isEqualTo(3);
        assertThat(unknown.get(0).hashSql()).contains("CAST(? AS character varying(5))");
        assertThatThrownBy(() -> InsertBinder.bind(plan, buckets, MAP)).isInstanceOf(IllegalArgumentException.class);
        buckets[1] = KeyBuckets.bucketOfHash(-31, MAP.buckets());
        assertThat(InsertBinder.bind(plan, buckets, MAP)).isNotEmpty();
    }

    @Test
    void aFractionIsRoundedByTheServer() {
        Plan.Insert plan = insert(ITEMS, "INSERT INTO items (k) VALUES (?)");
        int[] buckets = InsertBinder.buckets(plan, new TestParameters(new BigDecimal("1.5")), MAP);
        assertThat(InsertBinder.unknownKeys(plan, buckets)).hasSize(1);
    }

    @Test
    void manyRowsAreBoundOnceEach() {
        int rows = 1_000;
        String sql = "INSERT INTO items (k, v) VALUES "
                + IntStream.range(0, rows).mapToObj(i -> "(?, 'x')").collect(Collectors.joining(", "));
        Object[] keys =
                IntStream.range(0, rows).mapToObj(i -> (Object) (long) i).toArray();
        List<ShardInsert> inserts = bind(insert(ITEMS, sql), keys);
        assertThat(inserts).hasSize(4);
        assertThat(inserts.stream().mapToInt(shard -> shard.rows().length).sum())
                .isEqualTo(rows);
        for (ShardInsert shard : inserts) {
            assertThat(shard.fragment().parameters()).isEqualTo(shard.rows());
            assertThat(shard.rows()).isSorted();
        }
    }
}
