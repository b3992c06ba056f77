package io.pgplex.jdbc.execute;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The physical statements that a logical statement has in flight, so that {@link Statement#cancel} reaches every shard,
 * and the warnings that they brought. Thread-safe.
 */
public final class RunningStatement {

    private @Nullable Statement only;
    private @Nullable List<Statement> more;
    private @Nullable List<PGConnection> copies;
    private @Nullable SQLWarning warnings;
    private int cancels;
    private int ownCancels;

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

    /** Forgets a physical statement whose answer has arrived, or that failed; its warnings are kept. Call before it is closed. */
    public synchronized void finished(Statement statement) {
        if (only == statement) {
            only = more == null || more.isEmpty() ? null : more.remove(more.size() - 1);
        } else if (more == null || !more.remove(statement)) {
            return;
        }
        warn(warningsOf(statement));
    }

    /** Remembers a connection before a COPY starts on it. */
    synchronized void copyStarted(PGConnection connection) {
        if (copies == null) {
            copies = new ArrayList<>();
        }
        copies.add(connection);
    }

    /** Forgets a connection on which a COPY has ended. */
    synchronized void copyFinished(PGConnection connection) {
        if (copies != null) {
            copies.remove(connection);
        }
    }

    private static @Nullable SQLWarning warningsOf(Statement statement) {
        try {
            return statement.getWarnings();
        } catch (SQLException closed) {
            return null;
        }
    }

    /** Adds warnings, also ones of pgplex itself. */
    public synchronized void warn(@Nullable SQLWarning warning) {
        if (warnings == null) {
            warnings = warning;
        } else if (warning != null) {
            warnings.setNextWarning(warning);
        }
    }

    /** The warnings of the execution so far. */
    public synchronized @Nullable SQLWarning warnings() {
        return warnings;
    }

    public synchronized void clearWarnings() {
        warnings = null;
    }

    /** How often it was cancelled: what consists of several steps must not begin another one when this has changed. */
    synchronized int cancels() {
        return cancels;
    }

    /** How often the application has cancelled it. */
    synchronized int applicationCancels() {
        return cancels - ownCancels;
    }

    /** Cancels the rest of an execution of which a part has failed, which is not the application's doing. */
    void cancelRest() throws SQLException {
        synchronized (this) {
            ownCancels++;
        }
        cancel();
    }

    /** Cancels whatever is in flight on any shard; does nothing where nothing is. */
    public void cancel() throws SQLException {
        count();
        for (PGConnection connection : copiesInFlight()) {
            connection.cancelQuery();
        }
        List<Statement> statements = inFlight();
        for (int i = 0; i < statements.size(); i++) {
            statements.get(i).cancel();
        }
    }

    private synchronized void count() {
        cancels++;
    }

    private synchronized List<PGConnection> copiesInFlight() {
        return copies == null ? List.of() : List.copyOf(copies);
    }

    private synchronized List<Statement> inFlight() {
        if (only == null) {
            return List.of();
        }
        List<Statement> statements = new ArrayList<>();
        statements.add(only);
        if (more != null) {
            statements.addAll(more);
        }
        return statements;
    }
}
