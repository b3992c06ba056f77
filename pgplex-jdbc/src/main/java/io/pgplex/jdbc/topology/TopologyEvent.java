package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.ClusterMap;
import org.jspecify.annotations.Nullable;

/** What may change a topology. */
public sealed interface TopologyEvent {

    /**
     * The cluster map is another one, or was read for the first time.
     *
     * @param map the map, or null where the cluster is gone
     */
    record MapChanged(@Nullable ClusterMap map) implements TopologyEvent {}

    /**
     * A look at a node succeeded.
     *
     * @param atMillis when, on the monitor's clock
     */
    record Seen(String node, NodeReport report, long atMillis) implements TopologyEvent {}

    /**
     * A look at a node failed.
     *
     * @param refused whether its machine said that nobody listens there, which is certain, or nothing was heard in time
     * @param atMillis when, on the monitor's clock
     */
    record Missed(String node, boolean refused, String reason, long atMillis) implements TopologyEvent {}

    /**
     * A session has lost a connection to a node.
     *
     * @param generation the node's generation when the connection was leased
     */
    record Lost(String node, long generation, String reason) implements TopologyEvent {}
}
