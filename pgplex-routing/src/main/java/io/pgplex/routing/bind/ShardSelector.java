package io.pgplex.routing.bind;

import io.pgplex.metadata.model.ClusterMap;
import java.util.List;

/**
 * A pure function from an execution's parameters to the shards that can hold what a statement asks for. Immutable. Its
 * answer is never too small: where the client cannot know how the server reads a value, every shard is in it.
 */
public sealed interface ShardSelector {

    /** {@link #single}: more than one shard, or a set that only {@link #select} can tell. */
    int MANY = -1;

    /** {@link #single}: no row of any shard can qualify. */
    int NONE = -2;

    /** {@link #single}: any one shard answers alike. */
    int ANY = -3;

    /** The only shard's ordinal, or one of the three constants. Allocates nothing. */
    int single(Parameters parameters, ClusterMap map);

    /** The shards; for {@link AnyShard} all of them, of which the caller takes one. */
    ShardSet select(Parameters parameters, ClusterMap map);

    /** Any one shard answers alike: no table, or replicated ones only. */
    record AnyShard() implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return ANY;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ShardSet.all(map.shards().size());
        }
    }

    /** The home shard: local tables, catalogs, opaque functions. */
    record HomeShard() implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return 0;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ShardSet.of(0);
        }
    }

    /** A shard that a hint named. */
    record NamedShard(int ordinal) implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return ordinal;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ShardSet.of(ordinal);
        }
    }

    /** Every shard. */
    record AllShards() implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return map.shards().size() == 1 ? 0 : MANY;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ShardSet.all(map.shards().size());
        }
    }

    /** No shard: the condition cannot hold. */
    record NoShard() implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return NONE;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ShardSet.none();
        }
    }

    /** The shard of one key. */
    record Key(KeySource source) implements ShardSelector {
        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return KeyShards.single(source, parameters, map);
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return KeyShards.select(source, parameters, map);
        }
    }

    /** The shards that every part allows. */
    record And(List<ShardSelector> parts) implements ShardSelector {
        public And {
            parts = List.copyOf(parts);
        }

        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return KeyShards.only(select(parameters, map));
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            ShardSet shards = ShardSet.all(map.shards().size());
            for (ShardSelector part : parts) {
                shards = shards.intersection(part.select(parameters, map));
            }
            return shards;
        }
    }

    /** The shards that any part allows. */
    record Or(List<ShardSelector> parts) implements ShardSelector {
        public Or {
            parts = List.copyOf(parts);
        }

        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return KeyShards.only(select(parameters, map));
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            ShardSet shards = ShardSet.none();
            for (ShardSelector part : parts) {
                shards = shards.union(part.select(parameters, map));
            }
            return shards;
        }
    }

    /**
     * The shards that any value of a list allows. PostgreSQL gives all values of an IN list or array one type before it
     * compares: beside a double, a bigint is rounded to one and equals its neighbours too. So where the parameters'
     * Java types do not agree, every shard is in it.
     *
     * @param parameters the parameters in the list, counted from 0
     * @param constants whether the list has other values too
     */
    record OneOf(ShardSelector values, List<Integer> parameters, boolean constants) implements ShardSelector {
        public OneOf {
            parameters = List.copyOf(parameters);
        }

        @Override
        public int single(Parameters parameters, ClusterMap map) {
            return ValueKinds.agree(this, parameters)
                    ? values.single(parameters, map)
                    : map.shards().size() == 1 ? 0 : MANY;
        }

        @Override
        public ShardSet select(Parameters parameters, ClusterMap map) {
            return ValueKinds.agree(this, parameters)
                    ? values.select(parameters, map)
                    : ShardSet.all(map.shards().size());
        }
    }
}
