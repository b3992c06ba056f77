package io.pgplex.jdbc.error;

import org.jspecify.annotations.Nullable;

/**
 * The distributed transaction that could not be committed: a suppressed exception that rides along with whatever the commit
 * throws, a server's own error or pgplex's. By {@link #gtxid()} an operator or a retrying application can ask what became
 * of the transaction. Immutable, without a stack trace of its own.
 */
public final class CommitFailure extends Exception {

    private final String gtxid;

    private CommitFailure(String gtxid) {
        super("in distributed transaction " + gtxid, null, false, false);
        this.gtxid = gtxid;
    }

    /**
     * Attaches the transaction's name to a failure, unless it carries one already.
     *
     * @return the failure itself
     */
    public static <E extends Throwable> E attach(E failure, String gtxid) {
        if (of(failure) == null) {
            failure.addSuppressed(new CommitFailure(gtxid));
        }
        return failure;
    }

    /** What a failure says about the distributed transaction it ended, or null when it was none. */
    public static @Nullable CommitFailure of(Throwable failure) {
        for (Throwable suppressed : failure.getSuppressed()) {
            if (suppressed instanceof CommitFailure commit) {
                return commit;
            }
        }
        return null;
    }

    /** The transaction's name in the whole cluster. */
    public String gtxid() {
        return gtxid;
    }
}
