package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.hash.KeyBuckets;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.InsertBinder;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.UnknownKey;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs {@link Plan.Insert}: computes what must be known, sends every row to its shard. Belongs to one session. */
final class InsertRunner {

    private final Session session;
    private final ScatterCalls calls;
    private final Evaluator evaluator;
    private final RowMerger merger;
    private final CrossShardRule crossShard;

    /**
     * An INSERT whose rows have their shards.
     *
     * @param execution with the values that were computed for it
     */
    record Placed(List<ShardInsert> inserts, Execution execution) {}

    InsertRunner(
            Session session, ScatterCalls calls, Evaluator evaluator, RowMerger merger, CrossShardRule crossShard) {
        this.session = session;
        this.calls = calls;
        this.evaluator = evaluator;
        this.merger = merger;
        this.crossShard = crossShard;
    }

    StatementResult run(Plan.Insert plan, Execution execution) throws SQLException {
        int single = InsertBinder.single(plan, execution.parameters(), execution.map());
        Fragment original = plan.original();
        if (single != ShardSelector.MANY && original != null) {
            return onOne(new ShardCall(original, execution.options().fetchSize(), false, true), single, execution);
        }
        return session.transaction() == null ? outsideTransaction(plan, execution) : distributed(plan, execution);
    }

    /** One shard's rows need no transaction of their own; where they go is known only when all values are. */
    private StatementResult outsideTransaction(Plan.Insert plan, Execution execution) throws SQLException {
        return session.atomically(() -> distributed(plan, execution));
    }

    private StatementResult distributed(Plan.Insert plan, Execution execution) throws SQLException {
        Placed placed = place(plan, execution);
        Execution bound = placed.execution();
        ClusterMap map = execution.map();
        List<ShardInsert> inserts = placed.inserts();
        if (inserts.size() == 1) {
            ShardInsert only = inserts.get(0);
            return onOne(new ShardCall(only.fragment(), 0, false, false), only.shard(), bound);
        }
        crossShard.check(execution.hints(), execution.running());
        if (plan.returnsRows() && !execution.options().forwardReadOnly()) {
            throw PgplexErrors.scrollableAcrossShards();
        }
        List<Shard> shards = new ArrayList<>();
        for (ShardInsert insert : inserts) {
            shards.add(map.shards().get(insert.shard()));
        }
        List<Lease> leases = session.leaseAll(shards, Effect.WRITE, false);
        List<ShardAnswer> answers = calls.run(
                shards,
                leases,
                i -> new ShardCall(inserts.get(i).fragment(), 0, false, false),
                bound.with(bound.options().readWhole()));
        return merger.inserted(
                plan.returnsRows(), inserts, answers, bound.options().maxRows());
    }

    /** Computes what must be known, and finds every row's shard; inside a transaction. */
    Placed place(Plan.Insert plan, Execution execution) throws SQLException {
        Execution bound = execution.with(evaluator.evaluate(plan.evaluations(), execution));
        int[] buckets = InsertBinder.buckets(plan, bound.parameters(), execution.map());
        askForUnknown(InsertBinder.unknownKeys(plan, buckets), buckets, bound);
        return new Placed(InsertBinder.bind(plan, buckets, execution.map()), bound);
    }

    private StatementResult onOne(ShardCall call, int ordinal, Execution execution) throws SQLException {
        Shard shard = execution.map().shards().get(ordinal);
        Lease lease = session.lease(shard, Effect.WRITE);
        try {
            return session.result(call.run(shard, lease, execution));
        } catch (SQLException e) {
            session.giveBack(lease);
            throw e;
        }
    }

    /** Has the home shard hash the keys that the client cannot. */
    private void askForUnknown(List<UnknownKey> unknown, int[] buckets, Execution bound) throws SQLException {
        if (unknown.isEmpty()) {
            return;
        }
        List<Evaluation> hashes = new ArrayList<>();
        for (UnknownKey key : unknown) {
            hashes.add(new Evaluation(new Fragment(key.hashSql(), new int[] {key.parameter()}), "bigint"));
        }
        @Nullable String[] values = evaluator.evaluate(hashes, bound);
        for (int i = 0; i < values.length; i++) {
            String hash = values[i];
            buckets[unknown.get(i).row()] = hash == null
                    ? KeyBuckets.bucketOfNull(bound.map().buckets())
                    : KeyBuckets.bucketOfHash(Long.parseLong(hash), bound.map().buckets());
        }
    }
}
