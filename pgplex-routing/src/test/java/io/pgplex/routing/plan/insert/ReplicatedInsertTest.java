package io.pgplex.routing.plan.insert;

import static io.pgplex.routing.plan.insert.InsertFixture.COUNTRIES;
import static io.pgplex.routing.plan.insert.InsertFixture.SCOPE;
import static io.pgplex.routing.plan.insert.InsertFixture.evaluations;
import static io.pgplex.routing.plan.insert.InsertFixture.refusal;
import static io.pgplex.routing.plan.insert.InsertFixture.sharded;
import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.routing.TestCluster;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.scan.StatementScanner;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicatedInsertTest {

    private static Scatter scatter(String sql) {
        Plan.Sharded plan = sharded(COUNTRIES, sql);
        assertThat(plan.selector()).isEqualTo(new ShardSelector.AllShards());
        Scatter scatter = Objects.requireNonNull(plan.scatter());
        assertThat(scatter.merge()).isInstanceOf(Merge.Copies.class);
        return scatter;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO countries VALUES (1, 'DE', '2026-01-01', NULL)",
                "INSERT INTO countries VALUES (?, upper(?), ?::timestamptz, ARRAY[1, 2]), (2, 'x' || ?, null, '{}')",
                "INSERT INTO countries VALUES (1, 'no', NULL, NULL) ON CONFLICT (id) DO UPDATE SET code = lower(excluded.code)",
                "INSERT INTO countries VALUES (1, 'now', DATE '2026-01-01', NULL) RETURNING random()",
            })
    void whatEveryServerComputesAlikeIsSentAsItStands(String sql) {
        Scatter scatter = scatter(sql);
        assertThat(scatter.fragment().sql()).isEqualTo(sql);
        assertThat(scatter.evaluations()).isEmpty();
    }

    @Test
    void defaultsAreFilledInPerRow() {
        Scatter scatter = scatter("INSERT INTO countries (code) VALUES ('DE'), (?)");
        assertThat(scatter.fragment())
                .isEqualTo(new Fragment(
                        "INSERT INTO countries (code, \"id\", \"added\") OVERRIDING SYSTEM VALUE VALUES"
                                + " ('DE', CAST(? AS integer), CAST(? AS timestamp with time zone)),"
                                + " (?, CAST(? AS integer), CAST(? AS timestamp with time zone))",
                        new int[] {1, 2, 0, 3, 4}));
        assertThat(evaluations(scatter.evaluations()))
                .containsExactly(
                        "nextval('public.countries_id_seq'::regclass) [] as integer",
                        "now() [] as timestamp with time zone",
                        "nextval('public.countries_id_seq'::regclass) [] as integer",
                        "now() [] as timestamp with time zone");
    }

    @Test
    void defaultValuesAndDefaultAreFilledIn() {
        assertThat(scatter("INSERT INTO countries DEFAULT VALUES RETURNING id")
                        .fragment()
                        .sql())
                .isEqualTo("INSERT INTO countries (\"id\", \"added\") OVERRIDING SYSTEM VALUE VALUES"
                        + " (CAST(? AS integer), CAST(? AS timestamp with time zone)) RETURNING id");
        assertThat(scatter("INSERT INTO countries (id, code, added) VALUES (DEFAULT, DEFAULT, '2026-01-01')")
                        .fragment()
                        .sql())
                .isEqualTo("INSERT INTO countries (id, code, added) OVERRIDING SYSTEM VALUE VALUES"
                        + " (CAST(? AS integer), DEFAULT, '2026-01-01')");
    }

    @Test
    void whatServersComputeDifferentlyIsComputedOnce() {
        Scatter scatter = scatter("INSERT INTO countries (id, code, added) VALUES"
                + " (random() * ?, my_function(), 'today'), ((SELECT max(id) FROM countries), version(), now())"
                + " ON CONFLICT (id) DO UPDATE SET added = now()");
        assertThat(evaluations(scatter.evaluations()))
                .containsExactly(
                        "CAST(random() * ? AS integer) [0] as integer",
                        "CAST(my_function() AS bpchar) [] as bpchar",
                        "CAST('today' AS timestamp with time zone) [] as timestamp with time zone",
                        "CAST((SELECT max(id) FROM countries) AS integer) [] as integer",
                        "CAST(version() AS bpchar) [] as bpchar",
                        "CAST(now() AS timestamp with time zone) [] as timestamp with time zone",
                        "now() [] as timestamp with time zone");
        assertThat(scatter.fragment().parameters()).containsExactly(1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void leavesToImagesWhatWouldMakeCopiesDiffer() {
        String head = "INSERT INTO countries (id, code, added) VALUES (1, 'DE', NULL) ON CONFLICT (id) DO UPDATE SET ";
        assertThat(refusal(COUNTRIES, head + "code = random()").message()).contains("random");
        assertThat(refusal(COUNTRIES, head + "code = my_function()").message()).contains("my_function");
        assertThat(refusal(COUNTRIES, head + "added = DEFAULT").message()).contains("\"added\"");
        assertThat(refusal(COUNTRIES, head + "id = DEFAULT").message()).contains("nextval");
        assertThat(refusal(COUNTRIES, head + "code = (SELECT 'x')").message()).contains("subquery");
        assertThat(refusal(COUNTRIES, "INSERT INTO countries (id, added, code) VALUES (1, NULL, (SELECT v FROM items))")
                        .message())
                .isEqualTo("subquery over table \"items\" in VALUES is not supported");
        assertThat(refusal(COUNTRIES, "INSERT INTO countries (id, added, parts[1]) VALUES (1, NULL, random())")
                        .message())
                .contains("\"parts\"");
        assertThat(refusal(COUNTRIES, "INSERT INTO countries (id, added) VALUES (1, NULL) RETURNING my_function()")
                        .message())
                .contains("my_function");
    }

    @Test
    void oneShardTakesTheOriginal() {
        String sql = "INSERT INTO countries DEFAULT VALUES";
        Plan plan =
                InsertPlanner.plan(StatementScanner.scan(sql).get(0), COUNTRIES, TestCluster.of(1, COUNTRIES), SCOPE);
        assertThat(plan).isInstanceOf(Plan.Sharded.class);
        assertThat(((Plan.Sharded) plan).original().sql()).isEqualTo(sql);
        assertThat(((Plan.Sharded) plan).scatter()).isNull();
    }
}
