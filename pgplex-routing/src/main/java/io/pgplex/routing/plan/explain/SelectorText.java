package io.pgplex.routing.plan.explain;

import io.pgplex.metadata.hash.KeyBucket;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.routing.bind.KeySource;
import io.pgplex.routing.bind.ShardSelector;
import io.pgplex.routing.bind.ShardSet;
import java.util.List;
import java.util.stream.Collectors;

/** How a plan chooses its shards, in words. */
final class SelectorText {

    private final ClusterMap map;

    SelectorText(ClusterMap map) {
        this.map = map;
    }

    String of(ShardSelector selector) {
        if (selector instanceof ShardSelector.AnyShard) {
            return "any";
        }
        if (selector instanceof ShardSelector.HomeShard) {
            return name(0) + " (home)";
        }
        if (selector instanceof ShardSelector.NamedShard named) {
            return name(named.ordinal());
        }
        if (selector instanceof ShardSelector.AllShards) {
            return "all of " + map.shards().size();
        }
        if (selector instanceof ShardSelector.NoShard) {
            return "none";
        }
        if (selector instanceof ShardSelector.And and) {
            return parts(and.parts(), " and ");
        }
        if (selector instanceof ShardSelector.Or or) {
            return parts(or.parts(), " or ");
        }
        if (selector instanceof ShardSelector.OneOf list) {
            return of(list.values());
        }
        return key(((ShardSelector.Key) selector).source());
    }

    private String parts(List<ShardSelector> parts, String between) {
        return parts.stream().map(this::of).collect(Collectors.joining(between, "(", ")"));
    }

    String key(KeySource source) {
        if (source instanceof KeySource.Parameter parameter) {
            return "of key ?" + (parameter.index() + 1) + "::"
                    + parameter.type().sqlName();
        }
        if (source instanceof KeySource.Assigned assigned) {
            return "of key ?" + (assigned.index() + 1) + "::" + assigned.columnType();
        }
        int bucket = ((KeySource.Literal) source).bucket();
        return switch (bucket) {
            case KeyBucket.NEVER -> "none";
            case KeyBucket.UNKNOWN -> "all of " + map.shards().size();
            default -> name(map.ownerOf(bucket)) + " (bucket " + bucket + ")";
        };
    }

    String names(ShardSet shards) {
        StringBuilder names = new StringBuilder();
        for (int ordinal : shards.ordinals()) {
            names.append(names.length() == 0 ? "" : ", ").append(name(ordinal));
        }
        return names.length() == 0 ? "none" : names.toString();
    }

    private String name(int ordinal) {
        return map.shards().get(ordinal).name();
    }
}
