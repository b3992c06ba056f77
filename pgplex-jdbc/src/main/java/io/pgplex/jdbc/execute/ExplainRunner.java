package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Merge;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.explain.PlanText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;

/**
 * EXPLAIN: pgplex's own plan, and below it each shard's plan of what it would run. EXPLAIN ANALYZE runs each shard's part
 * there, one after the other, with the server's own row counts and times.
 *
 * <p>Of a movement, EXPLAIN shows the shards' plans of all parts that do not read rows which have travelled: how those are
 * read is decided once they are there, by how many they are. EXPLAIN ANALYZE moves them, says what moved, and shows the
 * shards' plans of the statement over them. Belongs to one session.
 */
final class ExplainRunner {

    private final Session session;
    private final Evaluator evaluator;
    private final ShardedRunner runner;
    private final CopiesRunner copies;
    private final InsertRunner insert;

    ExplainRunner(
            Session session, Evaluator evaluator, ShardedRunner runner, CopiesRunner copies, InsertRunner insert) {
        this.session = session;
        this.evaluator = evaluator;
        this.runner = runner;
        this.copies = copies;
        this.insert = insert;
    }

    StatementResult run(Plan.Explain explain, Execution execution) throws SQLException {
        if (explain.explained() instanceof Plan.Sharded sharded) {
            return sharded(explain, sharded, execution);
        }
        return explain.analyze() && explain.explained() instanceof Plan.Insert rows
                ? session.atomically(() -> inserted(explain, rows, execution))
                : rows(PlanText.lines(explain.explained(), execution.map()));
    }

    /** EXPLAIN ANALYZE inserts the rows; without ANALYZE nothing is computed that says where they would go. */
    private StatementResult inserted(Plan.Explain explain, Plan.Insert plan, Execution execution) throws SQLException {
        InsertRunner.Placed placed = insert.place(plan, execution);
        List<String> lines = new ArrayList<>(PlanText.lines(plan, execution.map()));
        for (ShardInsert part : placed.inserts()) {
            Shard shard = execution.map().shards().get(part.shard());
            lines.addAll(onShard(explain, Effect.WRITE, part.fragment(), shard, placed.execution()));
        }
        return rows(lines);
    }

    private StatementResult sharded(Plan.Explain explain, Plan.Sharded plan, Execution execution) throws SQLException {
        ShardSet shards = shards(plan, execution);
        Movement movement = plan.movement();
        if (shards.size() > 1 && movement != null) {
            MovementNotes notes = explain.analyze()
                    ? analyzed(explain, plan, movement, execution)
                    : expected(explain, movement, execution);
            return rows(PlanText.lines(plan, execution.map(), shards, notes));
        }
        boolean writes = plan.effect() != Effect.READ && session.standbys().node() == null;
        return explain.analyze() && writes
                ? session.atomically(() -> rows(withServerPlans(explain, plan, shards, execution)))
                : rows(withServerPlans(explain, plan, shards, execution));
    }

    private List<String> withServerPlans(Plan.Explain explain, Plan.Sharded plan, ShardSet shards, Execution execution)
            throws SQLException {
        List<String> lines = new ArrayList<>(PlanText.lines(plan, execution.map(), shards));
        lines.addAll(serverPlans(explain, plan, shards, execution));
        return lines;
    }

    /** The shards' own plans; none for what is refused on several shards. */
    private List<String> serverPlans(Plan.Explain explain, Plan.Sharded plan, ShardSet shards, Execution execution)
            throws SQLException {
        Execution bound = execution;
        Fragment fragment = plan.original();
        if (shards.size() > 1) {
            Scatter scatter = plan.scatter();
            if (scatter == null) {
                return List.of();
            }
            if (scatter.merge() instanceof Merge.OfCopies one) {
                return ofCopies(explain, plan, scatter, one, execution);
            }
            bound = execution.with(evaluator.evaluate(scatter.evaluations(), execution));
            fragment = scatter.fragment();
        }
        List<String> lines = new ArrayList<>();
        for (int ordinal : shards.ordinals()) {
            Shard shard = execution.map().shards().get(ordinal);
            lines.addAll(onShard(explain, plan.effect(), fragment, shard, bound));
        }
        return lines;
    }

    /**
     * The plans of a write to a replicated table. By images it is explained on the first shard; ANALYZE takes back what it
     * did there, and then runs the statement as ever, since what a server explains returns no images.
     */
    private List<String> ofCopies(
            Plan.Explain explain, Plan.Sharded plan, Scatter planned, Merge.OfCopies one, Execution execution)
            throws SQLException {
        List<Shard> shards = execution.map().shards();
        Scatter scatter = planned;
        if (explain.analyze()) {
            scatter = copies.chosen(planned, one, execution, shards, session.leaseAll(shards, plan.effect(), false));
        }
        Execution bound = execution.with(evaluator.evaluate(scatter.evaluations(), execution));
        List<String> lines = new ArrayList<>();
        if (!(scatter.merge() instanceof Merge.Images)) {
            for (Shard shard : shards) {
                lines.addAll(onShard(explain, plan.effect(), scatter.fragment(), shard, bound));
            }
            return lines;
        }
        if (!explain.analyze()) {
            return onShard(explain, plan.effect(), scatter.fragment(), shards.get(0), bound);
        }
        PgConnection first =
                session.lease(shards.get(0), plan.effect()).backend().connection();
        Savepoint before = first.setSavepoint();
        lines.addAll(onShard(explain, plan.effect(), scatter.fragment(), shards.get(0), bound));
        first.rollback(before);
        StatementResult result = copies.run(plan, planned, one, execution, shards);
        if (result instanceof StatementResult.Rows rows) {
            rows.rows().close();
        }
        return lines;
    }

    // ---- movements

    private MovementNotes expected(Plan.Explain explain, Movement movement, Execution execution) throws SQLException {
        MovementNotes notes = new MovementNotes();
        expected(explain, movement, List.of(), execution, notes);
        return notes;
    }

    /** @param outer definitions of rows that would move before this movement begins */
    private void expected(
            Plan.Explain explain, Movement movement, List<String> outer, Execution execution, MovementNotes notes)
            throws SQLException {
        List<String> moved = new ArrayList<>(outer);
        movement.intermediates().forEach(own -> moved.remove(own.definition())); // its names hide those outside
        Execution bound = execution.with(evaluator.evaluate(movement.evaluations(), execution));
        for (Intermediate intermediate : movement.intermediates()) {
            Execution part = bound.with(new MappedParameters(bound.parameters(), intermediate.parameters()));
            notes.note(intermediate, expected(explain, intermediate.source(), moved, part, notes));
            moved.add(intermediate.definition());
        }
        Execution last = bound.with(new MappedParameters(bound.parameters(), movement.parameters()));
        notes.note(movement, expected(explain, movement.then(), moved, last, notes));
    }

    /** The shards' plans of a part, unless it reads rows that have not moved. */
    private List<String> expected(
            Plan.Explain explain, Plan.Sharded part, List<String> moved, Execution execution, MovementNotes notes)
            throws SQLException {
        ShardSet shards = shards(part, execution);
        Movement inner = part.movement();
        if (shards.size() > 1 && inner != null) {
            expected(explain, inner, moved, execution, notes);
            return List.of();
        }
        for (String definition : moved) {
            if (PlanShards.names(part, definition)) {
                return List.of("On the Shards: decided when the rows have moved, EXPLAIN ANALYZE shows it");
            }
        }
        return serverPlans(explain, part, shards, execution);
    }

    /** Moves the rows, and has the servers explain what then runs over them. */
    private MovementNotes analyzed(Plan.Explain explain, Plan.Sharded plan, Movement planned, Execution execution)
            throws SQLException {
        // all rows before the statement, which a server can explain once only
        Movement movement = new Movement(
                planned.evaluations(), planned.intermediates(), planned.then(), planned.parameters(), false);
        MovementNotes notes = new MovementNotes();
        MovedRows.Listener listener = new MovedRows.Listener() {
            @Override
            public void moved(MovedRows rows) {
                notes.note(rows.intermediate(), List.of(facts(rows)));
            }

            @Override
            @SuppressWarnings("ReferenceEquality") // this movement, not one inside it
            public @Nullable StatementResult insteadOf(Movement other, Execution last) throws SQLException {
                if (other != movement) {
                    return null;
                }
                long start = System.nanoTime();
                List<String> lines = serverPlans(explain, other.then(), shards(other.then(), last), last);
                List<String> timed = new ArrayList<>(lines);
                timed.add(0, "Time: " + millis(System.nanoTime() - start));
                notes.note(planned, timed);
                return new StatementResult.Count(0, null);
            }
        };
        runner.run(
                new Plan.Sharded(
                        plan.kind(),
                        plan.effect(),
                        plan.returnsRows(),
                        plan.original(),
                        plan.selector(),
                        null,
                        movement,
                        null),
                execution.with(listener));
        return notes;
    }

    private static String facts(MovedRows moved) {
        String form =
                switch (moved.form()) {
                    case ARRAYS -> "as array parameters";
                    case TEMPORARY_TABLE -> "through temporary tables";
                    case PORTIONS -> "in portions";
                };
        return "Moved: " + moved.rows() + " rows, " + moved.bytes() + " bytes " + form
                + (moved.shards().isEmpty() ? " to no shard" : " to " + String.join(", ", moved.shards())) + " in "
                + millis(moved.nanos()) + (moved.reduced() ? ", reduced" : "");
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.3f ms", nanos / 1e6);
    }

    private List<String> onShard(
            Plan.Explain explain, Effect effect, Fragment fragment, Shard shard, Execution execution)
            throws SQLException {
        List<String> lines = new ArrayList<>();
        Lease lease = session.lease(shard, explain.analyze() ? effect : Effect.READ);
        try {
            lines.add("Shard " + shard.name() + " on node "
                    + lease.backend().node().name());
            for (String line : serverPlan(explain, fragment, shard, lease, execution)) {
                lines.add("  " + line);
            }
            return lines;
        } finally {
            session.giveBack(lease);
        }
    }

    private ShardSet shards(Plan.Sharded plan, Execution execution) throws SQLException {
        int single = plan.selector().single(execution.parameters(), execution.map());
        return switch (single) {
            case ShardSelector.ANY -> ShardSet.of(session.preferredShard());
            case ShardSelector.NONE -> ShardSet.of(0);
            case ShardSelector.MANY -> plan.selector().select(execution.parameters(), execution.map());
            default -> ShardSet.of(single);
        };
    }

    private List<String> serverPlan(
            Plan.Explain explain, Fragment fragment, Shard shard, Lease lease, Execution execution)
            throws SQLException {
        Fragment sql = new Fragment("EXPLAIN " + explain.options() + "\n" + fragment.sql(), fragment.parameters());
        ShardAnswer answer = new ShardCall(sql, 0, true, false).run(shard, lease, execution);
        try {
            List<String> lines = new ArrayList<>();
            @Nullable ResultSet rows = answer.rows();
            while (rows != null && rows.next()) {
                lines.addAll(rows.getString(1).lines().toList());
            }
            return lines;
        } finally {
            answer.close();
        }
    }

    private StatementResult rows(List<String> lines) throws SQLException {
        return new StatementResult.Rows(session.onHome(connection -> {
            DriverRows rows = new DriverRows(connection, List.of(DriverRows.Column.text("QUERY PLAN")));
            for (String line : lines) {
                rows.add(line);
            }
            return rows.open();
        }));
    }
}
