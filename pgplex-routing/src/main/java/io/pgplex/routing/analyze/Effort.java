package io.pgplex.routing.analyze;

import io.pgplex.routing.RoutingException;
import io.pgplex.routing.plan.Refusal;

/**
 * What the analysis of one statement has cost so far. Some steps look at every relation for every column, or at every
 * condition for every relation, which no statement of an application makes much of and a hostile one does; each counts what it
 * looks at here, and the analysis ends when that is too much. So the same text always gets the same answer, however fast
 * the machine and however busy. Confined to one thread.
 */
final class Effort {

    /** A step is about one comparison of two names; all of them are about half a second. */
    static final int MAX_STEPS = 50_000_000;

    /** Uses of relations, and queries; a CTE or view counts at each of its uses, so a short text can mean very many. */
    static final int MAX_PARTS = 2000;

    private int steps;
    private int parts;

    /**
     * Counts some steps.
     *
     * @throws RoutingException 54001 when the statement has taken more than {@value #MAX_STEPS}
     */
    void spend(int some) {
        steps += some;
        if (steps > MAX_STEPS) {
            throw new RoutingException(Refusal.tooComplex(0));
        }
    }

    /**
     * Counts a query or the use of a relation.
     *
     * @throws RoutingException 54001 when there are more than {@value #MAX_PARTS}
     */
    void part() {
        if (++parts > MAX_PARTS) {
            throw new RoutingException(Refusal.tooComplex(0));
        }
    }

    int steps() {
        return steps;
    }
}
