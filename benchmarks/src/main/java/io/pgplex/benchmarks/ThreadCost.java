package io.pgplex.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What one iteration cost the benchmark's own thread. A benchmark that takes it as a parameter is reported by
 * {@link ThreadCostProfiler}. Servers and pools work on other threads, which this leaves out.
 *
 * <p>User time is as exact as the kernel's clock tick, often 10 ms: iterations last seconds.
 */
@State(Scope.Thread)
public class ThreadCost {

    /** CPU time and garbage, in nanoseconds and bytes. */
    record Cost(long userNanos, long cpuNanos, long allocatedBytes) {

        static final Cost NOTHING = new Cost(0, 0, 0);

        static Cost now(ThreadMXBean threads) {
            return new Cost(
                    threads.getCurrentThreadUserTime(),
                    threads.getCurrentThreadCpuTime(),
                    threads.getThreadAllocatedBytes(Thread.currentThread().getId()));
        }

        Cost plus(Cost other) {
            return new Cost(
                    userNanos + other.userNanos, cpuNanos + other.cpuNanos, allocatedBytes + other.allocatedBytes);
        }

        Cost minus(Cost other) {
            return new Cost(
                    userNanos - other.userNanos, cpuNanos - other.cpuNanos, allocatedBytes - other.allocatedBytes);
        }
    }

    private static final Object LOCK = new Object();
    private static Cost spent = Cost.NOTHING;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private Cost start = Cost.NOTHING;

    @Setup(Level.Iteration)
    public void start() {
        start = Cost.now(threads);
    }

    @TearDown(Level.Iteration)
    public void stop() {
        Cost cost = Cost.now(threads).minus(start);
        synchronized (LOCK) {
            spent = spent.plus(cost);
        }
    }

    /** What all threads have spent since the last call. */
    static Cost take() {
        synchronized (LOCK) {
            Cost taken = spent;
            spent = Cost.NOTHING;
            return taken;
        }
    }
}
