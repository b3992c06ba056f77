package io.pgplex.routing.analyze.syntax;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A window definition, or only a reference to one.
 *
 * @param base the window it is named after or built on, null for none
 * @param bounds expressions in the frame clause
 */
public record Window(@Nullable String base, List<Expr> partitionBy, List<SortItem> orderBy, List<Expr> bounds) {

    /** Everything that is in it. */
    public List<Expr> expressions() {
        List<Expr> all = new ArrayList<>(partitionBy);
        orderBy.forEach(item -> all.add(item.expression()));
        all.addAll(bounds);
        return all;
    }
}
