package io.pgplex.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.hint.HintParser;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Refusal;
import io.pgplex.routing.plan.explain.PlanText;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.scan.StatementScanner;
import io.pgplex.routing.statistics.Statistics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every statement in {@code plans/*.txt} has the plan that is written below it. With the system property
 * {@code golden.write} set to the resource directory the files are written anew instead; read the difference.
 */
class GoldenPlansTest {

    private static final List<String> FILES = List.of(
            "route",
            "joins",
            "keys",
            "subqueries",
            "order",
            "aggregates",
            "setoperations",
            "writes",
            "names",
            "functions");
    private static final String SEPARATOR = "----";

    private static final ClusterMap MAP = OrderEntry.map();
    private static final RoutingScope SCOPE = new RoutingScope(List.of("public"), Set.of("scratch"));

    private record Case(String sql, String plan) {}

    @TestFactory
    Stream<DynamicTest> plansAreAsWritten() throws IOException {
        String directory = System.getProperty("golden.write");
        List<DynamicTest> tests = new ArrayList<>();
        for (String file : FILES) {
            List<Case> cases = read(file);
            if (directory != null) {
                write(Path.of(directory, file + ".txt"), cases);
            }
            for (Case each : cases) {
                if (directory == null) {
                    tests.add(DynamicTest.dynamicTest(file + ": " + each.sql, () -> assertThat(plan(each.sql))
                            .isEqualTo(each.plan)));
                }
            }
        }
        return tests.stream();
    }

    @Test
    void thereAreManyPlans() throws IOException {
        int cases = 0;
        for (String file : FILES) {
            cases += read(file).size();
        }
        assertThat(cases).isGreaterThanOrEqualTo(250);
    }

    static String plan(String sql) {
        try {
            ScannedStatement statement = StatementScanner.scan(sql).get(0);
            Plan plan = Router.plan(statement, HintParser.parse(statement.hintTexts()), MAP, SCOPE, Statistics.UNKNOWN);
            return PlanText.render(plan, MAP).strip();
        } catch (RoutingException refused) {
            Refusal refusal = refused.refusal();
            return "Refused: " + refusal.sqlState() + " " + refusal.message()
                    + (refusal.position() > 0 ? " at " + refusal.position() : "");
        }
    }

    private static List<Case> read(String file) throws IOException {
        String name = "plans/" + file + ".txt";
        try (InputStream in = Objects.requireNonNull(GoldenPlansTest.class.getResourceAsStream(name), name)) {
            List<Case> cases = new ArrayList<>();
            StringBuilder sql = new StringBuilder();
            StringBuilder plan = new StringBuilder();
            boolean inPlan = false;
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (line.equals(SEPARATOR)) {
                    inPlan = true;
                } else if (line.isBlank()) {
                    if (sql.length() > 0) {
                        cases.add(
                                new Case(sql.toString().strip(), plan.toString().strip()));
                    }
                    sql.setLength(0);
                    plan.setLength(0);
                    inPlan = false;
                } else {
                    (inPlan ? plan : sql).append(line).append('\n');
                }
            }
            return cases;
        }
    }

    private static void write(Path file, List<Case> cases) throws IOException {
        StringBuilder out = new StringBuilder();
        for (Case each : cases) {
            out.append(each.sql)
                    .append('\n')
                    .append(SEPARATOR)
                    .append('\n')
                    .append(plan(each.sql))
                    .append("\n\n");
        }
        Files.writeString(file, out);
    }
}
