package io.pgplex.routing.plan.insert;

import io.pgplex.routing.plan.Evaluation;
import io.pgplex.routing.plan.Fragment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The values that a plan has computed before it runs, numbered after the statement's own parameters. Confined to a thread. */
final class EvaluationList {

    private final int ownParameters;
    private final List<Evaluation> evaluations = new ArrayList<>();
    private final Map<Evaluation, Integer> shared = new HashMap<>();

    EvaluationList(int ownParameters) {
        this.ownParameters = ownParameters;
    }

    /** The parameter that a new value becomes. */
    int add(Fragment expression, String type) {
        evaluations.add(new Evaluation(expression, type));
        return ownParameters + evaluations.size() - 1;
    }

    /** The parameter of a value that every use of the same text shares. */
    int addShared(Fragment expression, String type) {
        return shared.computeIfAbsent(new Evaluation(expression, type), key -> add(expression, type));
    }

    static String cast(String type) {
        return "CAST(? AS " + type + ")";
    }

    /**
     * An expression as a value of the type that it is assigned to: a number is rounded where it is computed, since its text
     * could not be cast later.
     */
    static Fragment castOf(Fragment expression, String type) {
        return new Fragment("CAST(" + expression.sql() + " AS " + type + ")", expression.parameters());
    }

    List<Evaluation> list() {
        return evaluations;
    }
}
