package io.pgplex.jdbc.execute;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work on a thread whose stack is large, whatever the caller's: an application's threads may have small ones. The caller
 * waits; interrupting it changes nothing, for the work is short. Thread-safe.
 */
final class LargeStack {

    /** Address space; memory is taken as far down as the work really goes. */
    private static final long BYTES = 16L << 20;

    private LargeStack() {}

    /**
     * The work's result.
     *
     * @throws ExecutionException with what the work threw as its cause
     */
    static <T> T call(Callable<T> work) throws ExecutionException {
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = new Thread(null, task, "pgplex-planner", BYTES);
        thread.setDaemon(true);
        thread.start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
