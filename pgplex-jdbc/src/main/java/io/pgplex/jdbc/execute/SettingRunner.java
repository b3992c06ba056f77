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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Runs SET and RESET. What a session sets is run on a server at once, which checks it, and is remembered, so that every
 * physical connection that the session is given later has it too. Belongs to one session.
 */
final class SettingRunner {

    /** Settings on which the reading of every statement or result depends, with the only value that is right. */
    private static final Set<String> FIXED = Set.of("standard_conforming_strings", "client_encoding");

    private static final String APPLICATION_NAME = "application_name";

    private static final String CHARACTERISTICS = "SET SESSION CHARACTERISTICS AS TRANSACTION ";

    private static final Pattern ISOLATION = Pattern.compile(
            "ISOLATION\\s+LEVEL\\s+(?:SERIALIZABLE|(?:REPEATABLE\\s+READ)|(?:READ\\s+(?:UN)?COMMITTED))",
            Pattern.CASE_INSENSITIVE);

    private static final Pattern DEFERRABLE = Pattern.compile("(?:NOT\\s+)?DEFERRABLE", Pattern.CASE_INSENSITIVE);

    private final Session session;

    SettingRunner(Session session) {
        this.session = session;
    }

    /** SET, SET SESSION, SET LOCAL. */
    void set(SetVariable variable, String sql) throws SQLException {
        refuseOption(variable.name());
        refuseFixed(variable.name(), variable.values());
        session.checkNotFailed();
        if (variable.local()) {
            setLocal(sql);
            return;
        }
        if (variable.values().isEmpty() && variable.name().equals(APPLICATION_NAME)) {
            resetWithApplicationName(sql, withoutSetting(APPLICATION_NAME));
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

    /**
     * {@code set_config} as SET makes it; local outside a transaction it has no effect beyond its statement. The call is
     * run again to give its result.
     */
    void set(ConfigCall call) throws SQLException {
        session.checkNotFailed();
        refuseFixed(call.name(), call.value() == null ? List.of() : List.of(call.value()));
        if (call.local()) {
            if (session.transaction() != null) {
                setLocal(call.sql());
            }
            return;
        }
        SessionState after = call.value() == null
                ? withoutSetting(call.name())
                : session.state().with(call.name(), call.sql());
        boolean path = call.name().equals("search_path") && call.value() != null;
        run(call.sql(), path ? after.withSearchPath(call.names()) : after);
    }

    private static void refuseFixed(String name, List<String> values) throws SQLException {
        if (!FIXED.contains(name) || values.isEmpty()) {
            return;
        }
        String value = values.get(0).toLowerCase(Locale.ROOT);
        if (!Set.of("on", "true", "yes", "1", "utf8", "utf-8", "unicode").contains(value)) {
            throw PgplexErrors.error(
                    SqlState.FEATURE_NOT_SUPPORTED,
                    "changing " + name + " is not supported",
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
            checkOnHome(sql);
        }
        transaction.runEverywhere(sql);
    }

    /**
     * Has a server check a setting now, when the application can still see the error: beside the transaction, so that no
     * shard joins, nor a snapshot is opened, before the first statement that needs one.
     */
    private void checkOnHome(String sql) throws SQLException {
        Lease lease = session.connect(session.map().homeShard(), session.state());
        try (Statement statement = lease.backend().connection().createStatement()) {
            statement.execute("BEGIN;" + sql + ";ROLLBACK");
        } catch (SQLException e) {
            // what is left of the transaction ends with the connection
            lease.backend().taint();
            throw e;
        } finally {
            session.giveBack(lease);
        }
    }

    /** Options of pgplex are no settings of a server, which would take any name with a dot in it. */
    private static void refuseOption(@Nullable String name) throws SQLException {
        if (name != null && name.startsWith("pgplex.")) {
            throw PgplexErrors.error(
                    SqlState.INVALID_PARAMETER,
                    "unknown option \"" + name + "\"",
                    "Options are set in the URL (crossShard, ...) or by hints: shard, key, cross_shard.");
        }
    }

    /** RESET name, RESET ALL. */
    void reset(Reset reset, String sql) throws SQLException {
        refuseOption(reset.name());
        session.checkNotFailed();
        String name = reset.name();
        if (name == null) {
            resetWithApplicationName(sql, resetAll());
        } else if (name.equals(APPLICATION_NAME)) {
            resetWithApplicationName(sql, withoutSetting(name));
        } else {
            run(sql, withoutSetting(name));
        }
    }

    /** A server resets application_name to nothing: the name of the connection is given back. */
    private void resetWithApplicationName(String sql, SessionState after) throws SQLException {
        Transaction transaction = session.transaction();
        if (transaction != null) {
            if (transaction.participants().isEmpty()) {
                session.lease(session.map().homeShard(), Effect.READ);
            }
            setLocal(sql);
            transaction.runEverywhere(
                    transaction.participants().iterator().next().backend().restoreApplicationName());
        }
        // outside a transaction each connection is reset when it is used next
        session.state(after);
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

    /**
     * Runs a setting on every server that the transaction reaches; outside one, on the home shard, whose connection then
     * has it.
     */
    private void run(String sql, SessionState after) throws SQLException {
        if (session.transaction() != null) {
            setLocal(sql);
            session.state(after);
            return;
        }
        Lease lease = session.lease(session.map().homeShard(), Effect.READ);
        try (Statement statement = lease.backend().connection().createStatement()) {
            statement.execute(sql);
            lease.backend().applied(after);
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
        Transaction transaction = session.transaction();
        if (transaction != null && !transaction.isFresh()) {
            throw PgplexErrors.error(
                    SqlState.ACTIVE_TRANSACTION,
                    "cannot change transaction isolation level in the middle of a transaction");
        }
        String sql = CHARACTERISTICS + "ISOLATION LEVEL " + isolationName(level);
        session.state(session.state().with("default_transaction_isolation", sql));
        if (transaction != null) {
            transaction.beginWith(session.state());
        }
    }

    /** SET SESSION CHARACTERISTICS AS TRANSACTION modes. */
    void characteristics(String modes, @Nullable Boolean readOnly, String sql) throws SQLException {
        session.checkNotFailed();
        SessionState state = session.state();
        state = with(state, "default_transaction_isolation", ISOLATION.matcher(modes));
        if (readOnly != null) {
            state = state.with(
                    "default_transaction_read_only", CHARACTERISTICS + (readOnly ? "READ ONLY" : "READ WRITE"));
        }
        state = with(state, "default_transaction_deferrable", DEFERRABLE.matcher(modes));
        run(sql, state);
    }

    /** One statement a setting, so that each can be reset by itself. */
    private static SessionState with(SessionState state, String name, Matcher mode) {
        return mode.find() ? state.with(name, CHARACTERISTICS + mode.group()) : state;
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
