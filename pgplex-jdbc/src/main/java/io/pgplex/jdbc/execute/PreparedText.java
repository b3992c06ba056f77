package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A text that was scanned once: its statements, their hints and parameters, and the plan that each had last. Shared by all
 * sessions; thread-safe.
 */
public final class PreparedText {

    /** A plan with what it was made from; good as long as both are still the same. */
    record PlanSlot(ClusterMap map, RoutingScope scope, Plan plan) {}

    private final String sql;
    private final boolean jdbcParameters;
    private final List<ScannedStatement> statements;
    private final List<Hints> hints;
    private final int[] firstParameter;
    private final int parameterCount;
    private final AtomicReferenceArray<@Nullable PlanSlot> plans;

    /**
     * @param sql the text as it is sent, JDBC escapes translated
     * @param jdbcParameters whether {@code ?} is a parameter in it
     */
    public PreparedText(String sql, boolean jdbcParameters, List<ScannedStatement> statements, List<Hints> hints) {
        this.sql = sql;
        this.jdbcParameters = jdbcParameters;
        this.statements = List.copyOf(statements);
        this.hints = List.copyOf(hints);
        this.firstParameter = new int[statements.size()];
        int count = 0;
        for (int i = 0; i < firstParameter.length; i++) {
            firstParameter[i] = count;
            count += statements.get(i).parameterCount();
        }
        this.parameterCount = count;
        this.plans = new AtomicReferenceArray<>(firstParameter.length);
    }

    public String sql() {
        return sql;
    }

    /** Whether {@code ?} is a parameter; in the text of a plain Statement it is an operator. */
    public boolean jdbcParameters() {
        return jdbcParameters;
    }

    /** The statements in order; empty for an empty text. */
    public List<ScannedStatement> statements() {
        return statements;
    }

    /** The hints of each statement. */
    public List<Hints> hints() {
        return hints;
    }

    /** Parameters of all statements together. */
    public int parameterCount() {
        return parameterCount;
    }

    /** The first parameter of a statement, counted from 0 over the whole text. */
    int firstParameter(int statement) {
        return firstParameter[statement];
    }

    /** The plan of a statement if it was made from just this map and scope, else null. */
    @SuppressWarnings("ReferenceEquality") // maps and scopes are kept once each: identity says it without comparing
    @Nullable
    Plan plan(int statement, ClusterMap map, RoutingScope scope) {
        PlanSlot slot = plans.get(statement);
        return slot != null && slot.map() == map && slot.scope() == scope ? slot.plan() : null;
    }

    void remember(int statement, PlanSlot slot) {
        plans.set(statement, slot);
    }
}
