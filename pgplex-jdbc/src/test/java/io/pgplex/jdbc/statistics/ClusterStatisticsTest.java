package io.pgplex.jdbc.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.pgplex.jdbc.statistics.ShardStatistics.ShardColumn;
import io.pgplex.jdbc.statistics.ShardStatistics.ShardTable;
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
import io.pgplex.routing.statistics.ColumnStatistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.postgresql.core.Oid;

/** Two shards' figures put together. */
class ClusterStatisticsTest {

    private static final TableName DISTRIBUTED = new TableName("public", "d");
    private static final TableName REPLICATED = new TableName("public", "r");
    private static final TableName LOCAL = new TableName("public", "l");

    private static final ClusterMap MAP = new ClusterMap(
            "default",
            1,
            new ClusterProperties("app", 4096, "C", true, 18),
            List.of(
                    new Shard("s1", 0, "n", List.of(), 1, List.of(new BucketRange(0, 2047))),
                    new Shard("s2", 1, "n", List.of(), 1, List.of(new BucketRange(2048, 4095)))),
            Map.of("n", new Node(1, "n", "127.0.0.1", 1, "app")),
            Map.of(
                    DISTRIBUTED,
                    table(DISTRIBUTED, new TableDistribution.Distributed("k", KeyType.BIGINT)),
                    REPLICATED,
                    table(REPLICATED, new TableDistribution.Replicated())),
            Map.of());

    private static Table table(TableName name, TableDistribution distribution) {
        return new Table(
                name,
                distribution,
                List.of(
                        new Column("k", "bigint", false, null, null, Column.DefaultKind.NONE),
                        new Column("v", "text", false, null, null, Column.DefaultKind.NONE)),
                Table.State.ACTIVE);
    }

    private static ShardTable part(double rows, ShardColumn... columns) {
        return new ShardTable(rows, List.of(columns), List.of());
    }

    private static ShardColumn key(double distinct) {
        return new ShardColumn("k", "bigint", null, 0, 8, distinct);
    }

    private static ShardColumn value(double nullFraction, double averageBytes, double distinct) {
        return new ShardColumn("v", "text", null, nullFraction, averageBytes, distinct);
    }

    private static TableStatistics together(TableName name, ShardTable first, ShardTable second) {
        return Objects.requireNonNull(ClusterStatistics.of(
                        MAP,
                        Map.of(
                                "s1", new ShardStatistics(Map.of(name, first)),
                                "s2", new ShardStatistics(Map.of(name, second))))
                .table(name));
    }

    private static double distinct(TableStatistics table, String column) {
        return Objects.requireNonNull(table.column(column)).distinctValues();
    }

    @Test
    void rowsAndKeysOfADistributedTableAddUp() {
        TableStatistics table =
                together(DISTRIBUTED, part(100, key(40), value(0, 10, 5)), part(300, key(50), value(0, 10, 7)));
        assertThat(table.rows()).isEqualTo(400);
        assertThat(distinct(table, "k")).isEqualTo(90);
        assertThat(distinct(table, "v")).isEqualTo(7);
    }

    @Test
    void valuesWhoseNumberGrowsWithTheRowsAddUp() {
        TableStatistics table =
                together(DISTRIBUTED, part(100, key(-1), value(0, 10, -0.5)), part(300, key(-1), value(0, 10, -0.5)));
        assertThat(distinct(table, "k")).isEqualTo(400);
        assertThat(distinct(table, "v")).isEqualTo(200);
    }

    @Test
    void thereAreNoMoreValuesThanRows() {
        TableStatistics table =
                together(DISTRIBUTED, part(10, key(40), value(0, 10, 50)), part(0, key(0), value(0, 10, 0)));
        assertThat(distinct(table, "k")).isEqualTo(10);
        assertThat(distinct(table, "v")).isEqualTo(10);
    }

    @Test
    void anEmptyTableHasOneValueAtLeast() {
        TableStatistics table =
                together(DISTRIBUTED, part(0, key(0), value(0.5, 12, 0)), part(0, key(0), value(0, 32, 0)));
        assertThat(table.rows()).isZero();
        assertThat(distinct(table, "k")).isEqualTo(1);
        assertThat(table.column("v")).isEqualTo(new ColumnStatistics("v", "text", null, 0.5, 12, 1));
    }

    @Test
    void averagesAreWeightedByRows() {
        ColumnStatistics value = Objects.requireNonNull(
                together(DISTRIBUTED, part(100, key(-1), value(1, 32, 0)), part(300, key(-1), value(0.5, 10, 3)))
                        .column("v"));
        assertThat(value.nullFraction()).isCloseTo(250 / 400.0, within(1e-9));
        assertThat(value.averageBytes()).isEqualTo(10);
    }

    @Test
    void otherTablesAreAsTheHomeShardSays() {
        assertThat(together(REPLICATED, part(100, key(-1)), part(90, key(-1))).rows())
                .isEqualTo(100);
        assertThat(together(LOCAL, part(7, key(-1)), part(90, key(-1))).rows()).isEqualTo(7);
    }

    @Test
    void aDistributedTableIsKnownOnceEveryShardKnowsIt() {
        ShardStatistics first = new ShardStatistics(Map.of(DISTRIBUTED, part(5, key(-1)), LOCAL, part(6)));
        assertThat(ClusterStatistics.of(MAP, Map.of("s1", first)).table(DISTRIBUTED))
                .isNull();
        assertThat(ClusterStatistics.of(MAP, Map.of("s1", first)).table(LOCAL)).isNotNull();
        assertThat(ClusterStatistics.of(MAP, Map.of("s2", first)).tables()).isEmpty();
    }

    @Test
    void sizesOfTypesAreThePlanners() {
        assertThat(PlannerEstimates.averageBytes(Oid.INT8, -1, 8)).isEqualTo(8);
        assertThat(PlannerEstimates.averageBytes(Oid.TEXT, -1, -1)).isEqualTo(32);
        assertThat(PlannerEstimates.averageBytes(Oid.VARCHAR, 4 + 5, -1)).isEqualTo(24);
        assertThat(PlannerEstimates.averageBytes(Oid.VARCHAR, 4 + 100, -1)).isEqualTo(218);
        assertThat(PlannerEstimates.averageBytes(Oid.VARCHAR, 4 + 10_000, -1)).isEqualTo(516);
        assertThat(PlannerEstimates.averageBytes(Oid.BPCHAR, 4 + 100, -1)).isEqualTo(404);
        assertThat(PlannerEstimates.averageBytes(Oid.NUMERIC, (10 << 16 | 2) + 4, -1))
                .isEqualTo(16);
    }

    @Test
    void whatIsUnknownIsThePlannersGuess() {
        assertThat(PlannerEstimates.distinctValues(0, 1000, "text", false)).isEqualTo(200);
        assertThat(PlannerEstimates.distinctValues(0, 50, "text", false)).isEqualTo(50);
        assertThat(PlannerEstimates.distinctValues(0, 1000, "boolean", false)).isEqualTo(2);
        assertThat(PlannerEstimates.distinctValues(0, 1000, "text", true)).isEqualTo(1000);
    }
}
