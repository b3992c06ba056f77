package io.pgplex.routing.plan;

import java.util.List;

/**
 * Broadcast and gather: rows travel to where they are needed, then a statement runs that finds them there. Immutable.
 *
 * <p>Every text that names an intermediate begins with its definition as a common table expression, written as
 * {@link Intermediate#definition()}. Whoever executes the plan leaves that as it is when the rows are in the temporary
 * table that it names, or replaces it by one that reads them from array parameters, which come before all others.
 *
 * @param evaluations values computed once before anything else; everything below may take them as parameters after the
 *     statement's own
 * @param intermediates what travels, in an order in which each needs earlier ones only; never empty
 * @param then the statement itself, over the intermediates: on one shard (gather) or on several (broadcast)
 * @param parameters which value each parameter of {@code then} is: an index into the statement's own parameters followed
 *     by the results of the evaluations
 * @param portions whether {@code then} may run for one portion after the other of the last intermediate, the counts being
 *     added: an INSERT that reads nothing else and returns no rows
 */
public record Movement(
        List<Evaluation> evaluations,
        List<Intermediate> intermediates,
        Plan.Sharded then,
        int[] parameters,
        boolean portions) {

    public Movement {
        evaluations = List.copyOf(evaluations);
        intermediates = List.copyOf(intermediates);
    }
}
