package io.pgplex.routing.plan.move;

import io.pgplex.metadata.model.Column;
import io.pgplex.routing.analyze.Splice;
import io.pgplex.routing.analyze.SqlText;
import io.pgplex.routing.plan.Fragment;
import io.pgplex.routing.plan.Intermediate;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.scan.ScannedStatement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statement's text in which some parts are read from intermediates. Immutable.
 *
 * @param text the text as far as it has come
 * @param parameters which value each of its parameters is
 * @param planning what names mean in it
 * @param intermediates what travels so far; how far is not yet decided
 */
record Draft(ScannedStatement text, int[] parameters, Planning planning, List<Intermediate> intermediates) {

    Draft {
        intermediates = List.copyOf(intermediates);
    }

    /** A part of the text that an intermediate replaces. */
    record Replacement(int from, int to, SqlText with) {}

    /** The draft with further parts replaced. */
    Draft replace(List<Replacement> replacements, List<Intermediate> further, Planning with) {
        Splice splice = new Splice(text);
        for (Replacement each : replacements) {
            splice.replace(each.from(), each.to(), each.with());
        }
        Fragment fragment = splice.fragment();
        List<Intermediate> all = new ArrayList<>(intermediates);
        all.addAll(further);
        return new Draft(Planning.scan(fragment), compose(parameters, fragment.parameters()), with, all);
    }

    /** The plan of the text as it is; null when it is refused. */
    Plan.@Nullable Sharded plan() {
        return planning.plan(text);
    }

    /** A part of the text as a query of its own; parameters are those of the whole statement. */
    int[] own(Fragment part) {
        return compose(parameters, part.parameters());
    }

    static int[] compose(int[] outer, int[] inner) {
        int[] composed = new int[inner.length];
        for (int i = 0; i < inner.length; i++) {
            composed[i] = outer[inner[i]];
        }
        return composed;
    }

    /** The columns of an intermediate as the planners see them; the type is empty where only the server knows it. */
    static Column column(String name, String type, @Nullable String collation) {
        return new Column(name, type, false, collation, null, Column.DefaultKind.NONE);
    }
}
