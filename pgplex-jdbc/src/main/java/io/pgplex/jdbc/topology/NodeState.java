package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.Node;
import org.jspecify.annotations.Nullable;

/**
 * What a client knows of one node. Immutable.
 *
 * @param node its address
 * @param health how it answers
 * @param generation rises each time that connections to it were found lost; what fails on an older connection says nothing
 *     about the node as it is now
 * @param report what the last look that succeeded saw, or null before the first
 * @param reportedAtMillis when that was, on the monitor's clock
 * @param failingSinceMillis since when no look succeeded, on the monitor's clock; 0 while they do
 * @param reason why it is not {@link Health#UP}, or null
 */
public record NodeState(
        Node node,
        Health health,
        long generation,
        @Nullable NodeReport report,
        long reportedAtMillis,
        long failingSinceMillis,
        @Nullable String reason) {

    /** A node that nobody has asked yet. */
    public static NodeState unknown(Node node) {
        return new NodeState(node, Health.UNKNOWN, 0, null, 0, 0, null);
    }
}
