package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.function.Functions;
import io.pgplex.routing.plan.Effect;

/** What the functions that a statement calls may do. Immutable. */
public final class Effects {

    private final boolean opaque;
    private final boolean bound;
    private final boolean sequence;

    /** Looks at every call in the statement's own text and in the views that it names. */
    public Effects(Resolution resolution) {
        boolean mayWrite = false;
        boolean serverBound = false;
        boolean numbers = false;
        for (Block block : resolution.blocks()) {
            for (Expr expression : block.expressions()) {
                mayWrite |= any(expression, false);
                serverBound |= any(expression, true);
                numbers |= callsSequence(expression);
            }
        }
        this.opaque = mayWrite;
        this.bound = serverBound;
        this.sequence = numbers;
    }

    private static boolean any(Expr expression, boolean bound) {
        if (expression instanceof Expr.Call call && (bound ? isBound(call) : mayWrite(call))) {
            return true;
        }
        return expression.children().stream().anyMatch(child -> any(child, bound));
    }

    private static boolean callsSequence(Expr expression) {
        return (expression instanceof Expr.Call call && Functions.isSequenceFunction(String.join(".", call.name())))
                || expression.children().stream().anyMatch(Effects::callsSequence);
    }

    private static boolean mayWrite(Expr.Call call) {
        String name = String.join(".", call.name());
        return (!Functions.isBuiltIn(name) && !isTime(call))
                || Functions.hasSideEffects(name)
                || Functions.isSequenceFunction(name);
    }

    private static boolean isTime(Expr.Call call) {
        return call.bare();
    }

    /** Whether another server would give another answer for a reason that a session can see. */
    private static boolean isBound(Expr.Call call) {
        String name = String.join(".", call.name());
        return mayWrite(call)
                || !(call.bare()
                        || Functions.isHarmless(name)
                        || Functions.isAggregate(name)
                        || Functions.isWindowFunction(name)
                        || Functions.isVolatile(name)
                        || Functions.evaluatedOnce(name) != null);
    }

    /** What a SELECT with these calls may do. */
    public Effect ofQuery(Resolution resolution) {
        return !resolution.modifyingCtes().isEmpty() ? Effect.WRITE : opaque ? Effect.MAY_WRITE : Effect.READ;
    }

    /** Whether a sequence is asked, which is the cluster's on the home shard only. */
    public boolean callsSequence() {
        return sequence;
    }

    /** Whether it matters which server runs them: the home shard then does. */
    public boolean isBoundToHome() {
        return bound;
    }
}
