package io.pgplex.jdbc.execute;

import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Movement;
import io.pgplex.routing.plan.explain.PlanText;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * What EXPLAIN has found out about the parts of a plan. Parts are told apart by identity: movements inside movements may use
 * the same names. Confined to a thread.
 */
final class MovementNotes implements PlanText.Additions {

    private final IdentityHashMap<Object, List<String>> notes = new IdentityHashMap<>();

    /** Lines for an intermediate, in place of those it had. */
    void note(Intermediate intermediate, List<String> lines) {
        notes.put(intermediate, lines);
    }

    /** Lines for the statement that runs over a movement's intermediates, in place of those it had. */
    void note(Movement movement, List<String> lines) {
        notes.put(movement, lines);
    }

    @Override
    public List<String> of(Intermediate intermediate) {
        return notes.getOrDefault(intermediate, List.of());
    }

    @Override
    public List<String> of(Movement movement) {
        return notes.getOrDefault(movement, List.of());
    }
}
