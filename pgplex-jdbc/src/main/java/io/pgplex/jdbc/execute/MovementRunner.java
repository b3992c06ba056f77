package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.execute.TemporaryTables.Created;
import io.pgplex.jdbc.execute.TemporaryTables.Target;
import io.pgplex.jdbc.intermediate.HeapRows;
import io.pgplex.jdbc.intermediate.Moved;
import io.pgplex.jdbc.intermediate.MovedRelations;
import io.pgplex.jdbc.intermediate.Shape;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@link Movement}: brings rows to where they are needed, then runs the statement there. Belongs to one session.
 *
 * <p><b>Snapshots.</b> Outside a transaction of the application the whole statement is one of its own, REPEATABLE READ, so
 * that all its parts see one snapshot on each shard. One that writes and meets a rival (40001), for which READ COMMITTED
 * would have waited and gone on, is rolled back and run again on a new snapshot, which comes to the same as if it had begun
 * after the rival's commit; only after {@link #MAXIMUM_ATTEMPTS} the application gets the error. Inside a transaction of the
 * application the parts run there, and see what its isolation level shows each of them.
 *
 * <p><b>Leases.</b> Every shard that any part may need joins before the first part runs, in the shards' order.
 */
final class MovementRunner {

    /** Rows per round trip of a source: a portion of a few hundred kB where rows are as wide as they usually are. */
    private static final int FETCH_ROWS = 1000;

    /** A filter of more rows than this would cost more to evaluate than the rows that it saves. */
    private static final int MAXIMUM_REDUCTION_ROWS = 5000;

    /** Bytes of data for which the statement runs once, where it runs in portions. */
    private static final int PORTION_BYTES = 4 * 1024 * 1024;

    /** How often a statement outside a transaction is run when rivals stand in its way. */
    private static final int MAXIMUM_ATTEMPTS = 10;

    private final Session session;
    private final ShardedRunner sharded;
    private final CopiesRunner copies;
    private final Evaluator evaluator;
    private final CrossShardRule crossShard;
    private final TemporaryTables tables;
    private final CopyPipe pipe;
    private final long maxIntermediateBytes;

    /** The statement that is running, or null: movements inside movements are parts of it. */
    private @Nullable Statement current;

    /**
     * One statement's movements.
     *
     * @param alone whether the transaction is the statement's own
     * @param reads whether it is known to read only
     * @param tables the temporary tables that it has made
     */
    private record Statement(MovementBudget budget, boolean alone, boolean reads, List<Created> tables) {

        /** Whether its transaction may have temporary tables on every shard, as it is never prepared. */
        boolean everywhere() {
            return alone && reads;
        }
    }

    MovementRunner(
            Session session,
            TemporaryTables tables,
            CopyPipe pipe,
            ShardedRunner sharded,
            CopiesRunner copies,
            Evaluator evaluator,
            CrossShardRule crossShard,
            long maxIntermediateBytes) {
        this.session = session;
        this.sharded = sharded;
        this.copies = copies;
        this.evaluator = evaluator;
        this.crossShard = crossShard;
        this.tables = tables;
        this.pipe = pipe;
        this.maxIntermediateBytes = maxIntermediateBytes;
    }

    StatementResult run(Plan.Sharded plan, Movement movement, Execution execution) throws SQLException {
        Statement outer = current;
        if (outer != null) {
            return move(movement, execution, outer);
        }
        crossShard.check(execution.hints(), execution.running());
        session.followStatistics();
        if (session.transaction() != null) {
            return inTransaction(movement, execution);
        }
        return effect(plan) == Effect.READ ? reading(movement, execution) : writing(movement, execution);
    }

    // ---- transactions

    private StatementResult inTransaction(Movement movement, Execution execution) throws SQLException {
        Statement statement = begin(execution, false, false);
        try {
            return tables.droppedAfter(move(movement, execution, statement), statement.tables());
        } finally {
            current = null;
        }
    }

    /** A statement that only reads has a transaction of its own, which may end with its rows. */
    private StatementResult reading(Movement movement, Execution execution) throws SQLException {
        return session.transactions().readAlone(execution, List.of(), alone -> {
            Statement statement = begin(execution, true, true);
            try {
                return move(movement, alone, statement);
            } finally {
                current = null;
            }
        });
    }

    private StatementResult writing(Movement movement, Execution execution) throws SQLException {
        Execution whole = execution.with(execution.options().held());
        for (int attempt = 1; ; attempt++) {
            SessionTransaction transactions = session.transactions();
            transactions.beginAlone(false, execution.hints());
            boolean ran = false;
            boolean ended = false;
            Statement statement = begin(whole, true, false);
            try {
                copies.lockBeforeSnapshots(movement.then(), whole);
                StatementResult result = move(movement, whole, statement);
                ran = true;
                transactions.commit();
                ended = true;
                return result;
            } catch (SQLException e) {
                if (ran || attempt == MAXIMUM_ATTEMPTS || !"40001".equals(e.getSQLState())) {
                    throw e;
                }
                ExecuteOptions options = whole.options();
                whole = whole.with(
                        options.with(options.fetchSize(), statement.budget().remainingMillis()));
            } finally {
                current = null;
                if (!ended) {
                    transactions.rollback();
                }
            }
        }
    }

    private Statement begin(Execution execution, boolean alone, boolean reads) {
        Statement statement =
                new Statement(new MovementBudget(execution, maxIntermediateBytes), alone, reads, new ArrayList<>());
        current = statement;
        return statement;
    }

    /** The most that any part of a plan may do to data. */
    static Effect effect(Plan.Sharded plan) {
        Effect effect = plan.effect();
        Movement movement = plan.movement();
        if (movement != null) {
            effect = stronger(effect, effect(movement.then()));
            for (Intermediate intermediate : movement.intermediates()) {
                effect = stronger(effect, effect(intermediate.source()));
            }
        }
        return effect;
    }

    private static Effect stronger(Effect one, Effect other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    // ---- the way of the rows

    private StatementResult move(Movement movement, Execution execution, Statement statement) throws SQLException {
        if (!movement.evaluations().isEmpty()) {
            join(List.of(execution.map().homeShard()));
        }
        Execution bound = execution.with(evaluator.evaluate(movement.evaluations(), execution));
        PlanShards touched = new PlanShards(bound.map());
        touched.add(movement, bound.parameters());
        join(touched.shards(session));
        List<Intermediate> intermediates = movement.intermediates();
        boolean portions = movement.portions() && bound.options().generatedKeys() instanceof GeneratedKeys.None;
        int whole = intermediates.size() - (portions ? 1 : 0);
        for (int i = 0; i < whole; i++) {
            List<Target> targets = targets(movement, i, bound);
            bound = bound.with(deliver(intermediates.get(i), targets, bound, statement));
        }
        Execution then = bound.with(new MappedParameters(bound.parameters(), movement.parameters()));
        if (portions) {
            return inPortions(movement, then, bound, statement);
        }
        return then(movement, then, statement);
    }

    /** Runs the statement itself; its rows come in portions as those of any statement of several shards. */
    private StatementResult then(Movement movement, Execution then, Statement statement) throws SQLException {
        statement.budget().check();
        ExecuteOptions options = then.options();
        Execution last = then.with(options.with(
                session.scatterFetchSize(options), statement.budget().remainingMillis()));
        MovedRows.Listener listener = then.listener();
        StatementResult instead = listener == null ? null : listener.insteadOf(movement, last);
        return instead != null ? instead : sharded.run(movement.then(), last);
    }

    /** Takes the shards into the transaction, in their order. */
    private void join(List<Shard> shards) throws SQLException {
        session.leaseAll(shards, Effect.READ, false);
    }

    /** The shards whose texts name an intermediate. */
    private List<Target> targets(Movement movement, int index, Execution bound) throws SQLException {
        List<Intermediate> intermediates = movement.intermediates();
        String definition = intermediates.get(index).definition();
        PlanShards users = new PlanShards(bound.map());
        for (Intermediate later : intermediates.subList(index + 1, intermediates.size())) {
            if (PlanShards.names(later, definition)) {
                users.add(later.source(), new MappedParameters(bound.parameters(), later.parameters()));
            }
        }
        if (PlanShards.names(movement.then(), definition)) {
            users.addReaders(movement.then(), new MappedParameters(bound.parameters(), movement.parameters()));
        }
        return targets(users.shards(session));
    }

    private List<Target> targets(List<Shard> shards) throws SQLException {
        List<Target> targets = new ArrayList<>();
        for (Shard shard : shards) {
            targets.add(new Target(shard, session.lease(shard, Effect.READ)));
        }
        return targets;
    }

    /** Runs an intermediate's source and brings its rows to the shards; what later texts may name then. */
    private MovedRelations deliver(
            Intermediate intermediate, List<Target> targets, Execution bound, Statement statement) throws SQLException {
        MovedRelations piped = piped(intermediate, targets, bound, statement);
        if (piped != null) {
            return piped;
        }
        long start = System.nanoTime();
        try (ResultSet rows = rows(source(intermediate, bound), bound, statement)) {
            Delivery delivery = delivery(intermediate, rows, targets, bound, statement);
            String name = session.temporaryName();
            while (rows != null && rows.next()) {
                delivery.add(rows, name);
            }
            Moved moved = delivery.finish();
            String table = delivery.table();
            if (table != null) {
                statement.tables().add(new Created(table, targets));
            }
            MovedRows.Form form = table == null ? MovedRows.Form.ARRAYS : MovedRows.Form.TEMPORARY_TABLE;
            tell(intermediate, delivery.rows(), delivery.bytes(), form, targets, start, bound);
            return bound.relations().with(intermediate.name(), moved);
        }
    }

    /** Has the servers pass on rows that are known to be many and that nobody needs to look at on their way; else null. */
    private @Nullable MovedRelations piped(
            Intermediate intermediate, List<Target> targets, Execution bound, Statement statement) throws SQLException {
        if (intermediate.bytes() <= Delivery.SMALL_BYTES
                || intermediate.columns().isEmpty()
                || intermediate.reach() instanceof Intermediate.Reach.ByKey) {
            return null;
        }
        Source source = source(intermediate, bound);
        Execution part = part(source, bound, statement);
        List<Shard> shards = sharded.selected(source.plan(), part);
        Fragment fragment = ShardedRunner.alone(source.plan(), shards);
        if (fragment == null || !tables.mayBeOn(targets, statement.everywhere())) {
            return null;
        }
        long start = System.nanoTime();
        String table = session.temporaryName();
        CopyPipe.Piped piped = pipe.run(
                intermediate,
                table,
                fragment,
                targets(shards),
                targets,
                statement.everywhere(),
                statement.budget(),
                part);
        if (piped == null) {
            return null;
        }
        statement.tables().add(new Created(table, targets));
        tell(intermediate, piped.rows(), piped.bytes(), MovedRows.Form.TEMPORARY_TABLE, targets, start, bound);
        return bound.relations().with(intermediate.name(), new Moved.InTable(table));
    }

    private Delivery delivery(
            Intermediate intermediate,
            @Nullable ResultSet rows,
            List<Target> targets,
            Execution bound,
            Statement statement)
            throws SQLException {
        Intermediate.Reach.ByKey byKey = intermediate.reach() instanceof Intermediate.Reach.ByKey key ? key : null;
        return new Delivery(
                Shape.of(intermediate.columns(), rows),
                targets,
                statement.everywhere(),
                tables,
                byKey == null ? null : new KeyPlaces(session, bound.map(), byKey.type()),
                byKey == null ? -1 : byKey.column(),
                Lookups.of(intermediate),
                statement.budget(),
                bound.running());
    }

    /** A source, or its reduction. */
    private record Source(Plan.Sharded plan, int[] parameters) {}

    private static Source source(Intermediate intermediate, Execution bound) {
        Intermediate.Reduction reduction = reduction(intermediate, bound);
        return reduction != null
                ? new Source(reduction.source(), reduction.parameters())
                : new Source(intermediate.source(), intermediate.parameters());
    }

    private static Execution part(Source source, Execution bound, Statement statement) {
        return bound.with(new MappedParameters(bound.parameters(), source.parameters()))
                .with(bound.options().ofPart(FETCH_ROWS, statement.budget().remainingMillis()))
                .carried(true);
    }

    /** The rows of an intermediate's source; null for one that answers with a count. */
    private @Nullable ResultSet rows(Source source, Execution bound, Statement statement) throws SQLException {
        statement.budget().check();
        StatementResult answer = sharded.run(source.plan(), part(source, bound, statement));
        return answer instanceof StatementResult.Rows rows ? rows.rows() : null;
    }

    /** The reduction of an intermediate, where what it filters by is small enough; otherwise null. */
    private static Intermediate.@Nullable Reduction reduction(Intermediate intermediate, Execution bound) {
        Intermediate.Reduction reduction = intermediate.reduction();
        HeapRows by = reduction == null ? null : bound.relations().inHeap(reduction.by());
        return by != null && by.rowCount() <= MAXIMUM_REDUCTION_ROWS ? reduction : null;
    }

    /** Runs the statement for one portion of the last intermediate after the other, at least once; the counts are added. */
    private StatementResult inPortions(Movement movement, Execution then, Execution bound, Statement statement)
            throws SQLException {
        List<Intermediate> intermediates = movement.intermediates();
        Intermediate last = intermediates.get(intermediates.size() - 1);
        List<Target> targets = targets(movement, intermediates.size() - 1, bound);
        long start = System.nanoTime();
        long count = 0;
        try (ResultSet rows = rows(source(last, bound), bound, statement)) {
            Delivery delivery = delivery(last, rows, targets, bound, statement);
            boolean more = true;
            while (more) {
                delivery.clear();
                more = fill(delivery, rows);
                MovedRelations relations = bound.relations().with(last.name(), delivery.portion());
                count += count(then(movement, then.with(relations), statement));
            }
            tell(last, delivery.rows(), delivery.bytes(), MovedRows.Form.PORTIONS, targets, start, bound);
        }
        return new StatementResult.Count(count, null);
    }

    /** Whether there may be more rows than the portion that was read. */
    private static boolean fill(Delivery delivery, @Nullable ResultSet rows) throws SQLException {
        while (rows != null && rows.next()) {
            delivery.keep(rows);
            if (delivery.portionBytes() > PORTION_BYTES) {
                return true;
            }
        }
        return false;
    }

    private static long count(StatementResult result) throws SQLException {
        if (result instanceof StatementResult.Count count) {
            return count.count();
        }
        ((StatementResult.Rows) result).rows().close();
        throw PgplexErrors.bug("a statement that runs in portions returned rows", null);
    }

    private static void tell(
            Intermediate intermediate,
            long rows,
            long bytes,
            MovedRows.Form form,
            List<Target> targets,
            long start,
            Execution bound) {
        MovedRows.Listener listener = bound.listener();
        if (listener != null) {
            listener.moved(new MovedRows(
                    intermediate,
                    reduction(intermediate, bound) != null,
                    rows,
                    bytes,
                    form,
                    targets.stream().map(target -> target.shard().name()).toList(),
                    System.nanoTime() - start));
        }
    }
}
