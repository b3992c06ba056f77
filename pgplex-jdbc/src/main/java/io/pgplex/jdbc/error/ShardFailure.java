package io.pgplex.jdbc.error;

import org.jspecify.annotations.Nullable;

/**
 * Where a failure happened: a suppressed exception that rides along with a server's own, so that the server's passes
 * through as it is. Immutable, without a stack trace of its own.
 */
public final class ShardFailure extends Exception {

    private final String shard;
    private final @Nullable String node;
    private final @Nullable String transaction;

    private ShardFailure(String shard, @Nullable String node, @Nullable String transaction) {
        super(text(shard, node, transaction), null, false, false);
        this.shard = shard;
        this.node = node;
        this.transaction = transaction;
    }

    /**
     * Attaches the place to a failure, unless it carries one already: the place nearest to the server is the true one.
     *
     * @param node the node's name, or null when none was chosen yet
     * @param transaction the distributed transaction's gtxid, or null outside one
     * @return the failure itself
     */
    public static <E extends Throwable> E attach(
            E failure, String shard, @Nullable String node, @Nullable String transaction) {
        if (of(failure) == null) {
            failure.addSuppressed(new ShardFailure(shard, node, transaction));
        }
        return failure;
    }

    /** The place that a failure carries, or null. */
    public static @Nullable ShardFailure of(Throwable failure) {
        for (Throwable suppressed : failure.getSuppressed()) {
            if (suppressed instanceof ShardFailure place) {
                return place;
            }
        }
        return null;
    }

    public String shard() {
        return shard;
    }

    public @Nullable String node() {
        return node;
    }

    /** The distributed transaction's gtxid, or null. */
    public @Nullable String transaction() {
        return transaction;
    }

    private static String text(String shard, @Nullable String node, @Nullable String transaction) {
        String text = "on shard \"" + shard + "\"";
        if (node != null) {
            text += ", node \"" + node + "\"";
        }
        return transaction == null ? text : text + ", transaction " + transaction;
    }
}
