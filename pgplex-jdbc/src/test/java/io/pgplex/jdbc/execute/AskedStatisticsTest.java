package io.pgplex.jdbc.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.statistics.Statistics;
import io.pgplex.routing.statistics.TableStatistics;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When a plan is made again. */
class AskedStatisticsTest {

    private static final TableName A = new TableName("public", "a");
    private static final TableName B = new TableName("public", "b");

    private static Statistics sizes(Map<TableName, Integer> rows) {
        return name -> {
            Integer known = rows.get(name);
            return known == null ? null : new TableStatistics(known, List.of(), List.of());
        };
    }

    private static AskedStatistics.Basis toldOfA(Statistics statistics) {
        AskedStatistics asked = new AskedStatistics(() -> statistics);
        asked.table(A);
        return Objects.requireNonNull(asked.basis());
    }

    @Test
    void whoDoesNotAskDependsOnNothing() {
        AtomicInteger questions = new AtomicInteger();
        AskedStatistics asked = new AskedStatistics(() -> {
            questions.incrementAndGet();
            return Statistics.UNKNOWN;
        });
        assertThat(asked.basis()).isNull();
        assertThat(questions).hasValue(0);
        assertThat(asked.table(A)).isNull();
        assertThat(asked.table(B)).isNull();
        assertThat(questions).as("one value for the whole plan").hasValue(1);
        assertThat(asked.basis()).isNotNull();
    }

    @Test
    void holdsWhileTheTablesKeepTheirSizeByHalf() {
        AskedStatistics.Basis basis = toldOfA(sizes(Map.of(A, 1000, B, 1000)));
        assertThat(basis.holds(sizes(Map.of(A, 1000, B, 1000)))).isTrue();
        assertThat(basis.holds(sizes(Map.of(A, 2000)))).isTrue();
        assertThat(basis.holds(sizes(Map.of(A, 500)))).isTrue();
        assertThat(basis.holds(sizes(Map.of(A, 2001)))).isFalse();
        assertThat(basis.holds(sizes(Map.of(A, 499)))).isFalse();
    }

    @Test
    void whatIsSmallMayGrowAndShrink() {
        AskedStatistics.Basis basis = toldOfA(sizes(Map.of(A, 3)));
        assertThat(basis.holds(sizes(Map.of(A, 0)))).isTrue();
        assertThat(basis.holds(sizes(Map.of(A, 200)))).isTrue();
        assertThat(basis.holds(sizes(Map.of(A, 201)))).isFalse();
    }

    @Test
    void endsWhenATableBecomesKnownOrUnknown() {
        assertThat(toldOfA(Statistics.UNKNOWN).holds(Statistics.UNKNOWN)).isTrue();
        assertThat(toldOfA(Statistics.UNKNOWN).holds(sizes(Map.of(B, 5)))).isTrue();
        assertThat(toldOfA(Statistics.UNKNOWN).holds(sizes(Map.of(A, 0)))).isFalse();
        assertThat(toldOfA(sizes(Map.of(A, 5))).holds(Statistics.UNKNOWN)).isFalse();
    }
}
