package io.pgplex.routing.analyze;

import io.pgplex.routing.bind.ShardSelector;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Puts selectors together, leaving out what says nothing. Stateless. */
public final class Selectors {

    public static final ShardSelector ALL = new ShardSelector.AllShards();
    public static final ShardSelector NONE = new ShardSelector.NoShard();
    public static final ShardSelector HOME = new ShardSelector.HomeShard();

    private Selectors() {}

    /** The shards that all of them allow. */
    public static ShardSelector and(List<ShardSelector> parts) {
        Set<ShardSelector> kept = new LinkedHashSet<>();
        for (ShardSelector part : parts) {
            if (part.equals(NONE)) {
                return NONE;
            }
            if (part instanceof ShardSelector.And and) {
                kept.addAll(and.parts());
            } else if (!part.equals(ALL)) {
                kept.add(part);
            }
        }
        return kept.isEmpty()
                ? ALL
                : kept.size() == 1 ? kept.iterator().next() : new ShardSelector.And(new ArrayList<>(kept));
    }

    /** The shards that any of them allows. */
    public static ShardSelector or(List<ShardSelector> parts) {
        Set<ShardSelector> kept = new LinkedHashSet<>();
        for (ShardSelector part : parts) {
            if (part.equals(ALL)) {
                return ALL;
            }
            if (part instanceof ShardSelector.Or or) {
                kept.addAll(or.parts());
            } else if (!part.equals(NONE)) {
                kept.add(part);
            }
        }
        return kept.isEmpty()
                ? NONE
                : kept.size() == 1 ? kept.iterator().next() : new ShardSelector.Or(new ArrayList<>(kept));
    }
}
