package io.pgplex.metadata.cache;

import io.pgplex.metadata.model.ClusterMap;
import org.jspecify.annotations.Nullable;

/** What wants to know of each new cluster map. */
@FunctionalInterface
public interface ClusterMapListener {

    /**
     * A new map is current. Called in order, by one thread at a time, which must not be blocked for long.
     *
     * @param before the map until now, null where the cluster did not exist
     * @param after the map from now on, null where the cluster is gone
     */
    void changed(@Nullable ClusterMap before, @Nullable ClusterMap after);
}
