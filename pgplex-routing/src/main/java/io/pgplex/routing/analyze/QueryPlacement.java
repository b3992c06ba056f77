package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.KeyType.HashFamily;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of a query lie when it runs on every shard.
 *
 * @param family how the keys hash; null when the rows are everywhere
 * @param strong output columns, from 0, whose value says the shard
 * @param weak output columns whose value, unless NULL, says the shard
 * @param outer attributes of outer blocks that all rows are tied to
 */
public record QueryPlacement(
        @Nullable HashFamily family, Set<Integer> strong, Set<Integer> weak, Set<Attribute> outer) {

    static final QueryPlacement EVERYWHERE = new QueryPlacement(null, Set.of(), Set.of(), Set.of());

    public boolean isEverywhere() {
        return family == null;
    }
}
