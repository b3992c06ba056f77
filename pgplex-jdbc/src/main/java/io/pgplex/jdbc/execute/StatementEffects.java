package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.transaction.NotifyingTables;
import io.pgplex.metadata.model.Shard;
import io.pgplex.routing.command.StatementClass.SessionObject;
import io.pgplex.routing.plan.Plan;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one execution of a statement may leave on a server beside its rows: what the next user of the connection must not
 * see, and what PREPARE TRANSACTION refuses (PostgreSQL's manual names temporary objects, cursors WITH HOLD, LISTEN,
 * UNLISTEN and NOTIFY; the server also exported snapshots, and locks that session and transaction both hold). Immutable.
 *
 * @param calls what its functions do
 * @param placed whether a hint says where it runs
 * @param homeObject what it makes or uses that is the home shard's session's own, in words, or null
 * @param temporaryObject what temporary object it makes or uses on whichever shard it runs, in words, or null
 * @param perhapsMore whether triggers of a table that it names may do what PREPARE TRANSACTION refuses
 */
record StatementEffects(
        Set<SessionEffect> calls,
        boolean placed,
        @Nullable String homeObject,
        @Nullable String temporaryObject,
        boolean perhapsMore) {

    /** How the driver's own names begin: by such ones texts name rows on their way, wherever these are. */
    private static final String OWN = "pgplex_";

    private static final String TEMPORARY = "a temporary object";

    static final StatementEffects NONE = new StatementEffects(Set.of(), false, null, null, false);

    /**
     * Looks at a statement.
     *
     * @param calls what the functions in its text do
     * @param temporary the names of the session's temporary relations
     * @param notifying the tables whose triggers have made commits fail
     * @throws SQLException 0A000 for what cannot be of use in a cluster
     */
    static StatementEffects of(
            Plan plan, Execution execution, Set<SessionEffect> calls, Set<String> temporary, NotifyingTables notifying)
            throws SQLException {
        ScannedStatement statement = execution.scanned();
        String homeObject = homeObject(plan, statement, temporary);
        boolean temporaryNamed = execution.text().effects(execution.statement()).temporaryObject();
        String temporaryObject = temporaryNamed && !(plan instanceof Plan.Explain) ? TEMPORARY : null;
        if (calls.contains(SessionEffect.EXPORTED_SNAPSHOT)) {
            throw PgplexErrors.from(Unsupported.EXPORTED_SNAPSHOT.at(0));
        }
        boolean perhapsMore = notifying.mayBeNamedIn(statement);
        if (calls.isEmpty() && homeObject == null && temporaryObject == null && !perhapsMore) {
            return NONE;
        }
        boolean placed = execution.hints().shard() != null || execution.hints().key() != null;
        return new StatementEffects(calls, placed, homeObject, temporaryObject, perhapsMore);
    }

    /** What the functions of a statement do that may call some, as far as it concerns this kind of plan. */
    static Set<SessionEffect> calls(Plan plan, PreparedText text, int statement) {
        if (plan instanceof Plan.Sharded call) {
            return switch (call.effect()) {
                case READ -> Set.of();
                case MAY_WRITE -> text.effects(statement).calls();
                // which functions a write calls beside is not worth resetting the connection
                case WRITE -> withoutUnknown(text.effects(statement).calls());
            };
        }
        return plan instanceof Plan.Insert
                ? withoutUnknown(text.effects(statement).calls())
                : Set.of();
    }

    private static Set<SessionEffect> withoutUnknown(Set<SessionEffect> calls) {
        if (!calls.contains(SessionEffect.UNKNOWN)) {
            return calls;
        }
        Set<SessionEffect> known = EnumSet.copyOf(calls);
        known.remove(SessionEffect.UNKNOWN);
        return known;
    }

    private static @Nullable String homeObject(Plan plan, ScannedStatement statement, Set<String> temporary) {
        if (plan instanceof Plan.Utility utility && utility.statementClass() instanceof SessionObject object) {
            if (object.kind() == SessionObject.Kind.NOTIFY) {
                return "a notification";
            }
            if (object.kind() == SessionObject.Kind.DECLARE && isHeld(statement)) {
                return "a cursor WITH HOLD";
            }
        }
        if (!temporary.isEmpty()) {
            for (int i = 0; i < statement.tokenCount(); i++) {
                if (statement.isName(i) && temporary.contains(statement.identifier(i))) {
                    return TEMPORARY;
                }
            }
        }
        return null;
    }

    static boolean isHeld(ScannedStatement statement) {
        for (int i = 2; i < statement.tokenCount() && !statement.is(i, "FOR"); i++) {
            if (statement.isSequence(i, "WITH", "HOLD")) {
                return true;
            }
        }
        return false;
    }

    /** Whether a text makes a temporary object, or names the schema of such. */
    static boolean namesTemporaryObject(ScannedStatement statement) {
        boolean creates = statement.is(0, "CREATE");
        for (int i = 1; i < statement.tokenCount(); i++) {
            boolean creation = statement.is(i, "TEMP", "TEMPORARY")
                    && (creates
                            ? i <= 4 && statement.is(i + 1, "TABLE", "VIEW", "SEQUENCE", "RECURSIVE")
                            : statement.is(i - 1, "INTO") && !statement.is(i - 2, "INSERT", "MERGE"));
            boolean name = statement.isName(i)
                    && statement.identifier(i).equals("pg_temp")
                    && statement.isPunctuation(i + 1, '.')
                    && !isOnItsWay(statement, i + 2);
            if (creation || name) {
                return true;
            }
        }
        return false;
    }

    /** Whether a name is that of rows on their way, of which {@link TemporaryTables} knows where they are, if anywhere. */
    private static boolean isOnItsWay(ScannedStatement statement, int token) {
        return statement.isName(token) && statement.identifier(token).startsWith(OWN);
    }

    /** Whether a text may lock rows: FOR UPDATE, NO KEY UPDATE, SHARE or KEY SHARE, wherever that stands in it. */
    static boolean locksRows(ScannedStatement statement) {
        for (int i = 1; i < statement.tokenCount(); i++) {
            if (statement.is(i, "FOR") && statement.is(i + 1, "UPDATE", "SHARE", "NO", "KEY")) {
                return true;
            }
        }
        return false;
    }

    /** Whether its functions take advisory locks. */
    boolean locks() {
        return calls.contains(SessionEffect.SESSION_LOCK) || calls.contains(SessionEffect.TRANSACTION_LOCK);
    }

    /** Refuses on a shard what nobody would find there: the session's objects are on the home shard, and so are listeners. */
    void check(Shard shard) throws SQLException {
        if (shard.ordinal() == 0) {
            return;
        }
        if (calls.contains(SessionEffect.SESSION_LOCK)) {
            throw PgplexErrors.from(Unsupported.SESSION_LOCK.at(0, shard.name()));
        }
        if (calls.contains(SessionEffect.NOTIFICATION) && !placed) {
            throw PgplexErrors.from(Unsupported.NOTIFICATION.at(0, shard.name()));
        }
    }

    /**
     * What keeps a shard from preparing its part of the transaction once the statement has run there, in words, or null.
     *
     * @param pinned whether that shard's connection holds state of the session
     */
    @Nullable
    String unpreparable(Shard shard, boolean pinned) {
        if (temporaryObject != null) {
            return temporaryObject;
        }
        if (homeObject != null && shard.ordinal() == 0) {
            return homeObject;
        }
        if (calls.contains(SessionEffect.NOTIFICATION)) {
            return "a notification";
        }
        boolean locks = calls.contains(SessionEffect.SESSION_LOCK)
                || (calls.contains(SessionEffect.TRANSACTION_LOCK) && pinned);
        return locks ? "a session's advisory lock" : null;
    }
}
