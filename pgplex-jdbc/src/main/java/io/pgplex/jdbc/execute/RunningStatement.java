package io.pgplex.jdbc.execute;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The physical statements that a logical statement has in flight, so that {@link Statement#cancel} reaches every shard.
 * Thread-safe.
 */
public final class RunningStatement {

    private @Nullable Statement only;
    private @Nullable List<Statement> more;

    /** Remembers a physical statement before it is sent. */
    public synchronized void started(Statement statement) {
        if (only == null) {
            only = statement;
        } else {
            if (more == null) {
                more = new ArrayList<>();
            }
            more.add(statement);
        }
    }

    /** Forgets a physical statement whose answer has arrived. */
    public synchronized void finished(Statement statement) {
        if (only == statement) {
            only = more == null || more.isEmpty() ? null : more.remove(more.size() - 1);
        } else if (more != null) {
            more.remove(statement);
        }
    }

    /** Cancels whatever is in flight on any shard; does nothing where nothing is. */
    public void cancel() throws SQLException {
        for (Statement statement : inFlight()) {
            statement.cancel();
        }
    }

    private synchronized List<Statement> inFlight() {
        List<Statement> statements = new ArrayList<>();
        if (only != null) {
            statements.add(only);
        }
        if (more != null) {
            statements.addAll(more);
        }
        return statements;
    }
}
