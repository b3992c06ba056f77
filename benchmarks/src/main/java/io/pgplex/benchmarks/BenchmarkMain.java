package io.pgplex.benchmarks;

import io.pgplex.jdbc.execute.RoutingBenchmark;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs the benchmarks and prints what pgplex costs above pgjdbc. Arguments are JMH's own, such as {@code -f 1 -wi 2};
 * without a pattern among them, everything runs.
 */
public final class BenchmarkMain {

    /** What an execution of a cached statement may cost the client above pgjdbc with HikariCP. */
    private static final double GOAL_USER_NANOS = 1000;

    private static final double GOAL_BYTES = 512;

    private BenchmarkMain() {}

    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        CommandLineOptions commandLine = new CommandLineOptions(arguments);
        OptionsBuilder options = new OptionsBuilder();
        options.parent(commandLine);
        options.shouldFailOnError(true);
        if (commandLine.getIncludes().isEmpty()) {
            options.include(PointSelectBenchmark.class.getName());
            options.include(RoutingBenchmark.class.getName());
        }
        options.jvmArgsAppend("-Xmx512m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        options.addProfiler(GCProfiler.class);
        options.addProfiler(ThreadCostProfiler.class);
        report(run(options.build()));
    }

    private static Map<String, RunResult> run(Options options) throws RunnerException {
        Collection<RunResult> results = new Runner(options).run();
        Map<String, RunResult> byName = new TreeMap<>();
        for (RunResult result : results) {
            byName.put(name(result.getParams()), result);
        }
        return byName;
    }

    /** Class, method and parameters, such as {@code PointSelectBenchmark.pgplexHeld(stub)}. */
    private static String name(BenchmarkParams benchmark) {
        String name = benchmark.getBenchmark();
        StringJoiner parameters = new StringJoiner(", ", "(", ")").setEmptyValue("");
        benchmark.getParamsKeys().forEach(key -> parameters.add(benchmark.getParam(key)));
        return name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1) + parameters;
    }

    private static void report(Map<String, RunResult> results) {
        System.out.printf("%n%-44s %12s %12s %12s %12s%n", "per operation", "time", "user CPU", "CPU", "garbage");
        results.forEach((name, result) -> {
            Result<?> time = result.getPrimaryResult();
            System.out.printf(
                    "%-44s %,9.2f %s",
                    name, time.getScore(), time.getScoreUnit().replace("/op", ""));
            if (result.getSecondaryResults().containsKey(ThreadCostProfiler.CPU)) {
                System.out.printf(
                        " %,9.0f ns %,9.0f ns %,10.0f B%n",
                        value(result, ThreadCostProfiler.USER),
                        value(result, ThreadCostProfiler.CPU),
                        value(result, ThreadCostProfiler.ALLOCATED));
            } else {
                System.out.printf(" %12s %12s %,10.0f B%n", "", "", value(result, "gc.alloc.rate.norm"));
            }
        });
        System.out.printf("%n%-48s %17s %13s%n", "difference per operation", "user CPU", "garbage");
        for (String answeredBy : List.of("(server)", "(stub)")) {
            difference(results, "pgplexHeld" + answeredBy, "pgjdbcBorrowed" + answeredBy);
            difference(results, "pgplexHeld" + answeredBy, "pgjdbcHeld" + answeredBy);
            difference(results, "pgplexBorrowed" + answeredBy, "pgjdbcBorrowed" + answeredBy);
        }
        System.out.printf("%-48s %+,14.0f ns %+,11.0f B%n", "goal: at most", GOAL_USER_NANOS, GOAL_BYTES);
    }

    private static void difference(Map<String, RunResult> results, String pgplex, String pgjdbc) {
        RunResult ours = results.get("PointSelectBenchmark." + pgplex);
        RunResult theirs = results.get("PointSelectBenchmark." + pgjdbc);
        if (ours != null && theirs != null) {
            System.out.printf(
                    "%-48s %+,14.0f ns %+,11.0f B%n",
                    pgplex + " - " + pgjdbc,
                    value(ours, ThreadCostProfiler.USER) - value(theirs, ThreadCostProfiler.USER),
                    value(ours, ThreadCostProfiler.ALLOCATED) - value(theirs, ThreadCostProfiler.ALLOCATED));
        }
    }

    private static double value(RunResult result, String metric) {
        Result<?> found = result.getSecondaryResults().get(metric);
        return found == null ? Double.NaN : found.getScore();
    }
}
