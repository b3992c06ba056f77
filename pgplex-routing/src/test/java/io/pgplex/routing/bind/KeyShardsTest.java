package io.pgplex.routing.bind;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.TestCluster;
import java.math.BigDecimal;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyShardsTest {

    private static final ClusterMap MAP = TestCluster.of(4);
    private static final int BUCKETS = MAP.buckets();

    @Test
    void aLongParameterSelectsTheOwnerOfItsBucket() {
        ShardSelector selector = new ShardSelector.Key(new KeySource.Parameter(1, KeyType.BIGINT));
        for (long key = -50; key < 50; key++) {
            int owner = MAP.ownerOf(KeyBuckets.bucketOfLong(KeyType.BIGINT, key, BUCKETS));
            Parameters parameters = new TestParameters("x", key);
            assertThat(selector.single(parameters, MAP)).isEqualTo(owner);
            assertThat(selector.select(parameters, MAP)).isEqualTo(ShardSet.of(owner));
        }
    }

    @Test
    void integersOfAnyJavaTypeSelectTheSameShard() {
        ShardSelector selector = new ShardSelector.Key(new KeySource.Parameter(0, KeyType.BIGINT));
        int owner = selector.single(new TestParameters(42L), MAP);
        assertThat(selector.single(new TestParameters(42), MAP)).isEqualTo(owner);
        assertThat(selector.single(new TestParameters((short) 42), MAP)).isEqualTo(owner);
        assertThat(selector.single(new TestParameters(new BigDecimal("42.0")), MAP))
                .isEqualTo(owner);
    }

    @Test
    void noShardHoldsWhatNothingEquals() {
        ShardSelector selector = new ShardSelector.Key(new KeySource.Parameter(0, KeyType.BIGINT));
        assertThat(selector.single(new TestParameters((@Nullable Object) null), MAP))
                .isEqualTo(ShardSelector.NONE);
        assertThat(selector.select(new TestParameters(new BigDecimal("1.5")), MAP)
                        .isEmpty())
                .isTrue();
    }

    @Test
    void everyShardMayHoldWhatTheClientCannotHash() {
        KeySource unknown = new KeySource.Literal(KeyBucket.UNKNOWN);
        assertThat(KeyShards.single(unknown, Parameters.NONE, MAP)).isEqualTo(ShardSelector.MANY);
        assertThat(KeyShards.select(unknown, Parameters.NONE, MAP)).isEqualTo(ShardSet.all(4));
        assertThat(KeyShards.single(unknown, Parameters.NONE, TestCluster.of(1)))
                .isZero();
    }

    @Test
    void onlyTellsTheSizeOfASet() {
        assertThat(KeyShards.only(ShardSet.none())).isEqualTo(ShardSelector.NONE);
        assertThat(KeyShards.only(ShardSet.of(3))).isEqualTo(3);
        assertThat(KeyShards.only(ShardSet.all(2))).isEqualTo(ShardSelector.MANY);
    }

    @Test
    void aStoredNullHasABucket() {
        assertThat(bucket("bigint", KeyType.BIGINT, null)).isEqualTo(KeyBuckets.bucketOfNull(BUCKETS));
    }

    @Test
    void whatAModifierMayChangeIsLeftToTheServer() {
        assertThat(bucket("bigint", KeyType.BIGINT, new BigDecimal("1.5"))).isEqualTo(KeyBucket.UNKNOWN);
        assertThat(bucket("character varying(3)", KeyType.VARCHAR, "abc")).isNotNegative();
        assertThat(bucket("character varying(3)", KeyType.VARCHAR, "abc ")).isEqualTo(KeyBucket.UNKNOWN);
        assertThat(bucket("character varying", KeyType.VARCHAR, "abc ")).isNotNegative();
        assertThat(bucket("numeric(10,2)", KeyType.NUMERIC, new BigDecimal("1.250")))
                .isNotNegative();
        assertThat(bucket("numeric(10,2)", KeyType.NUMERIC, new BigDecimal("1.255")))
                .isEqualTo(KeyBucket.UNKNOWN);
        assertThat(bucket("numeric(4,-2)", KeyType.NUMERIC, 155L)).isEqualTo(KeyBucket.UNKNOWN);
        assertThat(bucket("numeric(4)", KeyType.NUMERIC, 155L)).isNotNegative();
        LocalDateTime time = LocalDateTime.of(2026, 1, 1, 1, 1);
        assertThat(bucket("timestamp(0) without time zone", KeyType.TIMESTAMP, time))
                .isEqualTo(KeyBucket.UNKNOWN);
        assertThat(bucket("timestamp without time zone", KeyType.TIMESTAMP, time))
                .isNotNegative();
    }

    @Test
    void literalsAreStoredLikeParameters() {
        assertThat(KeyAssignment.bucketOfLiteral(KeyType.BIGINT, "bigint", "NULL", false, BUCKETS))
                .isEqualTo(KeyBuckets.bucketOfNull(BUCKETS));
        assertThat(KeyAssignment.bucketOfLiteral(KeyType.BIGINT, "bigint", "42", true, BUCKETS))
                .isEqualTo(KeyBuckets.bucketOfLong(KeyType.BIGINT, 42, BUCKETS));
        assertThat(KeyAssignment.bucketOfLiteral(KeyType.BIGINT, "bigint", "1.5", false, BUCKETS))
                .isEqualTo(KeyBucket.UNKNOWN);
        assertThat(KeyAssignment.bucketOfLiteral(KeyType.TEXT, "text", "5", false, BUCKETS))
                .isEqualTo(KeyBucket.UNKNOWN);
        assertThat(KeyAssignment.bucketOfLiteral(KeyType.TEXT, "text", "null", true, BUCKETS))
                .isNotNegative()
                .isNotEqualTo(KeyBuckets.bucketOfNull(BUCKETS));
    }

    private static int bucket(String columnType, KeyType type, @Nullable Object value) {
        return KeyAssignment.bucket(new KeySource.Assigned(0, type, columnType), new TestParameters(value), BUCKETS);
    }
}
