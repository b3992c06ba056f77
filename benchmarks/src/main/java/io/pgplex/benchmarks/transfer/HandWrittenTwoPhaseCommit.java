package io.pgplex.benchmarks.transfer;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * PREPARE TRANSACTION on both shards, then COMMIT PREPARED on both. It writes down nowhere what was decided, so that after a
 * crash somebody has to find that out; a form that could recover by itself would be slower.
 */
final class HandWrittenTwoPhaseCommit implements Contender {

    private interface Step {
        void runOn(Connection connection) throws SQLException;
    }

    private final ShardPools pools;
    private final AtomicLong last = new AtomicLong();

    /** Runs the second shard's half of each step while the caller runs the first's; null where they take turns. */
    private final @Nullable ExecutorService others;

    private HandWrittenTwoPhaseCommit(Bank bank, @Nullable ExecutorService others) {
        this.pools = new ShardPools(bank);
        this.others = others;
    }

    /** One shard after the other, as such code is usually written. */
    static HandWrittenTwoPhaseCommit oneAfterTheOther(Bank bank) {
        return new HandWrittenTwoPhaseCommit(bank, null);
    }

    /** Both shards at once: two threads for each transaction. */
    static HandWrittenTwoPhaseCommit inParallel(Bank bank) {
        return new HandWrittenTwoPhaseCommit(bank, Executors.newCachedThreadPool());
    }

    @Override
    public String name() {
        return "two-phase commit by hand" + (others == null ? "" : ", parallel");
    }

    @Override
    public void make(Transfer transfer) throws SQLException {
        String gid = "'transfer " + last.incrementAndGet() + "'";
        try (Connection first = pools.first();
                Connection second = pools.second()) {
            transfer.writeFirst(first);
            transfer.writeSecond(second);
            onBoth(first, second, connection -> execute(connection, "PREPARE TRANSACTION " + gid));
            onBoth(first, second, connection -> {
                // not allowed in a transaction; the pool turns autocommit off again
                connection.setAutoCommit(true);
                execute(connection, "COMMIT PREPARED " + gid);
            });
        }
    }

    private void onBoth(Connection first, Connection second, Step step) throws SQLException {
        if (others == null) {
            step.runOn(first);
            step.runOn(second);
            return;
        }
        Future<?> other = others.submit(() -> {
            step.runOn(second);
            return true;
        });
        try {
            step.runOn(first);
        } finally {
            await(other);
        }
    }

    private static void await(Future<?> other) throws SQLException {
        try {
            other.get();
        } catch (ExecutionException e) {
            throw new SQLException("the second shard failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted", e);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        if (others != null) {
            others.shutdown();
        }
        pools.close();
    }
}
