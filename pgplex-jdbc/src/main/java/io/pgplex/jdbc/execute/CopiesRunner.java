package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.intermediate.HeapRows;
import io.pgplex.jdbc.intermediate.Moved;
import io.pgplex.jdbc.intermediate.Shape;
import io.pgplex.jdbc.merge.MergedResultSet;
import io.pgplex.jdbc.merge.RowWindow;
import io.pgplex.jdbc.merge.ShardRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.sql.ServerSql;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.metadata.model.Shard;
import io.pgplex.metadata.model.TableName;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.scan.Identifiers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Runs writes to replicated tables, {@link Merge.OfCopies}. Belongs to one session.
 *
 * <p>All writers of a table take its lock on every copy first ({@link CopyLocks}), so that each finds on every shard what
 * the one before it has left. Then the first shard runs the statement, and the others either run the same text, or get what
 * it has made of the rows. Whatever they say is compared with what the first one said.
 *
 * <p>Under READ COMMITTED, or on one snapshot of all shards, a difference means that the copies differ: XX001. Otherwise a
 * shard's snapshot may be older than the lock, and than that of the first shard; then it is a rival that the transaction
 * cannot be put in an order with, 40001, as for any such transaction that meets a row changed after its snapshot.
 */
final class CopiesRunner {

    /** The part of the heap that images may take: one in so many. */
    private static final int HEAP_SHARE = 8;

    /** What a value takes in the heap beside its characters. */
    private static final int VALUE_OVERHEAD_BYTES = 56;

    private final Session session;
    private final ScatterCalls calls;
    private final Evaluator evaluator;
    private final CopyLocks locks;
    private final long maxIntermediateBytes;

    CopiesRunner(Session session, ScatterCalls calls, Evaluator evaluator, long maxIntermediateBytes) {
        this.session = session;
        this.calls = calls;
        this.evaluator = evaluator;
        this.locks = new CopyLocks(session, calls);
        this.maxIntermediateBytes = maxIntermediateBytes;
    }

    /** Inside a transaction. */
    StatementResult run(
            Plan.Sharded plan, Scatter scatter, Merge.OfCopies copies, Execution execution, List<Shard> shards)
            throws SQLException {
        List<Lease> leases = session.leaseAll(shards, plan.effect(), false);
        Scatter chosen = chosen(scatter, copies, execution, shards, leases);
        Execution bound = execution.with(evaluator.evaluate(chosen.evaluations(), execution));
        return chosen.merge() instanceof Merge.Images images
                ? images(plan, chosen.fragment(), images, bound, shards, leases)
                : sameText(chosen.fragment(), bound, shards, leases);
    }

    /** Takes the table's lock for a statement that has a transaction of its own, before that opens a snapshot. */
    void lockBeforeSnapshots(Plan.Sharded plan, Execution execution) throws SQLException {
        Scatter scatter = plan.scatter();
        if (scatter != null
                && scatter.merge() instanceof Merge.OfCopies copies
                && !session.transactions().readsOneSnapshot(execution.hints())) {
            locks.beforeSnapshots(copies.table(), execution, execution.map().shards());
        }
    }

    /** Keeps writers from tables of which a statement will lock rows, in a transaction that may write them next. */
    void lockForRows(List<TableName> tables, Execution execution) throws SQLException {
        if (session.transaction() != null && execution.map().shards().size() > 1) {
            locks.forRowLocks(tables, execution);
        }
    }

    /** Takes the table's lock, and finds out which way the statement has to go. */
    Scatter chosen(Scatter scatter, Merge.OfCopies copies, Execution execution, List<Shard> shards, List<Lease> leases)
            throws SQLException {
        boolean triggers = locks.forWriting(copies.table(), execution, shards, leases);
        if (!triggers || (copies instanceof Merge.Images images && images.checked())) {
            return scatter;
        }
        Scatter checked = copies.withTriggers();
        if (checked == null) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "this write to replicated table \"" + copies.table()
                            + "\", which has row triggers that run before it," + " is not supported",
                    "Add a primary key to the table, or use INSERT, UPDATE or DELETE.");
        }
        return checked;
    }

    // ---- the same text

    private StatementResult sameText(Fragment fragment, Execution execution, List<Shard> shards, List<Lease> leases)
            throws SQLException {
        ShardCall call = new ShardCall(fragment, 0, execution.carried(), false);
        ShardAnswer first = call.run(shards.get(0), leases.get(0), execution);
        try {
            List<ShardAnswer> others = calls.run(rest(shards), rest(leases), call, execution);
            boolean same = true;
            for (ShardAnswer other : others) {
                same &= other.count() == first.count();
                other.close();
            }
            if (!same) {
                throw differ(leases.get(0));
            }
            return session.result(first);
        } catch (SQLException e) {
            first.close();
            throw e;
        }
    }

    private static <T> List<T> rest(List<T> all) {
        return all.subList(1, all.size());
    }

    // ---- images

    private StatementResult images(
            Plan.Sharded plan,
            Fragment fragment,
            Merge.Images images,
            Execution execution,
            List<Shard> shards,
            List<Lease> leases)
            throws SQLException {
        ExecuteOptions options = execution.options();
        MovementBudget budget = new MovementBudget(execution, maxIntermediateBytes);
        ShardCall call = new ShardCall(returning(plan, fragment, images, options.generatedKeys()), 0, true, false);
        Execution whole =
                execution.with(options.ofPart(0, options.queryTimeoutMillis()).readWhole());
        ShardAnswer answer = call.run(shards.get(0), leases.get(0), whole);
        try {
            ResultSet rows = Objects.requireNonNull(answer.rows());
            int visible =
                    rows.getMetaData().getColumnCount() - images.returned().size();
            HeapRows taken = take(rows, visible, images.columns(), budget);
            if (taken.rowCount() > 0) {
                apply(images, taken, execution, budget, shards, leases);
            }
            rows.beforeFirst();
            return answer(plan, answer, rows, taken.rowCount(), visible, options);
        } catch (SQLException e) {
            answer.close();
            throw e;
        }
    }

    /** The text with the images behind what the application wants returned. */
    private static Fragment returning(
            Plan.Sharded plan, Fragment fragment, Merge.Images images, GeneratedKeys generatedKeys) {
        StringJoiner returned = new StringJoiner(", ");
        if (!plan.returnsRows() && generatedKeys instanceof GeneratedKeys.All) {
            returned.add(images.everything());
        } else if (!plan.returnsRows() && generatedKeys instanceof GeneratedKeys.Columns columns) {
            columns.names().forEach(name -> returned.add(Identifiers.quote(name)));
        }
        images.returned().forEach(returned::add);
        // the text may end with a comment
        return new Fragment(
                fragment.sql() + (plan.returnsRows() ? "\n, " : "\nRETURNING ") + returned, fragment.parameters());
    }

    private static HeapRows take(ResultSet rows, int visible, List<Intermediate.Column> columns, MovementBudget budget)
            throws SQLException {
        HeapRows taken = new HeapRows(columns.size());
        long maximum = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
        long held = 0;
        while (rows.next()) {
            @Nullable String[] values = new String[columns.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = rows.getString(visible + i + 1);
            }
            long bytes = taken.add(values);
            budget.spend(bytes);
            held += bytes + (long) VALUE_OVERHEAD_BYTES * values.length;
            if (held > maximum) {
                throw PgplexErrors.error(
                        SqlState.LIMIT_EXCEEDED,
                        "rows of a replicated table that a statement writes exceed what the heap may hold (" + maximum
                                + " bytes)",
                        "Write fewer rows at once, or give the JVM more heap.");
            }
        }
        return taken;
    }

    private void apply(
            Merge.Images images,
            HeapRows taken,
            Execution execution,
            MovementBudget budget,
            List<Shard> shards,
            List<Lease> leases)
            throws SQLException {
        budget.check();
        Execution part = execution
                .with(execution.options().ofPart(0, budget.remainingMillis()))
                .with(execution
                        .relations()
                        .with(Merge.Images.IMAGES, new Moved.InHeap(Shape.planned(images.columns()), taken)));
        ShardCall call = new ShardCall(new Fragment(images.apply(), new int[0]), 0, true, false);
        if (images.checked()) {
            mark(rest(shards), rest(leases), true, part);
        }
        List<ShardAnswer> answers = calls.run(rest(shards), rest(leases), call, part);
        boolean same = true;
        boolean changed = false;
        for (ShardAnswer answer : answers) {
            ResultSet counts = answer.rows();
            if (counts == null) {
                same &= answer.count() == taken.rowCount();
            } else {
                counts.next();
                same &= counts.getLong(1) == taken.rowCount();
                changed |= counts.getLong(2) > 0;
            }
            answer.close();
        }
        if (!same) {
            throw differ(leases.get(0));
        }
        if (changed) {
            throw PgplexErrors.error(
                    SqlState.DATA_CORRUPTED,
                    "a trigger of replicated table \"" + images.table() + "\" would make its copies differ",
                    "Let a trigger that runs before a write depend on the row alone, or create it WHEN"
                            + " (pgplex.is_original()), so that it leaves the values alone that another copy has got.");
        }
        if (images.checked()) {
            mark(rest(shards), rest(leases), false, part);
        }
    }

    /** Tells triggers whether what is written is an image: {@code pgplex.is_original()}. */
    private void mark(List<Shard> shards, List<Lease> leases, boolean image, Execution part) throws SQLException {
        String sql = image ? ServerSql.IMAGES_BEGIN : ServerSql.IMAGES_END;
        ShardCall call = new ShardCall(new Fragment(sql, new int[0]), 0, true, false);
        for (ShardAnswer answer : calls.run(shards, leases, call, part)) {
            answer.close();
        }
    }

    private StatementResult answer(
            Plan.Sharded plan, ShardAnswer answer, ResultSet rows, int count, int visible, ExecuteOptions options)
            throws SQLException {
        boolean keys = !(options.generatedKeys() instanceof GeneratedKeys.None);
        if (!plan.returnsRows() && !keys) {
            answer.close();
            session.giveBack(answer.lease());
            return new StatementResult.Count(count, null);
        }
        ShardRows shown = new ShardRows(
                rows, answer.shard(), answer.lease().backend().node().name(), null);
        RowWindow window = RowWindow.ALL.atMost(keys ? 0 : options.maxRows());
        ResultSet seen = MergedResultSet.first(shown, visible, window, answer::close);
        if (keys) {
            session.giveBack(answer.lease());
            return new StatementResult.Count(count, seen);
        }
        return new StatementResult.Rows(new HeldRows(
                seen, e -> session.rowsFailed(e, List.of(answer)), () -> session.giveBack(answer.lease())));
    }

    // ---- differences

    private SQLException differ(Lease first) throws SQLException {
        Transaction transaction = session.transaction();
        if (transaction != null && transaction.hasSnapshotOfAll()) {
            return PgplexErrors.copiesDiffer();
        }
        try (Statement statement = first.backend().connection().createStatement();
                ResultSet row = statement.executeQuery(ServerSql.CURRENT_ISOLATION)) {
            row.next();
            return row.getString(1).equals("read committed")
                    ? PgplexErrors.copiesDiffer()
                    : PgplexErrors.error(
                            SqlState.TRANSACTION_ROLLED_BACK,
                            "could not serialize access due to a concurrent write to another copy of the table",
                            "Run the transaction again; if it happens without other writers, COMPARE REPLICATED TABLE.");
        } catch (SQLException e) {
            first.backend().failed(e);
            throw e;
        }
    }
}
