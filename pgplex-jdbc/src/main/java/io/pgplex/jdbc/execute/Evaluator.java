package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.pool.Lease;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Computes on the home shard, once, what must be the same on every shard or must be known before a row is routed. Belongs to
 * one session.
 */
final class Evaluator {

    /** Expressions of one query: PostgreSQL allows 1664 result columns. */
    private static final int MAXIMUM_COLUMNS = 1000;

    private static final String[] NOTHING = new String[0];

    private final Session session;

    Evaluator(Session session) {
        this.session = session;
    }

    /** The values in the server's text form, null for NULL. */
    @Nullable
    String[] evaluate(List<Evaluation> evaluations, Execution execution) throws SQLException {
        if (evaluations.isEmpty()) {
            return NOTHING;
        }
        @Nullable String[] values = new String[evaluations.size()];
        Lease lease = session.lease(execution.map().homeShard(), Effect.READ);
        try {
            if (evaluations.size() > MAXIMUM_COLUMNS && !lease.isTransactional()) {
                // one transaction, so that now() is one instant
                lease.backend().connection().setAutoCommit(false);
            }
            for (int from = 0; from < values.length; from += MAXIMUM_COLUMNS) {
                int to = Math.min(from + MAXIMUM_COLUMNS, values.length);
                evaluate(evaluations.subList(from, to), execution, lease, values, from);
            }
        } finally {
            session.giveBack(lease);
        }
        return values;
    }

    private static void evaluate(
            List<Evaluation> evaluations, Execution execution, Lease lease, @Nullable String[] values, int from)
            throws SQLException {
        ShardAnswer answer = new ShardCall(query(evaluations), 0, true, false)
                .run(execution.map().homeShard(), lease, execution.with(ExecuteOptions.DEFAULT));
        try {
            ResultSet row = Objects.requireNonNull(answer.rows());
            row.next();
            for (int i = 0; i < evaluations.size(); i++) {
                values[from + i] = row.getString(i + 1);
            }
        } finally {
            answer.close();
        }
    }

    /** {@code SELECT CAST(CAST((e1) AS t1) AS text), ...} with the parameters of all expressions in order. */
    private static Fragment query(List<Evaluation> evaluations) {
        StringBuilder sql = new StringBuilder("SELECT ");
        int count = 0;
        for (Evaluation evaluation : evaluations) {
            count += evaluation.expression().parameters().length;
        }
        int[] parameters = new int[count];
        int next = 0;
        for (Evaluation evaluation : evaluations) {
            if (sql.length() > "SELECT ".length()) {
                sql.append(", ");
            }
            sql.append("CAST(CAST((")
                    .append(evaluation.expression().sql())
                    .append(") AS ")
                    .append(evaluation.type())
                    .append(") AS pg_catalog.text)");
            for (int parameter : evaluation.expression().parameters()) {
                parameters[next++] = parameter;
            }
        }
        return new Fragment(sql.toString(), parameters);
    }
}
