package io.pgplex.jdbc.execute;

import io.pgplex.routing.plan.Intermediate;
import java.util.List;

/**
 * Columns by which the rows of an intermediate are looked up. Immutable.
 *
 * @param columns an index for each
 * @param places where all of these columns stand in a row, from 0
 */
record Lookups(List<List<String>> columns, int[] places) {

    static final Lookups NONE = new Lookups(List.of(), new int[0]);

    static Lookups of(Intermediate intermediate) {
        List<String> names =
                intermediate.columns().stream().map(Intermediate.Column::name).toList();
        int[] places = intermediate.lookups().stream()
                .flatMap(List::stream)
                .distinct()
                .mapToInt(names::indexOf)
                .toArray();
        return new Lookups(intermediate.lookups(), places);
    }
}
