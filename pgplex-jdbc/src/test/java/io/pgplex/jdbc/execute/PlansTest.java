package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which plans are kept when the sizes of tables change. */
class PlansTest {

    private static final String ROUTED = "SELECT * FROM a WHERE k = 1";
    private static final String MOVED = "SELECT * FROM a JOIN b ON a.v = b.v";

    private final RoutingScope scope = new RoutingScope(List.of("public"), Set.of());
    private final ClusterMap map = map();
    private Statistics current = Statistics.UNKNOWN;
    private int questions;
    private final Plans plans = new Plans(100, () -> current);

    private static ClusterMap map() {
        Table a = table("a");
        Table b = table("b");
        return new ClusterMap(
                "default",
                1,
                new ClusterProperties("app", 4096, "C", true, 18),
                List.of(
                        new Shard("s1", 0, "n", List.of(), 1, List.of(new BucketRange(0, 2047))),
                        new Shard("s2", 1, "n", List.of(), 1, List.of(new BucketRange(2048, 4095)))),
                Map.of("n", new Node(1, "n", "127.0.0.1", 1, "app")),
                Map.of(a.name(), a, b.name(), b),
                Map.of());
    }

    private static Table table(String name) {
        return new Table(
                new TableName("public", name),
                new TableDistribution.Distributed("k", KeyType.BIGINT),
                List.of(
                        new Column("k", "bigint", true, null, null, Column.DefaultKind.NONE),
                        new Column("v", "bigint", false, null, null, Column.DefaultKind.NONE)),
                Table.State.ACTIVE);
    }

    private Plan plan(String sql) throws SQLException {
        return plans.plan(plans.text(sql, true, true), 0, map, scope, () -> {
            questions++;
            return current;
        });
    }

    private void sizes(int a, int b) {
        TableStatistics sizeOfA = new TableStatistics(a, List.of(), List.of());
        TableStatistics sizeOfB = new TableStatistics(b, List.of(), List.of());
        current = name -> name.name().equals("a") ? sizeOfA : sizeOfB;
    }

    @Test
    void aRouteDependsOnNoSizes() throws SQLException {
        Plan plan = plan(ROUTED);
        sizes(1_000_000, 1_000_000);
        assertThat(plan(ROUTED)).isSameAs(plan);
        assertThat(questions).isZero();
    }

    @Test
    void whatTravelsIsChosenAgainWhenTheSizesAreKnown() throws SQLException {
        Plan unknown = plan(MOVED);
        assertThat(plan(MOVED)).isSameAs(unknown);
        assertThat(questions).isEqualTo(1);
        sizes(1000, 1_000_000);
        Plan small = plan(MOVED);
        assertThat(small).isNotSameAs(unknown);
        assertThat(questions).isEqualTo(2);
        sizes(1100, 900_000);
        assertThat(plan(MOVED)).isSameAs(small);
        assertThat(questions).isEqualTo(2);
        sizes(1000, 100);
        assertThat(plan(MOVED)).isNotSameAs(small);
    }
}
