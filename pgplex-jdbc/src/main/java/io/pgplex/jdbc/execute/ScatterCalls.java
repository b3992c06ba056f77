package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends calls to several shards at once. Thread-safe. */
final class ScatterCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ScatterCalls.class);

    private final FanOut fanOut;

    ScatterCalls(FanOut fanOut) {
        this.fanOut = fanOut;
    }

    /** The same call on each shard. */
    List<ShardAnswer> run(List<Shard> shards, List<Lease> leases, ShardCall call, Execution execution)
            throws SQLException {
        return run(shards, leases, i -> call, execution);
    }

    /**
     * One call on each shard, all at once. The first failure cancels the rest.
     *
     * @return the answers in the order of shards
     * @throws SQLException the failure that came first; no answer is open then
     */
    List<ShardAnswer> run(List<Shard> shards, List<Lease> leases, IntFunction<ShardCall> calls, Execution execution)
            throws SQLException {
        if (shards.size() == 1) {
            return List.of(calls.apply(0).run(shards.get(0), leases.get(0), execution));
        }
        List<Callable<ShardAnswer>> work = new ArrayList<>(shards.size());
        for (int i = 0; i < shards.size(); i++) {
            int index = i;
            work.add(() -> calls.apply(index).run(shards.get(index), leases.get(index), execution));
        }
        List<Outcome<ShardAnswer>> outcomes = fanOut.all(work, () -> cancelRest(execution));
        SQLException failure = failureOf(outcomes);
        if (failure != null) {
            closeAll(outcomes, failure);
            throw failure;
        }
        List<ShardAnswer> answers = new ArrayList<>(outcomes.size());
        for (Outcome<ShardAnswer> outcome : outcomes) {
            answers.add(Objects.requireNonNull(outcome.value()));
        }
        return answers;
    }

    private static void cancelRest(Execution execution) {
        try {
            execution.running().cancelRest();
        } catch (SQLException e) {
            LOG.debug("could not cancel what runs on the other shards", e);
        }
    }

    /** The cause rather than its consequence: fragments that were cancelled because another failed come last. */
    private static @Nullable SQLException failureOf(List<Outcome<ShardAnswer>> outcomes) {
        SQLException cancelled = null;
        for (Outcome<ShardAnswer> outcome : outcomes) {
            if (outcome.failed()) {
                SQLException failure = outcome.sqlFailure();
                if (!"57014".equals(failure.getSQLState())) {
                    return failure;
                }
                cancelled = failure;
            }
        }
        return cancelled;
    }

    private static void closeAll(List<Outcome<ShardAnswer>> outcomes, SQLException failure) {
        for (Outcome<ShardAnswer> outcome : outcomes) {
            ShardAnswer answer = outcome.value();
            if (answer != null) {
                try {
                    answer.close();
                } catch (SQLException e) {
                    failure.addSuppressed(e);
                }
            }
        }
    }
}
