package io.pgplex.routing.analyze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.OrderEntry;
import io.pgplex.routing.RoutingException;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.analyze.syntax.Query;
import io.pgplex.routing.analyze.syntax.StatementParser;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the analysis of statements costs, counted. {@code #} stands for a number that counts up. */
class EffortTest {

    private static final ClusterMap MAP = OrderEntry.map();

    private static int steps(String head, String repeated, int times, String tail) {
        String middle = IntStream.range(0, times)
                .mapToObj(i -> repeated.replace("#", Integer.toString(i)))
                .collect(Collectors.joining());
        ScannedStatement text = StatementScanner.scan(head + middle + tail).get(0);
        Query query = Objects.requireNonNull(StatementParser.parse(text).query());
        Resolver resolver = new Resolver(MAP, new RoutingScope(List.of("public"), Set.of()));
        Resolution resolution = resolver.query(query, text);
        new ShardAnalysis(new KeyConstants(MAP.buckets())).uses(resolution);
        new Placements(new FunctionRules(false)).rows(Placements.anyBlock(resolution.query()));
        return resolver.effort().steps();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1 from customers where id = 1| or id = #|",
                "select 1 from customers where id = 1| and name = '#'|",
                "select 1 from customers where id = 1| + #|",
                "select 1 from customers where id in (1|, #|)",
                "select 1 from customers where id in (1|, 1 + #|)",
                "select 1|, id + #| from customers",
                "select 1|, now()| from customers",
                "select case| when id = # then 1| end from customers",
                "select 1 from customers order by id|, name|",
                "select 1 from (values (1)|, (#)|) v (k) join customers on id = k",
            })
    void growsWithTheText(String sql) {
        String[] parts = sql.split("\\|", -1);
        int once = steps(parts[0], parts[1], 400, parts[2]);
        int twice = steps(parts[0], parts[1], 800, parts[2]);
        assertThat(once).isPositive();
        assertThat(twice).isLessThan(3 * once);
    }

    @Test
    void growsFasterWithJoinsAndEnds() {
        String head = "select 1 from customers c";
        String join = " join customers c# on c.id = c#.id";
        assertThat(steps(head, join, 60, "")).isLessThan(Effort.MAX_STEPS / 10);
        assertThatThrownBy(() -> steps(head, join, 600, ""))
                .isInstanceOf(RoutingException.class)
                .hasMessage("statement is too complex to be routed");
    }
}
