package io.pgplex.routing.analyze;

import io.pgplex.routing.analyze.syntax.Expr;
import java.util.ArrayList;
import java.util.List;

/** The parts of a condition that must all hold. */
final class Conjuncts {

    private Conjuncts() {}

    static List<Expr> of(Expr condition) {
        List<Expr> conjuncts = new ArrayList<>();
        collect(condition, conjuncts);
        return conjuncts;
    }

    private static void collect(Expr condition, List<Expr> conjuncts) {
        if (condition instanceof Expr.Logical logical && logical.and()) {
            logical.operands().forEach(operand -> collect(operand, conjuncts));
        } else {
            conjuncts.add(condition);
        }
    }
}
