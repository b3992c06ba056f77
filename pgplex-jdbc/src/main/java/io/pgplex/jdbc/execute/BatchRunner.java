package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.fanout.FanOut;
import io.pgplex.jdbc.fanout.Outcome;
import io.pgplex.jdbc.merge.MergedResultSet;
import io.pgplex.jdbc.merge.RowWindow;
import io.pgplex.jdbc.merge.ShardRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.InsertBinder;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs batches. Entries that each fit one shard travel as one physical batch a shard, all shards at once; a batch with any
 * other entry runs one entry after the other. Over several shards a batch is all or nothing. Belongs to one session.
 */
final class BatchRunner {

    private final Session session;
    private final Plans plans;
    private final FanOut fanOut;
    private final CrossShardRule crossShard;

    BatchRunner(Session session, Plans plans, FanOut fanOut, CrossShardRule crossShard) {
        this.session = session;
        this.plans = plans;
        this.fanOut = fanOut;
        this.crossShard = crossShard;
    }

    /** One text, once for each set of parameters. */
    BatchResult run(
            PreparedText text, List<? extends BoundParameters> batch, ExecuteOptions options, RunningStatement running)
            throws SQLException {
        if (batch.isEmpty()) {
            return new BatchResult(new long[0], null);
        }
        Map<Integer, List<Integer>> byShard = text.statements().size() == 1 ? byShard(text, batch) : null;
        if (byShard == null) {
            List<PreparedText> texts = Collections.nCopies(batch.size(), text);
            return oneByOne(texts, batch, options, running);
        }
        session.checkNotFailed();
        if (byShard.size() == 1
                && (session.transaction() != null || !session.map().strictSnapshots())) {
            return onShards(text, batch, byShard, options, running);
        }
        if (byShard.size() > 1) {
            crossShard.check(text.hints().get(0), running);
        }
        return session.atomically(() -> onShards(text, batch, byShard, options, running));
    }

    /** Texts without parameters, one after the other. */
    BatchResult run(List<PreparedText> texts, ExecuteOptions options, RunningStatement running) throws SQLException {
        if (texts.isEmpty()) {
            return new BatchResult(new long[0], null);
        }
        return oneByOne(texts, List.of(), options, running);
    }

    /** Which entries go to which shard, or null where one goes to several or its plan is of another kind. */
    private @Nullable Map<Integer, List<Integer>> byShard(PreparedText text, List<? extends BoundParameters> batch)
            throws SQLException {
        ClusterMap map = session.map();
        Plan plan = plans.plan(text, 0, map, session.scope(), session.statistics());
        Map<Integer, List<Integer>> byShard = new TreeMap<>();
        for (int i = 0; i < batch.size(); i++) {
            int shard = single(plan, batch.get(i), map);
            if (shard == ShardSelector.MANY) {
                return null;
            }
            byShard.computeIfAbsent(Math.max(shard, 0), absent -> new ArrayList<>())
                    .add(i);
        }
        return byShard;
    }

    /** The shard that takes the application's own text, {@link ShardSelector#MANY} where there is none such. */
    private static int single(Plan plan, BoundParameters parameters, ClusterMap map) {
        if (plan instanceof Plan.Sharded sharded && !sharded.returnsRows()) {
            return sharded.selector().single(parameters, map);
        }
        return plan instanceof Plan.Insert insert && !insert.returnsRows()
                ? InsertBinder.single(insert, parameters, map)
                : ShardSelector.MANY;
    }

    private BatchResult onShards(
            PreparedText text,
            List<? extends BoundParameters> batch,
            Map<Integer, List<Integer>> byShard,
            ExecuteOptions options,
            RunningStatement running)
            throws SQLException {
        Effect effect = plans.plan(text, 0, session.map(), session.scope(), session.statistics())
                        instanceof Plan.Sharded sharded
                ? sharded.effect()
                : Effect.WRITE;
        Fragment original = Fragment.original(
                text.statements().get(0).text(), text.statements().get(0).parameterCount());
        List<Shard> shards = new ArrayList<>();
        for (int ordinal : byShard.keySet()) {
            shards.add(session.map().shards().get(ordinal));
        }
        List<List<Integer>> entries = List.copyOf(byShard.values());
        List<Lease> leases = session.leaseAll(shards, effect, false);
        try {
            List<Callable<BatchCall.Answer>> calls = new ArrayList<>();
            for (int i = 0; i < shards.size(); i++) {
                BatchCall call = new BatchCall(
                        original, entries.get(i).stream().map(batch::get).toList());
                Shard shard = shards.get(i);
                Lease lease = leases.get(i);
                calls.add(() -> call.run(shard, lease, options, running));
            }
            return collect(batch.size(), entries, fanOut.all(calls, () -> {}));
        } finally {
            leases.forEach(session::giveBack);
        }
    }

    private static BatchResult collect(int size, List<List<Integer>> entries, List<Outcome<BatchCall.Answer>> outcomes)
            throws SQLException {
        long[] counts = new long[size];
        BatchFailure failure = null;
        KeyRows keys = new KeyRows();
        for (int i = 0; i < outcomes.size(); i++) {
            Outcome<BatchCall.Answer> outcome = outcomes.get(i);
            int[] places = entries.get(i).stream().mapToInt(Integer::intValue).toArray();
            if (outcome.failed()) {
                BatchFailure own = BatchFailure.of(outcome.sqlFailure(), places, size);
                failure = failure == null || own.entry() < failure.entry() ? own : failure;
                continue;
            }
            BatchCall.Answer answer = Objects.requireNonNull(outcome.value());
            for (int j = 0; j < places.length; j++) {
                counts[places[j]] = answer.counts()[j];
            }
            if (answer.keys() != null) {
                keys.add(
                        new ShardRows(answer.keys(), "", null, null),
                        rows(answer.counts()),
                        rowPlaces(answer.counts(), places));
            }
        }
        if (failure != null) {
            throw failure.exception();
        }
        return new BatchResult(counts, keys.open(0, () -> {}));
    }

    private static int rows(long[] counts) {
        return (int) Arrays.stream(counts).filter(count -> count > 0).sum();
    }

    /** The entry of each row that a shard returned for a batch. */
    private static int[] rowPlaces(long[] counts, int[] entries) {
        return IntStream.range(0, entries.length)
                .flatMap(i -> IntStream.range(0, (int) Math.max(counts[i], 0)).map(row -> entries[i]))
                .toArray();
    }

    private BatchResult oneByOne(
            List<PreparedText> texts,
            List<? extends BoundParameters> batch,
            ExecuteOptions options,
            RunningStatement running)
            throws SQLException {
        if (texts.size() == 1) {
            return inOrder(texts, batch, options, running);
        }
        return session.atomically(() -> inOrder(texts, batch, options, running));
    }

    private BatchResult inOrder(
            List<PreparedText> texts,
            List<? extends BoundParameters> batch,
            ExecuteOptions options,
            RunningStatement running)
            throws SQLException {
        long[] counts = new long[texts.size()];
        List<ShardRows> keys = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            BoundParameters parameters = batch.isEmpty() ? NoParameters.NONE : batch.get(i);
            try {
                counts[i] = count(session.execute(texts.get(i), parameters, options, running), keys);
            } catch (SQLException e) {
                throw BatchFailure.at(i, counts.length, texts.get(i).sql(), e);
            }
        }
        return new BatchResult(
                counts,
                keys.isEmpty()
                        ? null
                        : MergedResultSet.concatenated(keys, RowWindow.ALL, () -> {
                            for (ShardRows rows : keys) {
                                rows.rows().close();
                            }
                        }));
    }

    private static long count(List<StatementResult> results, List<ShardRows> keys) throws SQLException {
        StatementResult last = results.get(results.size() - 1);
        if (last instanceof StatementResult.Rows rows) {
            // pgjdbc counts a query in a batch as nothing and lets its rows go
            rows.rows().close();
            return 0;
        }
        StatementResult.Count count = (StatementResult.Count) last;
        ResultSet generated = count.generatedKeys();
        if (generated != null) {
            keys.add(new ShardRows(generated, "", null, null));
        }
        return count.count();
    }
}
