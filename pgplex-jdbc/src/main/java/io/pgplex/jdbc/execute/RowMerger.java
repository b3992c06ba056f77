package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.execute.TemporaryTables.Created;
import io.pgplex.jdbc.execute.TemporaryTables.Target;
import io.pgplex.jdbc.intermediate.FinishQuery;
import io.pgplex.jdbc.intermediate.MovedRelations;
import io.pgplex.jdbc.intermediate.PartialColumns;
import io.pgplex.jdbc.merge.CombineRows;
import io.pgplex.jdbc.merge.MergedResultSet;
import io.pgplex.jdbc.merge.RowOrder;
import io.pgplex.jdbc.merge.RowWindow;
import io.pgplex.jdbc.merge.ShardRows;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.plan.Finish;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Merge;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgResultSet;

/** Makes one answer of the shards' answers. Belongs to one session. */
final class RowMerger {

    private final Session session;
    private final TemporaryTables tables;
    private final long maxIntermediateBytes;

    RowMerger(Session session, TemporaryTables tables, long maxIntermediateBytes) {
        this.session = session;
        this.tables = tables;
        this.maxIntermediateBytes = maxIntermediateBytes;
    }

    /**
     * The merged rows; on failure nothing stays open.
     *
     * @param reads whether the statement is known to read only
     */
    StatementResult merge(Merge merge, List<ShardAnswer> answers, Execution execution, boolean reads)
            throws SQLException {
        try {
            if (merge instanceof Merge.Concatenate concatenate) {
                RowWindow window = RowWindow.of(concatenate.limit(), execution.parameters());
                return rows(
                        MergedResultSet.concatenated(shardRows(answers), bounded(window, execution), () -> {}),
                        answers);
            }
            if (merge instanceof Merge.Sorted sorted) {
                return sorted(sorted, answers, execution, reads);
            }
            if (merge instanceof Merge.Finished finished) {
                return finished(finished.finish(), answers, execution, reads);
            }
            throw PgplexErrors.bug("copies were merged as rows", null);
        } catch (SQLException | RuntimeException e) {
            closeAll(answers, e);
            throw e;
        }
    }

    /** The sum of the shards' counts, and their generated keys one after the other. */
    StatementResult counted(long sum, List<ShardAnswer> answers) throws SQLException {
        List<ShardRows> keys = new ArrayList<>();
        for (ShardAnswer answer : answers) {
            ResultSet rows = answer.generatedKeys();
            if (rows != null) {
                keys.add(shardRows(answer, rows));
            }
        }
        if (keys.isEmpty()) {
            for (ShardAnswer answer : answers) {
                answer.close();
                session.giveBack(answer.lease());
            }
            return new StatementResult.Count(sum, null);
        }
        ResultSet merged = MergedResultSet.concatenated(keys, RowWindow.ALL, () -> {
            for (ShardAnswer answer : answers) {
                answer.close();
            }
        });
        answers.forEach(answer -> session.giveBack(answer.lease()));
        return new StatementResult.Count(sum, merged);
    }

    /**
     * What several shards answered to the rows of one INSERT, in the order of the statement's rows.
     *
     * @param answers whose rows can be scrolled
     */
    StatementResult inserted(boolean returnsRows, List<ShardInsert> inserts, List<ShardAnswer> answers, long maxRows)
            throws SQLException {
        KeyRows rows = new KeyRows();
        long count = 0;
        for (int i = 0; i < answers.size(); i++) {
            ShardAnswer answer = answers.get(i);
            ResultSet returned = returnsRows ? answer.rows() : answer.generatedKeys();
            count += Math.max(answer.count(), 0);
            if (returned != null) {
                int size = returnsRows ? size(returned) : (int) answer.count();
                rows.add(shardRows(answer, returned), size, inserts.get(i).rows());
            } else {
                answer.close();
            }
            session.giveBack(answer.lease());
        }
        ResultSet all = rows.open(maxRows, () -> {
            for (ShardAnswer answer : answers) {
                answer.close();
            }
        });
        return returnsRows && all != null ? new StatementResult.Rows(all) : new StatementResult.Count(count, all);
    }

    private static int size(ResultSet rows) throws SQLException {
        int size = rows.last() ? rows.getRow() : 0;
        rows.beforeFirst();
        return size;
    }

    private static ShardRows shardRows(ShardAnswer answer, ResultSet rows) {
        return new ShardRows(
                rows, answer.shard(), answer.lease().backend().node().name(), null);
    }

    private static RowWindow bounded(RowWindow window, Execution execution) {
        return window.atMost(execution.options().maxRows());
    }

    private static List<ShardRows> shardRows(List<ShardAnswer> answers) {
        List<ShardRows> rows = new ArrayList<>(answers.size());
        for (ShardAnswer answer : answers) {
            rows.add(shardRows(answer, Objects.requireNonNull(answer.rows())));
        }
        return rows;
    }

    private StatementResult rows(ResultSet merged, List<ShardAnswer> answers) {
        return new StatementResult.Rows(
                new HeldRows(merged, e -> session.rowsFailed(e, answers), () -> closeAll(answers, null)));
    }

    private StatementResult sorted(Merge.Sorted sorted, List<ShardAnswer> answers, Execution execution, boolean reads)
            throws SQLException {
        List<ShardRows> rows = shardRows(answers);
        RowOrder order = RowOrder.of(sorted.keys(), rows.get(0).rows().unwrap(PgResultSet.class));
        if (order != null) {
            RowWindow window = bounded(RowWindow.of(sorted.limit(), execution.parameters()), execution);
            int columns = rows.get(0).rows().getMetaData().getColumnCount();
            return rows(
                    MergedResultSet.sorted(rows, order, columns - sorted.hiddenColumns(), window, () -> {}), answers);
        }
        Finish otherwise = sorted.otherwise();
        if (otherwise == null) {
            throw PgplexErrors.orderNotReproducible();
        }
        return finished(otherwise, answers, execution, reads);
    }

    private StatementResult finished(Finish finish, List<ShardAnswer> answers, Execution execution, boolean reads)
            throws SQLException {
        List<ShardRows> rows = shardRows(answers);
        List<Finish.Combine> combine = finish.combine();
        if (combine != null && CombineRows.possible(combine, rows.get(0).rows().unwrap(PgResultSet.class))) {
            ResultSet combined = CombineRows.combine(combine, rows);
            closeAll(answers, null);
            return new StatementResult.Rows(combined);
        }
        PartialColumns columns = PartialColumns.of(rows);
        ShardAnswer finishing = finishing(answers, execution);
        Target target = new Target(shard(finishing, execution), finishing.lease());
        MovementBudget budget = new MovementBudget(execution, maxIntermediateBytes);
        boolean everywhere = reads && !finishing.lease().isTransactional();
        Delivery delivery = new Delivery(
                columns.shape(),
                List.of(target),
                everywhere,
                tables,
                null,
                -1,
                Lookups.NONE,
                budget,
                execution.running());
        String name = session.temporaryName();
        ResultSet all = MergedResultSet.concatenated(rows, RowWindow.ALL, () -> {});
        while (all.next()) {
            delivery.add(all, name);
        }
        MovedRelations relations = execution.relations().with(FinishQuery.ROWS, delivery.finish());
        for (ShardAnswer answer : answers) {
            answer.close();
            if (answer != finishing) {
                session.giveBack(answer.lease());
            }
        }
        return finish(finish, columns, execution.with(relations), target, delivery.table());
    }

    private static Shard shard(ShardAnswer answer, Execution execution) {
        return Objects.requireNonNull(execution.map().shard(answer.shard()));
    }

    /** The server that finishes: one that holds temporary objects of the transaction already, else the first. */
    private ShardAnswer finishing(List<ShardAnswer> answers, Execution execution) {
        Transaction transaction = session.transaction();
        for (ShardAnswer answer : answers) {
            if (transaction != null && shard(answer, execution).ordinal() == transaction.unpreparableShard()) {
                return answer;
            }
        }
        return answers.get(0);
    }

    private StatementResult finish(
            Finish finish, PartialColumns columns, Execution execution, Target target, @Nullable String table)
            throws SQLException {
        ShardCall call = new ShardCall(
                new Fragment(FinishQuery.sql(finish, columns), finish.parameters()),
                execution.options().fetchSize(),
                execution.carried(),
                false);
        StatementResult result = session.result(call.run(target.shard(), target.lease(), execution));
        return table == null ? result : tables.droppedAfter(result, List.of(new Created(table, List.of(target))));
    }

    /** Closes every answer and gives every lease back, whatever the others say. */
    private void closeAll(List<ShardAnswer> answers, @Nullable Exception failure) throws SQLException {
        SQLException first = null;
        for (ShardAnswer answer : answers) {
            try {
                answer.close();
            } catch (SQLException e) {
                first = first == null ? e : first;
            } finally {
                session.giveBack(answer.lease());
            }
        }
        if (first != null && failure == null) {
            throw first;
        }
    }
}
