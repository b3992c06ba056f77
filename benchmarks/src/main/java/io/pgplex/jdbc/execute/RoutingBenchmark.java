package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.BucketRange;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.ClusterProperties;
import io.pgplex.metadata.model.Column;
import io.pgplex.metadata.model.KeyType;
import io.pgplex.metadata.model.Node;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.model.TableDistribution;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.bind.Parameters;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.statistics.Statistics;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a text and its parameters to the shard, without a server. It lies in this package because the plan cache is not for
 * others.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RoutingBenchmark {

    private static final String SQL = "SELECT id, name, price FROM item WHERE id = ?";

    private final ClusterMap map = twoShards();
    private final RoutingScope scope = new RoutingScope(List.of("public"), Set.of());
    private final Plans plans = new Plans(100, () -> Statistics.UNKNOWN);
    private final PreparedText held;
    private final LongParameter parameter = new LongParameter();

    /** Prepares the statement. */
    public RoutingBenchmark() {
        try {
            held = plans.text(SQL, true, true);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An execution of a statement that the application holds. */
    @Benchmark
    public int heldStatement() throws SQLException {
        return shard(plans.plan(held, 0, map, scope, () -> Statistics.UNKNOWN));
    }

    /** An execution of a text that was executed before. */
    @Benchmark
    public int cachedText() throws SQLException {
        return shard(plans.plan(plans.text(SQL, true, true), 0, map, scope, () -> Statistics.UNKNOWN));
    }

    /** The first execution of a text. */
    @Benchmark
    public int newText() throws SQLException {
        Plans empty = new Plans(1, () -> Statistics.UNKNOWN);
        return shard(empty.plan(empty.text(SQL, true, true), 0, map, scope, () -> Statistics.UNKNOWN));
    }

    private int shard(Plan plan) {
        if (!(plan instanceof Plan.Sharded sharded)) {
            throw new IllegalStateException("not a plan for shards: " + plan);
        }
        parameter.value++;
        int shard = sharded.selector().single(parameter, map);
        if (shard < 0) {
            throw new IllegalStateException("not one shard: " + shard);
        }
        return shard;
    }

    private static ClusterMap twoShards() {
        Table item = new Table(
                new TableName("public", "item"),
                new TableDistribution.Distributed("id", KeyType.BIGINT),
                List.of(column("id", "bigint", true), column("name", "text", false), column("price", "integer", false)),
                Table.State.ACTIVE);
        return new ClusterMap(
                "default",
                1,
                new ClusterProperties("app", 4096, "C", true, 18),
                List.of(shard(0, 0, 2047), shard(1, 2048, 4095)),
                Map.of(
                        "pg0",
                        new Node(1, "pg0", "127.0.0.1", 1, "app"),
                        "pg1",
                        new Node(2, "pg1", "127.0.0.1", 2, "app")),
                Map.of(item.name(), item),
                Map.of());
    }

    private static Column column(String name, String type, boolean notNull) {
        return new Column(name, type, notNull, null, null, Column.DefaultKind.NONE);
    }

    private static Shard shard(int ordinal, int firstBucket, int lastBucket) {
        return new Shard(
                "s" + ordinal,
                ordinal,
                "pg" + ordinal,
                List.of(),
                1,
                List.of(new BucketRange(firstBucket, lastBucket)));
    }

    /** One bigint. */
    private static final class LongParameter implements Parameters {
        private long value;

        @Override
        public int count() {
            return 1;
        }

        @Override
        public boolean isLong(int index) {
            return true;
        }

        @Override
        public long longValue(int index) {
            return value;
        }

        @Override
        public Object value(int index) {
            return value;
        }
    }
}
