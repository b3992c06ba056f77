package io.pgplex.routing.analyze;

import io.pgplex.metadata.model.KeyType.HashFamily;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the rows of a FROM clause lie when a statement runs on every shard: the same rows on each shard, or each row on
 * the shard of its key. Attributes may be those of outer blocks, when correlation ties the rows to them. Immutable.
 *
 * @param family how the keys hash; null when the rows are everywhere
 * @param strong attributes whose value, NULL too, says the shard
 * @param weak attributes that an outer join may make NULL; else they say the shard
 */
public record Placement(@Nullable HashFamily family, Set<Attribute> strong, Set<Attribute> weak) {

    static final Placement EVERYWHERE = new Placement(null, Set.of(), Set.of());

    public Placement {
        strong = Set.copyOf(strong);
        weak = Set.copyOf(weak);
    }

    public boolean isEverywhere() {
        return family == null;
    }

    public Set<Attribute> all() {
        Set<Attribute> all = new HashSet<>(strong);
        all.addAll(weak);
        return all;
    }

    /** Whether correlation with an outer block ties all rows to one shard. */
    public boolean isPinned(Block block) {
        return all().stream().anyMatch(attribute -> attribute.relation().block() != block);
    }
}
