package io.pgplex.routing.plan;

import java.util.List;

/**
 * How a statement runs on more than one shard. Immutable.
 *
 * @param fragment what each shard runs
 * @param merge how their answers become one
 * @param evaluations values computed once before; fragments and finishes take them as parameters after the statement's
 *     own
 */
public record Scatter(Fragment fragment, Merge merge, List<Evaluation> evaluations) {

    public Scatter {
        evaluations = List.copyOf(evaluations);
    }
}
