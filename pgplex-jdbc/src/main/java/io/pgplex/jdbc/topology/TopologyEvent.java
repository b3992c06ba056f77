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
     * A server answered a look at its node, but with an error that is not about its own state: it has no free connection, or
     * lets none of the known roles in.
     *
     * @param atMillis when, on the monitor's clock
     */
    record Answered(String node, String reason, long atMillis) implements TopologyEvent {}

    /**
     * A look at a node failed.
     *
     * @param certain whether its machine said that nobody listens there, or its server that it goes away, is gone or not there
     *     yet; else nothing was heard, which may be the network's fault
     * @param sinceMillis when the look began, on the monitor's clock
     * @param atMillis when it failed
     */
    record Missed(String node, boolean certain, String reason, long sinceMillis, long atMillis)
            implements TopologyEvent {}

    /**
     * A session has lost a connection to a node.
     *
     * @param generation the node's generation when the connection was leased
     */
    record Lost(String node, long generation, String reason) implements TopologyEvent {}
}
