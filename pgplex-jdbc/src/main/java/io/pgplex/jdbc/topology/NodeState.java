package io.pgplex.jdbc.topology;

import io.pgplex.metadata.model.Node;
import org.jspecify.annotations.Nullable;

/**
 * What a client knows of one node. Immutable.
 *
 * @param node its address
 * @param health how it answers
 * @param generation rises each time that connections to it were found lost, when it goes down, and when it gets another
 *     address; what fails on an older connection says nothing about the node as it is now
 * @param report what the last look that succeeded saw, or null before the first
 * @param reportedAtMillis when that was, on the monitor's clock
 * @param failingSinceMillis since when no look succeeded, on the monitor's clock; 0 while they do
 * @param certain whether each look since then found for certain that no server takes connections there; false while they
 *     succeed
 * @param reason why it is not {@link Health#UP}, or null
 */
public record NodeState(
        Node node,
        Health health,
        long generation,
        @Nullable NodeReport report,
        long reportedAtMillis,
        long failingSinceMillis,
        boolean certain,
        @Nullable String reason) {

    /** A node that nobody has asked yet. */
    public static NodeState unknown(Node node) {
        return unknown(node, 0);
    }

    /** The same, of a generation that is higher than those of earlier nodes of its name. */
    static NodeState unknown(Node node, long generation) {
        return new NodeState(node, Health.UNKNOWN, generation, null, 0, 0, false, null);
    }

    /** The same node, which another map says more or less about: its zone and weight. */
    NodeState as(Node newest) {
        return new NodeState(newest, health, generation, report, reportedAtMillis, failingSinceMillis, certain, reason);
    }

    /** Whether this is the same server and database. */
    boolean isAt(Node other) {
        return node.host().equals(other.host())
                && node.port() == other.port()
                && node.database().equals(other.database());
    }
}
