package io.pgplex.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.statistics.Statistics;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;

/** Whatever a condition on the key says, the shards of every key that fulfils it are selected. */
class SelectorPropertyTest {

    private static final ClusterMap MAP = OrderEntry.map();
    private static final RoutingScope SCOPE = new RoutingScope(List.of("public"), Set.of());

    private record Condition(String sql, LongPredicate holds) {}

    @Test
    void selectsEveryShardThatHasAKeyWhichFulfilsTheCondition() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            Condition condition = condition(random, 4);
            ShardSet shards = shards("SELECT * FROM customers WHERE " + condition.sql);
            for (long key = 0; key < 12; key++) {
                if (condition.holds.test(key)) {
                    int shard = MAP.ownerOf(KeyBuckets.bucketOfLong(KeyType.BIGINT, key, MAP.buckets()));
                    assertThat(shards.contains(shard))
                            .as("seed %d: key %d fulfils %s", seed, key, condition.sql)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void isLinearInTheNumberOfTerms() {
        StringBuilder sql = new StringBuilder("SELECT * FROM customers WHERE true");
        for (int i = 0; i < 18; i++) {
            sql.append(" AND (id = ")
                    .append(i)
                    .append(" OR id = ")
                    .append(i + 1)
                    .append(')');
        }
        shards(sql.toString());
        long start = System.nanoTime();
        shards(sql.toString());
        assertThat(System.nanoTime() - start).isLessThan(200_000_000L);
    }

    private static ShardSet shards(String sql) {
        Plan plan = Router.plan(StatementScanner.scan(sql).get(0), Hints.NONE, MAP, SCOPE, Statistics.UNKNOWN);
        return ((Plan.Sharded) plan).selector().select(Parameters.NONE, MAP);
    }

    private static Condition condition(Random random, int depth) {
        long value = random.nextInt(12);
        switch (depth == 0 ? random.nextInt(5) : random.nextInt(9)) {
            case 0:
                return new Condition("id = " + value, key -> key == value);
            case 1:
                return new Condition(value + " = customers.id", key -> key == value);
            case 2:
                return new Condition("id IN (" + value + ", '3')", key -> key == value || key == 3);
            case 3:
                return new Condition("id > " + value, key -> key > value);
            case 4:
                return new Condition("id <> " + value, key -> key != value);
            case 5:
                Condition operand = condition(random, depth - 1);
                return new Condition("NOT (" + operand.sql + ")", key -> !operand.holds.test(key));
            case 6:
                Condition plain = condition(random, depth - 1);
                return new Condition("CASE WHEN " + plain.sql + " THEN true ELSE false END", plain.holds);
            default:
                boolean and = random.nextBoolean();
                Condition left = condition(random, depth - 1);
                Condition right = condition(random, depth - 1);
                return new Condition(
                        "(" + left.sql + (and ? " AND " : " OR ") + right.sql + ")",
                        key -> and
                                ? left.holds.test(key) && right.holds.test(key)
                                : left.holds.test(key) || right.holds.test(key));
        }
    }
}
