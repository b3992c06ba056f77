package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.routing.analyze.Positions;
import io.pgplex.routing.analyze.RelationNames;
import io.pgplex.routing.command.StatementClass;
import io.pgplex.routing.command.StatementClass.SessionObject;
import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.command.StatementClassifier;
import io.pgplex.routing.plan.Effect;
import io.pgplex.routing.plan.Unsupported;
import io.pgplex.routing.scan.ScannedStatement;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;

/** Runs what is no query: transaction control, settings, session objects, definitions, commands. Belongs to one session. */
final class UtilityRunner {

    private static final StatementResult DONE = new StatementResult.Count(0, null);

    private final Session session;
    private final SettingRunner settings;
    private final DefinitionRunner definitions;
    private final ClusterRunner commands;
    private final CopyComparison comparison;

    UtilityRunner(
            Session session,
            SettingRunner settings,
            DefinitionRunner definitions,
            ClusterRunner commands,
            CopyComparison comparison) {
        this.session = session;
        this.settings = settings;
        this.definitions = definitions;
        this.commands = commands;
        this.comparison = comparison;
    }

    /** Whether a text holds a statement that begins or ends transactions, or cannot be part of one. */
    static boolean standsAlone(PreparedText text) {
        for (ScannedStatement statement : text.statements()) {
            StatementClass found = StatementClassifier.classify(statement);
            if (found instanceof TransactionControl
                    || found instanceof StatementClass.JoinCluster
                    || found instanceof StatementClass.LeaveCluster
                    || found instanceof StatementClass.RecoverCluster
                    || found instanceof StatementClass.SetCluster
                    || found instanceof StatementClass.CompareReplicatedTable
                    || found instanceof StatementClass.Discard) {
                return true;
            }
        }
        return false;
    }

    /** Runs a statement while the cluster does not exist: JOIN and DISCOVER CLUSTER, and transactions of nothing. */
    StatementResult runWithoutCluster(StatementClass statement) throws SQLException {
        if (statement instanceof StatementClass.JoinCluster join) {
            return commands.join(join);
        }
        if (statement instanceof StatementClass.DiscoverCluster discover) {
            return commands.discover(discover);
        }
        throw session.missingCluster();
    }

    StatementResult run(StatementClass statement, Execution execution) throws SQLException {
        String sql = execution.scanned().text();
        if (statement instanceof TransactionControl control) {
            transaction(control, sql);
            return DONE;
        }
        if (statement instanceof StatementClass.SetVariable variable) {
            settings.set(variable, sql);
            return DONE;
        }
        if (statement instanceof StatementClass.Reset reset) {
            settings.reset(reset, sql);
            return DONE;
        }
        if (statement instanceof StatementClass.JoinCluster join) {
            return commands.join(join);
        }
        if (statement instanceof StatementClass.LeaveCluster leave) {
            return commands.leave(leave);
        }
        if (statement instanceof StatementClass.DiscoverCluster discover) {
            return commands.discover(discover);
        }
        if (statement instanceof StatementClass.RecoverCluster) {
            return commands.recover();
        }
        if (statement instanceof StatementClass.SetCluster set) {
            return commands.set(set);
        }
        if (statement instanceof StatementClass.AlterCluster) {
            throw PgplexErrors.from(Unsupported.ALTER_CLUSTER.at(1, "ALTER CLUSTER"));
        }
        session.checkNotFailed();
        if (statement instanceof StatementClass.CompareReplicatedTable compare) {
            return comparison.run(compare.table(), execution);
        }
        if (statement instanceof StatementClass.Discard discard) {
            return discard(discard, execution);
        }
        if (statement instanceof StatementClass.Show) {
            return onHome(execution, Effect.READ, false);
        }
        if (statement instanceof SessionObject object) {
            return sessionObject(object, execution);
        }
        return definitions.run(statement, execution);
    }

    private void transaction(TransactionControl control, String sql) throws SQLException {
        switch (control.kind()) {
            case BEGIN -> begin(control);
            case COMMIT, ROLLBACK -> end(control);
            case SAVEPOINT -> session.transactions().savepoint(name(control));
            case RELEASE -> session.transactions().release(name(control));
            case ROLLBACK_TO -> session.transactions().rollbackTo(name(control));
            case SET_TRANSACTION -> setTransaction(control, sql);
            case SET_SESSION_CHARACTERISTICS -> settings.characteristics(control.modes(), control.readOnly(), sql);
            case SET_CONSTRAINTS -> setConstraints(sql);
            case TWO_PHASE ->
                throw PgplexErrors.error(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "PREPARE TRANSACTION is not supported",
                        "pgplex commits over several shards by itself; use COMMIT.");
        }
    }

    private static String name(TransactionControl control) throws SQLException {
        String name = control.name();
        if (name == null) {
            throw PgplexErrors.bug("a savepoint without a name", null);
        }
        return name;
    }

    private void begin(TransactionControl control) throws SQLException {
        session.checkNotFailed();
        boolean readOnly = Boolean.TRUE.equals(control.readOnly());
        session.transactions().begin(readOnly);
        if (!control.modes().isEmpty()) {
            session.transactions().required().characteristic("SET TRANSACTION " + control.modes());
        }
    }

    /** COMMIT, END, ROLLBACK, ABORT, and AND CHAIN. */
    private void end(TransactionControl control) throws SQLException {
        SessionTransaction transactions = session.transactions();
        Transaction ending = transactions.open();
        if (control.chain() && ending == null) {
            throw PgplexErrors.error(
                    SqlState.NO_ACTIVE_TRANSACTION, "AND CHAIN can only be used in transaction blocks");
        }
        if (control.kind() == TransactionControl.Kind.COMMIT) {
            transactions.commit();
        } else {
            transactions.rollback();
        }
        if (control.chain() && ending != null) {
            transactions.beginLike(ending);
        }
    }

    private void setTransaction(TransactionControl control, String sql) throws SQLException {
        session.checkNotFailed();
        if (control.modes().toUpperCase(Locale.ROOT).startsWith("SNAPSHOT")) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "SET TRANSACTION SNAPSHOT is not supported",
                    "A snapshot belongs to one server.");
        }
        Transaction transaction = session.transaction();
        if (transaction != null) {
            transaction.characteristic(sql);
        }
    }

    private void setConstraints(String sql) throws SQLException {
        session.checkNotFailed();
        Transaction transaction = session.transaction();
        if (transaction != null) {
            transaction.runEverywhere(sql);
        }
    }

    /** DISCARD: what the session has set is forgotten; its pinned connection, with everything on it, is closed. */
    private StatementResult discard(StatementClass.Discard discard, Execution execution) throws SQLException {
        if (!discard.what().equals("ALL")) {
            StatementResult result = onHome(execution, Effect.READ, false);
            session.refreshTemporaryRelations();
            return result;
        }
        if (session.transaction() != null) {
            throw PgplexErrors.error(SqlState.ACTIVE_TRANSACTION, "DISCARD ALL cannot run inside a transaction block");
        }
        session.unpin();
        session.state(SessionState.INITIAL);
        return DONE;
    }

    /**
     * Cursors and prepared statements live on the home shard's connection, which stays this session's from then on; they
     * must not concern a table of several shards. A notification goes to those who listen on the home shard.
     */
    private StatementResult sessionObject(SessionObject object, Execution execution) throws SQLException {
        if (object.kind() == SessionObject.Kind.PREPARE) {
            refuseShared(execution, Unsupported.PREPARED_STATEMENT);
        } else if (object.kind() == SessionObject.Kind.DECLARE) {
            refuseShared(execution, Unsupported.CURSOR);
        }
        return switch (object.kind()) {
            case PREPARE, EXECUTE, DEALLOCATE, LOAD -> onHome(execution, Effect.MAY_WRITE, true);
            case DECLARE, FETCH, CLOSE -> onHome(execution, Effect.MAY_WRITE, true);
            case NOTIFY -> onHome(execution, Effect.MAY_WRITE, false);
            case LISTEN ->
                throw PgplexErrors.from(
                        Unsupported.LISTEN.at(1, execution.scanned().word(0)));
            case COPY -> throw PgplexErrors.from(Unsupported.COPY.at(1));
        };
    }

    /** Every name in the text counts: a column called like a table costs a refusal, a table overlooked wrong answers. */
    private void refuseShared(Execution execution, Unsupported refusal) throws SQLException {
        ScannedStatement statement = execution.scanned();
        Set<String> shared = new RelationNames(execution.map(), session.scope()).sharedAnywhere();
        for (int i = 1; i < statement.tokenCount(); i++) {
            if (RelationNames.isShared(statement, i, shared)
                    && (statement.isPunctuation(i - 1, '.')
                            || !session.scope().temporaryRelations().contains(statement.identifier(i)))) {
                throw PgplexErrors.from(refusal.at(Positions.of(statement, i)));
            }
        }
    }

    /** Whether a text is about a cursor that ends with the transaction, as all of a standby's do. */
    private static boolean isPassingCursor(Execution execution) {
        ScannedStatement statement = execution.scanned();
        return statement.is(0, "DECLARE", "FETCH", "MOVE", "CLOSE") && !StatementEffects.isHeld(statement);
    }

    /** Runs the text on the home shard; pins its connection to this session where state stays behind on it. */
    private StatementResult onHome(Execution execution, Effect effect, boolean pin) throws SQLException {
        Lease lease = session.lease(execution.map().homeShard(), effect);
        if (pin && !(lease.isStandby() && isPassingCursor(execution))) {
            session.pin(lease);
        }
        try {
            ShardCall call =
                    new ShardCall(execution.original(), execution.options().fetchSize(), false, false);
            return session.result(call.run(execution.map().homeShard(), lease, execution));
        } catch (SQLException e) {
            session.giveBack(lease);
            throw e;
        }
    }
}
