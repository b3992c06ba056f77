package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.merge.RowWindow;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.RowLimit;
import io.pgplex.routing.plan.Scatter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Runs {@link Plan.Sharded}: on one shard as it stands, or scattered over several. Belongs to one session. */
final class ShardedRunner {

    private final Session session;
    private final ScatterCalls calls;
    private final Evaluator evaluator;
    private final RowMerger merger;
    private final CopiesRunner copies;
    private final CrossShardRule crossShard;
    private final MovementRunner movements;

    ShardedRunner(
            Session session,
            TemporaryTables tables,
            ScatterCalls calls,
            Evaluator evaluator,
            RowMerger merger,
            CopiesRunner copies,
            CrossShardRule crossShard,
            long maxIntermediateBytes) {
        this.session = session;
        this.calls = calls;
        this.evaluator = evaluator;
        this.merger = merger;
        this.copies = copies;
        this.crossShard = crossShard;
        this.movements = new MovementRunner(
                session,
                tables,
                new CopyPipe(calls, tables),
                this,
                copies,
                evaluator,
                crossShard,
                maxIntermediateBytes);
    }

    StatementResult run(Plan.Sharded plan, Execution execution) throws SQLException {
        int single = plan.selector().single(execution.parameters(), execution.map());
        if (single == ShardSelector.ANY) {
            single = session.preferredShard();
        } else if (single == ShardSelector.NONE) {
            single = 0;
        }
        if (single >= 0) {
            return onOne(plan, execution, execution.map().shards().get(single));
        }
        List<Shard> shards = shards(plan, execution);
        if (shards.size() <= 1) {
            return onOne(plan, execution, shards.isEmpty() ? execution.map().homeShard() : shards.get(0));
        }
        Movement movement = plan.movement();
        if (movement != null) {
            return movements.run(plan, movement, execution);
        }
        Scatter scatter = plan.scatter();
        if (scatter == null) {
            throw PgplexErrors.from(Objects.requireNonNull(plan.refusal()));
        }
        if (!(scatter.merge() instanceof Merge.OfCopies)) {
            crossShard.check(execution.hints(), execution.running());
        }
        return scatter(plan, scatter, execution, shards);
    }

    /** The shards that a plan runs on, at least one. */
    List<Shard> selected(Plan.Sharded plan, Execution execution) throws SQLException {
        int single = plan.selector().single(execution.parameters(), execution.map());
        List<Shard> shards =
                switch (single) {
                    case ShardSelector.MANY -> shards(plan, execution);
                    case ShardSelector.NONE -> List.of();
                    case ShardSelector.ANY -> List.of(execution.map().shards().get(session.preferredShard()));
                    default -> List.of(execution.map().shards().get(single));
                };
        return shards.isEmpty() ? List.of(execution.map().homeShard()) : shards;
    }

    /**
     * The text that each of these shards would run for a plan that only reads, where their rows one after the other are the
     * answer and nothing has to be computed before; otherwise null.
     *
     * @param shards those that are {@link #selected}
     */
    static @Nullable Fragment alone(Plan.Sharded plan, List<Shard> shards) {
        Scatter scatter = plan.scatter();
        if (plan.effect() != Effect.READ || !plan.returnsRows()) {
            return null;
        }
        if (shards.size() == 1) {
            return plan.original();
        }
        return plan.movement() == null
                        && scatter != null
                        && scatter.evaluations().isEmpty()
                        && scatter.merge().equals(new Merge.Concatenate(RowLimit.UNLIMITED))
                ? scatter.fragment()
                : null;
    }

    private static List<Shard> shards(Plan.Sharded plan, Execution execution) {
        List<Shard> shards = new ArrayList<>();
        for (int ordinal :
                plan.selector().select(execution.parameters(), execution.map()).ordinals()) {
            shards.add(execution.map().shards().get(ordinal));
        }
        return shards;
    }

    /** The way of a statement that fits one shard: lease, send the application's own text, hand the answer on. */
    private StatementResult onOne(Plan.Sharded plan, Execution execution, Shard shard) throws SQLException {
        if (!plan.locked().isEmpty()) {
            copies.lockForRows(plan.locked(), execution);
        }
        Lease lease = session.lease(shard, plan.effect());
        ShardAnswer answer;
        try {
            answer = original(plan, execution).run(shard, lease, execution);
        } catch (SQLException e) {
            session.giveBack(lease);
            throw e;
        }
        return session.result(answer);
    }

    private static ShardCall original(Plan.Sharded plan, Execution execution) {
        return execution.carried()
                ? new ShardCall(plan.original(), execution.options().fetchSize(), true, false)
                : ShardCall.original(plan.original(), execution.options());
    }

    private StatementResult scatter(Plan.Sharded plan, Scatter scatter, Execution execution, List<Shard> shards)
            throws SQLException {
        if (!execution.options().forwardReadOnly()) {
            throw PgplexErrors.scrollableAcrossShards();
        }
        if (plan.effect() != Effect.READ) {
            return session.atomically(() -> write(plan, scatter, execution, shards));
        }
        Execution bound = execution.with(evaluator.evaluate(scatter.evaluations(), execution));
        if (session.transaction() == null && session.transactions().readsOneSnapshot(execution.hints())) {
            return session.transactions().readAlone(bound, shards, alone -> read(plan, scatter, alone, shards));
        }
        return read(plan, scatter, bound, shards);
    }

    private StatementResult read(Plan.Sharded plan, Scatter scatter, Execution execution, List<Shard> shards)
            throws SQLException {
        boolean partial = scatter.merge() instanceof Merge.Finished;
        boolean text = partial
                || execution.carried()
                || (scatter.merge() instanceof Merge.Sorted sorted && sorted.otherwise() != null);
        int fetchSize = isOneRow(scatter.merge()) ? 0 : session.scatterFetchSize(execution.options());
        List<Lease> leases = session.leaseAll(shards, plan.effect(), fetchSize > 0);
        List<ShardAnswer> answers;
        try {
            ShardCall call = new ShardCall(scatter.fragment(), fetchSize, text, false);
            answers = calls.run(shards, leases, call, execution.withMaxRows(fragmentRows(scatter.merge(), execution)));
        } catch (SQLException e) {
            leases.forEach(session::giveBack);
            throw e;
        }
        return merger.merge(scatter.merge(), answers, execution, plan.effect() == Effect.READ);
    }

    /** Whether each shard answers with a single row, for which a cursor would only cost round trips. */
    private static boolean isOneRow(Merge merge) {
        return merge instanceof Merge.Finished finished && finished.finish().combine() != null;
    }

    /**
     * The most rows that a shard must send so that the application gets as many as it asked for: those that the merge
     * skips come on top, and partial results are needed whole.
     */
    private static long fragmentRows(Merge merge, Execution execution) throws SQLException {
        long maxRows = execution.options().maxRows();
        if (maxRows == 0 || merge instanceof Merge.Finished) {
            return 0;
        }
        if (merge instanceof Merge.Sorted sorted) {
            // what a server may have to sort instead is needed whole
            return sorted.otherwise() != null ? 0 : skipped(sorted.limit(), execution) + maxRows;
        }
        return merge instanceof Merge.Concatenate all ? skipped(all.limit(), execution) + maxRows : maxRows;
    }

    private static long skipped(RowLimit limit, Execution execution) throws SQLException {
        // beyond this, maxRows and what is skipped would not fit an int, which stands for all rows
        return Math.min(RowWindow.of(limit, execution.parameters()).offset(), Integer.MAX_VALUE);
    }

    /** Inside a transaction. */
    private StatementResult write(Plan.Sharded plan, Scatter scatter, Execution execution, List<Shard> shards)
            throws SQLException {
        if (scatter.merge() instanceof Merge.OfCopies one) {
            return copies.run(plan, scatter, one, execution, shards);
        }
        Execution bound = execution.with(evaluator.evaluate(scatter.evaluations(), execution));
        boolean partial = scatter.merge() instanceof Merge.Finished;
        ShardCall call = new ShardCall(scatter.fragment(), 0, partial || execution.carried(), false);
        List<Lease> leases = session.leaseAll(shards, plan.effect(), false);
        Execution whole = bound.withMaxRows(fragmentRows(scatter.merge(), bound));
        List<ShardAnswer> answers = calls.run(shards, leases, call, whole);
        return plan.returnsRows() ? merger.merge(scatter.merge(), answers, bound, false) : counted(answers);
    }

    private StatementResult counted(List<ShardAnswer> answers) throws SQLException {
        long sum = 0;
        for (ShardAnswer answer : answers) {
            sum += answer.count();
        }
        return merger.counted(sum, answers);
    }
}
