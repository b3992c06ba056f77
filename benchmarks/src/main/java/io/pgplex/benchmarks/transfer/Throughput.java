package io.pgplex.benchmarks.transfer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Measures how many transfers a contender makes in a second, with several threads that make them back to back. */
final class Throughput implements AutoCloseable {

    static final int THREADS = 8;

    private final Bank bank;
    private final Duration turn;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    /** A turn is how long transfers are begun; those under way at its end count, and so does the time that they still take. */
    Throughput(Bank bank, Duration turn) {
        this.bank = bank;
        this.turn = turn;
    }

    /**
     * One turn of a contender.
     *
     * @param seed decides about accounts and amounts: equal seeds, equal transfers
     * @return transfers per second
     */
    double of(Contender contender, long seed) throws InterruptedException {
        bank.checkpoint();
        SplittableRandom random = new SplittableRandom(seed);
        long begin = System.nanoTime();
        List<Callable<Long>> workers = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            SplittableRandom own = random.split();
            workers.add(() -> transfersUntil(begin + turn.toNanos(), contender, own));
        }
        long transfers = 0;
        for (Future<Long> worker : threads.invokeAll(workers)) {
            transfers += result(contender, worker);
        }
        return transfers * 1e9 / (System.nanoTime() - begin);
    }

    private long transfersUntil(long end, Contender contender, SplittableRandom random) throws Exception {
        long transfers = 0;
        while (System.nanoTime() - end < 0) {
            contender.make(bank.randomTransfer(random));
            transfers++;
        }
        return transfers;
    }

    private static long result(Contender contender, Future<Long> worker) throws InterruptedException {
        try {
            return worker.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(contender.name() + " failed", e.getCause());
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
