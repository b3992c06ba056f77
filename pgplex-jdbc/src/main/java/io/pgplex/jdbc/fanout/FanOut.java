package io.pgplex.jdbc.fanout;

import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Runs blocking calls in parallel: one on the calling thread, the others on virtual threads where the JVM has them, else on
 * daemon threads. The number of threads is bounded by the number of leases that their callers hold. Thread-safe.
 *
 * <p>Every call is waited for, whatever the others do and even when the waiting thread is interrupted, so that no call
 * still uses a connection that its caller thinks free, and no answer is ever half of one. An interrupt is kept for the
 * caller.
 */
public final class FanOut implements AutoCloseable {

    /** Seconds for which an idle thread is kept. */
    private static final long IDLE_SECONDS = 30;

    private final ExecutorService threads;

    public FanOut(String name) {
        ExecutorService virtual = virtualThreads();
        this.threads = virtual != null ? virtual : daemonThreads(name);
    }

    /** {@code Executors.newVirtualThreadPerTaskExecutor()} of Java 21 and later, else null. */
    private static @Nullable ExecutorService virtualThreads() {
        if (Runtime.version().feature() < 21) {
            return null;
        }
        try {
            Method factory = Executors.class.getMethod("newVirtualThreadPerTaskExecutor");
            return (ExecutorService) factory.invoke(null);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private static ExecutorService daemonThreads(String name) {
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread thread = new Thread(task, name + "-fragment-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /**
     * Runs every call and waits for all.
     *
     * @param onFailure run once, by the thread whose call failed first, while others may still be running: the place to
     *     cancel them
     * @return one outcome a call, in their order
     */
    public <T extends @Nullable Object> List<Outcome<T>> all(List<? extends Callable<T>> calls, Runnable onFailure) {
        int size = calls.size();
        AtomicReferenceArray<@Nullable Outcome<T>> outcomes = new AtomicReferenceArray<>(size);
        AtomicInteger failures = new AtomicInteger();
        CountDownLatch others = new CountDownLatch(size - 1);
        for (int i = 1; i < size; i++) {
            int index = i;
            Runnable task = () -> {
                try {
                    outcomes.set(index, run(calls.get(index), failures, onFailure));
                } finally {
                    others.countDown();
                }
            };
            start(task);
        }
        outcomes.set(0, run(calls.get(0), failures, onFailure));
        await(others);
        List<Outcome<T>> inOrder = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            Outcome<T> outcome = outcomes.get(i);
            inOrder.add(
                    outcome != null
                            ? outcome
                            : new Outcome<>(null, new SQLException("a call ended without a word", "XX000")));
        }
        return inOrder;
    }

    /** Begins one call on another thread, which the caller may stop waiting for; fails at once where no thread is to be had. */
    public <T extends @Nullable Object> CompletableFuture<T> begin(Callable<T> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            threads.execute(() -> {
                try {
                    result.complete(call.call());
                } catch (Throwable e) { // whoever waits must hear of it
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            result.completeExceptionally(e);
        }
        return result;
    }

    /** Where no thread is to be had the caller's own must do. */
    private void start(Runnable task) {
        try {
            threads.execute(task);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            task.run();
        }
    }

    private static <T extends @Nullable Object> Outcome<T> run(
            Callable<T> call, AtomicInteger failures, Runnable onFailure) {
        try {
            return new Outcome<>(call.call(), null);
        } catch (Throwable e) {
            if (failures.getAndIncrement() == 0) {
                onFailure.run();
            }
            return new Outcome<>(null, e);
        }
    }

    private static void await(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
