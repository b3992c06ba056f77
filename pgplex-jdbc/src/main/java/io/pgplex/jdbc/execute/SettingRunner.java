package io.pgplex.jdbc.execute;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.pool.Lease;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.jdbc.transaction.Transaction;
import io.pgplex.routing.command.StatementClass.Reset;
import io.pgplex.routing.command.StatementClass.SetVariable;
import io.pgplex.routing.plan.Effect;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Runs SET and RESET. What a session sets is run on a server at once, which checks it, and is remembered, so that every
 * physical connection that the session is given later has it too. Belongs to one session.
 */
final class SettingRunner {

    /** Settings on which the reading of every statement or result depends, with the only value that is right. */
    private static final Set<String> FIXED = Set.of("standard_conforming_strings", "client_encoding");

    private final Session session;

    SettingRunner(Session session) {
        this.session = session;
    }

    /** SET, SET SESSION, SET LOCAL. */
    void set(SetVariable variable, String sql) throws SQLException {
        refuseFixed(variable);
        session.checkNotFailed();
        if (variable.local()) {
            setLocal(sql);
            return;
        }
        run(sql, after(variable, sql));
    }

    private SessionState after(SetVariable variable, String sql) {
        if (variable.values().isEmpty()) {
            return withoutSetting(variable.name());
        }
        SessionState state = session.state().with(variable.name(), sql);
        return variable.name().equals("search_path") ? state.withSearchPath(variable.values()) : state;
    }

    private SessionState withoutSetting(String name) {
        SessionState state = session.state().without(name);
        return name.equals("search_path") ? state.withDefaultSearchPath() : state;
    }

    private static void refuseFixed(SetVariable variable) throws SQLException {
        if (!FIXED.contains(variable.name()) || variable.values().isEmpty()) {
            return;
        }
        String value = variable.values().get(0).toLowerCase(Locale.ROOT);
        if (!Set.of("on", "true", "yes", "1", "utf8", "utf-8", "unicode").contains(value)) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "changing " + variable.name() + " is not supported",
                    "The driver reads SQL text with its default value.");
        }
    }

    /** PostgreSQL only warns about SET LOCAL outside a transaction; it has no effect there. */
    private void setLocal(String sql) throws SQLException {
        Transaction transaction = session.transaction();
        if (transaction == null) {
            run(sql, session.state());
            return;
        }
        if (transaction.participants().isEmpty()) {
            // some server must check the statement now, when the application can still see the error
            session.lease(session.map().homeShard(), Effect.READ);
        }
        transaction.runEverywhere(sql);
    }

    /** RESET name, RESET ALL. */
    void reset(Reset reset, String sql) throws SQLException {
        session.checkNotFailed();
        String name = reset.name();
        run(sql, name == null ? resetAll() : withoutSetting(name));
    }

    /** RESET ALL leaves roles as they are. */
    private SessionState resetAll() {
        SessionState state = SessionState.INITIAL;
        for (String kept : List.of("role", "session_authorization")) {
            String sql = session.state().sqlOf(kept);
            if (sql != null) {
                state = state.with(kept, sql);
            }
        }
        return state;
    }

    /** Runs a setting on every server of the transaction; outside one, on the home shard, whose connection then has it. */
    private void run(String sql, SessionState after) throws SQLException {
        Transaction transaction = session.transaction();
        if (transaction != null && !transaction.participants().isEmpty()) {
            transaction.runNow(sql);
            session.state(after);
            return;
        }
        Lease lease = session.lease(session.map().homeShard(), Effect.READ);
        try (Statement statement = lease.backend().connection().createStatement()) {
            statement.execute(sql);
            if (!lease.isTransactional()) {
                lease.backend().applied(after);
            }
            session.state(after);
        } catch (SQLException e) {
            lease.backend().failed(e);
            throw e;
        } finally {
            session.giveBack(lease);
        }
    }

    /** The session's default isolation level, as JDBC's constants name them. */
    void transactionIsolation(int level) throws SQLException {
        if (session.transaction() != null
                && !session.transaction().participants().isEmpty()) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "cannot change transaction isolation level in the middle of a transaction");
        }
        String name = isolationName(level);
        String sql = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL " + name;
        session.state(session.state().with("default_transaction_isolation", sql));
    }

    /** SET SESSION CHARACTERISTICS AS TRANSACTION modes. */
    void characteristics(String modes, @Nullable Boolean readOnly, String sql) throws SQLException {
        session.checkNotFailed();
        String upper = modes.toUpperCase(Locale.ROOT);
        SessionState state = session.state();
        if (upper.contains("ISOLATION")) {
            state = state.with("default_transaction_isolation", sql);
        }
        if (readOnly != null) {
            state = state.with("default_transaction_read_only", sql);
        }
        if (upper.contains("DEFERRABLE")) {
            state = state.with("default_transaction_deferrable", sql);
        }
        run(sql, state);
    }

    private static String isolationName(int level) throws SQLException {
        return switch (level) {
            case Connection.TRANSACTION_READ_UNCOMMITTED -> "READ UNCOMMITTED";
            case Connection.TRANSACTION_READ_COMMITTED -> "READ COMMITTED";
            case Connection.TRANSACTION_REPEATABLE_READ -> "REPEATABLE READ";
            case Connection.TRANSACTION_SERIALIZABLE -> "SERIALIZABLE";
            default ->
                throw PgplexErrors.error(
                        SqlState.FEATURE_NOT_SUPPORTED, "Transaction isolation level " + level + " not supported.");
        };
    }

    /** {@link java.sql.Connection#setSchema}. */
    void schema(@Nullable String schema) throws SQLException {
        session.checkNotFailed();
        if (schema == null) {
            run("SET SESSION search_path TO DEFAULT", withoutSetting("search_path"));
            return;
        }
        String sql = "SET SESSION search_path TO '" + schema.replace("'", "''") + "'";
        run(sql, session.state().with("search_path", sql).withSearchPath(List.of(schema)));
    }
}
