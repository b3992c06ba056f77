package io.pgplex.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** Reports {@link ThreadCost} per operation. JMH makes it by its name. */
public final class ThreadCostProfiler implements InternalProfiler {

    static final String USER = "thread.user";
    static final String CPU = "thread.cpu";
    static final String ALLOCATED = "thread.alloc";

    @Override
    public String getDescription() {
        return "user CPU, CPU and allocation of the benchmark's thread per operation";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        ThreadCost.take();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        ThreadCost.Cost cost = ThreadCost.take();
        if (cost.cpuNanos() == 0) {
            return List.of(); // a benchmark that does not take it
        }
        double operations = result.getMetadata().getAllOps();
        List<Result<?>> results = new ArrayList<>();
        results.add(perOperation(USER, cost.userNanos() / operations, "ns/op"));
        results.add(perOperation(CPU, cost.cpuNanos() / operations, "ns/op"));
        results.add(perOperation(ALLOCATED, cost.allocatedBytes() / operations, "B/op"));
        return results;
    }

    private static Result<?> perOperation(String name, double value, String unit) {
        return new ScalarResult(name, value, unit, AggregationPolicy.AVG);
    }
}
