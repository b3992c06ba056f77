package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.merge.DriverRows;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.bind.ShardInsert;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Scatter;
import io.pgplex.routing.plan.explain.PlanText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * EXPLAIN: pgplex's own plan, and below it each shard's plan of what it would run. EXPLAIN ANALYZE runs each shard's part
 * there, one after the other, with the server's own row counts and times. Belongs to one session.
 */
final class ExplainRunner {

    private final Session session;
    private final Evaluator evaluator;
    private final InsertRunner insert;

    ExplainRunner(Session session, Evaluator evaluator, InsertRunner insert) {
        this.session = session;
        this.evaluator = evaluator;
        this.insert = insert;
    }

    StatementResult run(Plan.Explain explain, Execution execution) throws SQLException {
        if (explain.explained() instanceof Plan.Sharded sharded) {
            return explain.analyze() && sharded.effect() != Effect.READ
                    ? session.atomically(() -> sharded(explain, sharded, execution))
                    : sharded(explain, sharded, execution);
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
        List<String> lines = new ArrayList<>(PlanText.lines(plan, execution.map(), shards));
        Scatter scatter = plan.scatter();
        if (shards.size() > 1 && scatter == null) {
            return rows(lines);
        }
        boolean several = shards.size() > 1 && scatter != null;
        Execution bound = several && scatter != null
                ? execution.with(evaluator.evaluate(scatter.evaluations(), execution))
                : execution;
        Fragment fragment = several && scatter != null ? scatter.fragment() : plan.original();
        for (int ordinal : shards.ordinals()) {
            Shard shard = execution.map().shards().get(ordinal);
            lines.addAll(onShard(explain, plan.effect(), fragment, shard, bound));
        }
        return rows(lines);
    }

    private List<String> onShard(
            Plan.Explain explain, Effect effect, Fragment fragment, Shard shard, Execution execution)
            throws SQLException {
        List<String> lines = new ArrayList<>();
        lines.add("Shard " + shard.name() + " on node " + shard.primary());
        for (String line : serverPlan(explain, effect, fragment, shard, execution)) {
            lines.add("  " + line);
        }
        return lines;
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
            Plan.Explain explain, Effect effect, Fragment fragment, Shard shard, Execution execution)
            throws SQLException {
        Fragment sql = new Fragment("EXPLAIN " + explain.options() + " " + fragment.sql(), fragment.parameters());
        Lease lease = session.lease(shard, explain.analyze() ? effect : Effect.READ);
        try {
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
        } finally {
            session.giveBack(lease);
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
