package io.pgplex.routing.plan.move;

import io.pgplex.routing.analyze.Attribute;
import io.pgplex.routing.analyze.RelationUse;
import io.pgplex.routing.analyze.syntax.Expr;
import java.util.ArrayList;
import java.util.List;

/** That a column of one relation must equal a column of another for its row to matter. Immutable. */
record Equality(Attribute mine, Attribute other) {

    /** All of them that a use is subject to in its block. */
    static List<Equality> of(RelationUse use) {
        List<Equality> equalities = new ArrayList<>();
        for (Expr filter : use.block().filters(use)) {
            if (!(filter instanceof Expr.Operation equal) || !equal.operator().equals("=")) {
                continue;
            }
            Attribute left = use.block().attribute(equal.left());
            Attribute right = use.block().attribute(equal.right());
            if (left == null || right == null) {
                continue;
            }
            if (left.relation().equals(use) && !right.relation().equals(use)) {
                equalities.add(new Equality(left, right));
            } else if (right.relation().equals(use) && !left.relation().equals(use)) {
                equalities.add(new Equality(right, left));
            }
        }
        return equalities;
    }
}
