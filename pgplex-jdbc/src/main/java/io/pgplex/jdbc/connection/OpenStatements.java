package io.pgplex.jdbc.connection;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The statements of a connection that hold result sets, chained through themselves so that no execution allocates for it.
 * A statement that holds nothing is not here: an application that forgets to close it leaks nothing. Guarded by the
 * connection's lock.
 */
final class OpenStatements {

    /** A place in the chain. */
    abstract static class Link {
        private @Nullable Link before;
        private @Nullable Link after;
        private boolean chained;

        /** Gives back what is held. */
        abstract void closeResults() throws SQLException;
    }

    private @Nullable Link first;

    /** Adds a statement; does nothing when it is here. */
    void add(Link link) {
        if (link.chained) {
            return;
        }
        link.chained = true;
        link.after = first;
        if (first != null) {
            first.before = link;
        }
        first = link;
    }

    /** Removes a statement; does nothing when it is not here. */
    void remove(Link link) {
        if (!link.chained) {
            return;
        }
        link.chained = false;
        if (link.before == null) {
            first = link.after;
        } else {
            link.before.after = link.after;
        }
        if (link.after != null) {
            link.after.before = link.before;
        }
        link.before = null;
        link.after = null;
    }

    /** Closes all result sets of all statements; the first failure is returned with the others suppressed. */
    @Nullable
    SQLException closeAll() {
        SQLException failure = null;
        for (Link link = first; link != null; link = first) {
            remove(link);
            try {
                link.closeResults();
            } catch (SQLException next) {
                if (failure == null) {
                    failure = next;
                } else {
                    failure.addSuppressed(next);
                }
            }
        }
        return failure;
    }
}
