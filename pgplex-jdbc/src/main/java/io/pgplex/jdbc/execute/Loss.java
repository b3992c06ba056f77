package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Backend;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Plan;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;

/** What the loss of a connection means for the statement that was using it. Stateless. */
final class Loss {

    private Loss() {}

    /** Whether a connection was lost that a statement was using, rather than not to be had or lost in a commit. */
    static boolean isOne(SQLException failure) {
        return Backend.isFatal(failure)
                && !SqlState.NO_ELIGIBLE_NODE.code().equals(failure.getSQLState())
                && !SqlState.COMMIT_UNKNOWN.code().equals(failure.getSQLState());
    }

    /**
     * Whether a statement outside a transaction, whose connection was lost, is known to have changed nothing: it only reads,
     * or was never done.
     */
    static boolean leftNothing(SQLException failure, @Nullable Plan plan, PreparedText text, int statement) {
        return leavesNothing(plan) || (isRefusedByDyingServer(failure) && writesByItself(plan, text, statement));
    }

    /** Whether a statement is known to write, or not known not to. */
    static boolean mayWrite(@Nullable Plan plan) {
        return plan instanceof Plan.Insert
                || (plan instanceof Plan.Sharded statement && statement.effect() != Effect.READ);
    }

    /** Whether a statement changes nothing on any server: it only reads, or is about the session. */
    private static boolean leavesNothing(@Nullable Plan plan) {
        if (plan instanceof Plan.Utility command) {
            StatementClass statement = command.statementClass();
            return statement instanceof StatementClass.Show
                    || statement instanceof StatementClass.SetVariable
                    || statement instanceof StatementClass.Reset;
        }
        return plan instanceof Plan.Sharded query && query.effect() == Effect.READ;
    }

    /**
     * Whether the server has answered that it ends the session, in place of doing the statement. A backend looks for that
     * order only before it has begun to commit, where the statement is undone, or once it has said that the statement is
     * done and waits for the next one (ProcessInterrupts in postgres.c; a commit holds interrupts off, and one that must give
     * up waiting for a standby says nothing more to its client, SyncRepWaitForLSN in syncrep.c). Most often it was sent while
     * the connection was idle in its pool.
     */
    private static boolean isRefusedByDyingServer(SQLException failure) {
        return failure instanceof PSQLException said
                && said.getServerErrorMessage() != null
                && "57P01".equals(said.getSQLState())
                && !(failure instanceof BatchUpdateException);
    }

    /** Whether a statement writes and commits all of it at its end; what CALL, DO and functions do is theirs. */
    private static boolean writesByItself(@Nullable Plan plan, PreparedText text, int statement) {
        return plan instanceof Plan.Insert
                || (plan instanceof Plan.Sharded write
                        && write.effect() == Effect.WRITE
                        && !text.statements().get(statement).is(0, "CALL", "DO"));
    }
}
