package io.pgplex.jdbc.execute;

import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.RoutingScope;
import io.pgplex.routing.hint.Hints;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.ScannedStatement;
import io.pgplex.routing.statistics.Statistics;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A text that was scanned once: its statements, their hints and parameters, and the plan that each had last. Shared by all
 * sessions; thread-safe.
 */
public final class PreparedText {

    /**
     * A plan with what it was made from.
     *
     * @param basis the sizes of tables by which it was chosen, or null where they do not matter
     */
    record PlanSlot(ClusterMap map, RoutingScope scope, Plan plan, AskedStatistics.@Nullable Basis basis) {

        /** Whether the plan is still good; looks at the statistics only where they matter. */
        @SuppressWarnings("ReferenceEquality") // maps and scopes are kept once each: identity says it without comparing
        boolean isFor(ClusterMap currentMap, RoutingScope sessionScope, Supplier<Statistics> current) {
            return map == currentMap && scope == sessionScope && (basis == null || basis.holds(current.get()));
        }
    }

    /**
     * What a statement's text may leave behind on its server.
     *
     * @param calls what the functions do that it calls
     * @param temporaryObject whether it makes or uses a temporary object by that name
     * @param rowLocks whether it may lock rows
     */
    record Effects(Set<SessionEffect> calls, boolean temporaryObject, boolean rowLocks) {}

    private final String sql;
    private final boolean jdbcParameters;
    private final List<ScannedStatement> statements;
    private final List<Hints> hints;
    private final int[] firstParameter;
    private final int parameterCount;
    private final AtomicReferenceArray<@Nullable PlanSlot> plans;
    private final AtomicReferenceArray<@Nullable Effects> effects;

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
        this.effects = new AtomicReferenceArray<>(firstParameter.length);
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

    /** What a statement may leave behind on its server, looked for once. */
    Effects effects(int statement) {
        Effects known = effects.get(statement);
        if (known == null) {
            ScannedStatement scanned = statements.get(statement);
            known = new Effects(
                    SessionEffect.of(scanned),
                    StatementEffects.namesTemporaryObject(scanned),
                    StatementEffects.locksRows(scanned));
            effects.set(statement, known);
        }
        return known;
    }

    /** The plan of a statement if it was made from just this map and scope and is still good, else null. */
    @Nullable
    Plan plan(int statement, ClusterMap map, RoutingScope scope, Supplier<Statistics> current) {
        PlanSlot slot = plans.get(statement);
        return slot != null && slot.isFor(map, scope, current) ? slot.plan() : null;
    }

    void remember(int statement, PlanSlot slot) {
        plans.set(statement, slot);
    }
}
