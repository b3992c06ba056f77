package io.pgplex.routing.plan.move;

import io.pgplex.routing.analyze.Block;
import io.pgplex.routing.analyze.Resolution;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.analyze.syntax.Expr;
import io.pgplex.routing.scan.Identifiers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Column references with a schema ({@code public.t.a}). The schema is the real table's, which something else stands for
 * now. Stateless.
 */
final class Qualifiers {

    private Qualifiers() {}

    /** The references to these relations without their schemas. */
    static List<Draft.Replacement> withoutSchema(Resolution resolution, Set<String> relations) {
        List<Draft.Replacement> replacements = new ArrayList<>();
        Set<Integer> done = new HashSet<>();
        for (Block block : resolution.blocks()) {
            if (block.isOwnText()) {
                block.expressions().forEach(expression -> collect(expression, relations, done, replacements));
            }
        }
        return replacements;
    }

    private static void collect(
            Expr expression, Set<String> relations, Set<Integer> done, List<Draft.Replacement> replacements) {
        if (expression instanceof Expr.Column column && column.names().size() > (column.star() ? 1 : 2)) {
            List<String> names = column.names();
            String relation = names.get(names.size() - (column.star() ? 1 : 2));
            if (relations.contains(relation) && done.add(column.from())) {
                String last = column.star() ? "*" : Identifiers.quote(column.name());
                replacements.add(new Draft.Replacement(
                        column.from(), column.to(), new SqlText().append(Identifiers.quote(relation) + "." + last)));
            }
        }
        expression.children().forEach(child -> collect(child, relations, done, replacements));
    }
}
