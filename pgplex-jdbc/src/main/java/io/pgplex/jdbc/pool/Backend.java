package io.pgplex.jdbc.pool;

import io.pgplex.jdbc.error.PgplexErrors;
import io.pgplex.jdbc.error.SqlState;
import io.pgplex.jdbc.session.SessionState;
import io.pgplex.metadata.model.Node;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.TransactionState;
import org.postgresql.jdbc.PgConnection;

/**
 * A physical connection and what pgplex knows about it: the session state it was last given and the statements prepared
 * on it. Confined to the lease that holds it.
 *
 * <p>HikariCP keeps it behind {@link #handle}; its own proxies are never used for statements, because they would drop a
 * connection for any 0A000 and because {@link #isFatal} is the one place that decides that a connection is broken.
 */
public final class Backend {

    /** Prepared statements kept open on one physical connection; beyond it the least recently used is closed. */
    static final int MAXIMUM_STATEMENTS = 256;

    /** What a session is told that was ended because its transaction had been idle for too long. */
    public static final String IDLE_IN_TRANSACTION_TIMEOUT = "25P03";

    /** Undoes whatever a function may have left in the session; the statements that pgjdbc has prepared stay. */
    private static final String RESET = "RESET SESSION AUTHORIZATION;RESET ALL;CLOSE ALL;UNLISTEN *;DISCARD TEMP;"
            + "SELECT pg_catalog.pg_advisory_unlock_all()";

    private static final String RESET_APPLICATION_NAME = "RESET \"application_name\"";

    private static final String DEFAULT_ISOLATION = "SELECT reset_val FROM pg_catalog.pg_settings"
            + " WHERE name OPERATOR(pg_catalog.=) 'default_transaction_isolation'";

    /** Parameters: cluster, shard, epoch. */
    private static final String ATTACH = "SELECT a.answer, a.server_epoch FROM pgplex.attach(?, ?, ?) a";

    private static final String VOUCH = "SELECT pgplex.vouch(?, ?, ?)";

    private static final String UNDEFINED_FUNCTION = "42883";
    private static final String UNDEFINED_SCHEMA = "3F000";
    /** Whether the server is in recovery, and how far it has replayed, in bytes. */
    private static final String REPLAYED = "SELECT pg_catalog.pg_is_in_recovery(),"
            + " pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_replay_lsn(), '0/0')::pg_catalog.int8";

    private final Node node;
    private final PgConnection connection;
    /** Who hears that the connection was closed by HikariCP. */
    private final Consumer<Backend> onClose;

    private final Map<String, PreparedEntry> statements = new LinkedHashMap<>(64, 0.75f, true);
    /** Gives back the name that the connection was opened with; pgjdbc sets it after login, so that RESET loses it. */
    private final String restoreApplicationName;

    private SessionState applied = SessionState.INITIAL;
    private int networkTimeoutMillis;
    private @Nullable String defaultIsolation;
    private @Nullable Attachment attached;
    /** The node's generation when the server was last found to be a standby, or -1. */
    private long standbyGeneration = -1;

    private boolean suspect;
    private boolean broken;

    Backend(Node node, PgConnection connection, Consumer<Backend> onClose) {
        this.node = node;
        this.connection = connection;
        this.onClose = onClose;
        String name = connection.getParameterStatus("application_name");
        this.restoreApplicationName = "SET application_name TO '" + (name == null ? "" : name.replace("'", "''")) + "'";
    }

    /** The connection as HikariCP sees it: it unwraps to this backend. */
    Connection handle() {
        return (Connection) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    return switch (method.getName()) {
                        case "unwrap" -> unwrap((Class<?>) arguments[0]);
                        case "isWrapperFor" -> arguments[0] == Backend.class;
                        // called at every return to the pool; warnings were cleared by the statements' owners
                        case "clearWarnings" -> null;
                        case "close", "abort" -> {
                            onClose.accept(this);
                            yield call(method, arguments);
                        }
                        // to look whether an idle connection is alive
                        case "setNetworkTimeout" -> {
                            networkTimeoutMillis = (Integer) arguments[1];
                            yield call(method, arguments);
                        }
                        default -> call(method, arguments);
                    };
                });
    }

    private @Nullable Object call(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(connection, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private Object unwrap(Class<?> type) throws SQLException {
        if (type != Backend.class) {
            throw new SQLException("not a wrapper for " + type.getName(), "22023");
        }
        return this;
    }

    public Node node() {
        return node;
    }

    public PgConnection connection() {
        return connection;
    }

    /** Brings the server's session to this state; no round trip where it is there already. */
    public void apply(SessionState wanted) throws SQLException {
        if (applied == wanted && !suspect) {
            return;
        }
        List<String> statements = new ArrayList<>();
        if (suspect) {
            statements.add(RESET);
            statements.add(restoreApplicationName);
        }
        statements.addAll((suspect ? SessionState.INITIAL : applied).statementsTo(wanted));
        statements.replaceAll(sql -> sql.equals(RESET_APPLICATION_NAME) ? restoreApplicationName : sql);
        if (!statements.isEmpty()) {
            run(String.join(";", statements));
        }
        suspect = false;
        applied = wanted;
    }

    /**
     * Asks the server whether it takes the shard's writes at that epoch; no round trip where it has said so already.
     *
     * @param voucher asked where the server has been restarted, or has not heard of that epoch yet
     * @return false where the server's schema {@code pgplex} is missing or too old to say more than that it is no standby
     * @throws SQLException 25006 where it is a standby or was fenced; 55000 where it has another epoch, or nobody can vouch
     *     for it now
     */
    boolean attach(Attachment as, Voucher voucher) throws SQLException {
        if (as.equals(attached)) {
            return true;
        }
        if (as.epoch() == 0) {
            checkNoStandby();
            attached = as;
            return true;
        }
        try (PreparedStatement statement = connection.prepareStatement(ATTACH)) {
            set(statement, as);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                check(row.getString(1), row.getLong(2), as, voucher);
            }
        } catch (SQLException e) {
            if (!UNDEFINED_FUNCTION.equals(e.getSQLState()) && !UNDEFINED_SCHEMA.equals(e.getSQLState())) {
                throw e;
            }
            checkNoStandby();
            attached = as;
            return false;
        }
        attached = as;
        return true;
    }

    private void checkNoStandby() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_is_in_recovery()")) {
            if (row.next() && row.getBoolean(1)) {
                throw PgplexErrors.error(SqlState.READ_ONLY_TRANSACTION, "node \"" + node.name() + "\" is a standby");
            }
        }
    }

    private void check(String answer, long epoch, Attachment as, Voucher voucher) throws SQLException {
        String name = "node \"" + node.name() + "\"";
        switch (answer) {
            case "ok" -> {}
            case "standby" -> throw PgplexErrors.error(SqlState.READ_ONLY_TRANSACTION, name + " is a standby");
            case "fenced" ->
                throw PgplexErrors.error(SqlState.READ_ONLY_TRANSACTION, name + " was told to take no more writes");
            case "later" ->
                throw PgplexErrors.error(
                        SqlState.OBJECT_NOT_IN_STATE,
                        name + " is at epoch " + epoch + " of shard \"" + as.shard() + "\", this client at "
                                + as.epoch());
            case "unvouched" -> {
                if (!voucher.isPrimary(node, as) || !vouch(as)) {
                    throw PgplexErrors.error(
                            SqlState.OBJECT_NOT_IN_STATE,
                            name + " cannot be confirmed as the primary of shard \"" + as.shard() + "\" now",
                            "It was restarted, or its shard has changed: the metadata store must say who leads.");
                }
            }
            default ->
                throw PgplexErrors.error(
                        SqlState.OBJECT_NOT_IN_STATE,
                        name + " does not say that it belongs to shard \"" + as.shard() + "\"",
                        "Repeat JOIN CLUSTER for it, with its name and shard.");
        }
    }

    /** Whatever the session was told before about its transactions, this one writes. */
    private boolean vouch(Attachment as) throws SQLException {
        run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
        boolean done = false;
        try (PreparedStatement statement = connection.prepareStatement(VOUCH)) {
            set(statement, as);
            boolean vouched;
            try (ResultSet row = statement.executeQuery()) {
                vouched = row.next() && row.getBoolean(1);
            }
            run("COMMIT");
            done = true;
            return vouched;
        } finally {
            broken |= !done;
        }
    }

    private static void set(PreparedStatement statement, Attachment as) throws SQLException {
        statement.setString(1, as.cluster());
        statement.setString(2, as.shard());
        statement.setLong(3, as.epoch());
    }

    /** Whether the server is in recovery and has replayed the WAL up to a position, in bytes; 0 for any. */
    boolean isStandby(long generation, long position) throws SQLException {
        if (standbyGeneration == generation && position == 0) {
            return true;
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(REPLAYED)) {
            row.next();
            boolean inRecovery = row.getBoolean(1);
            standbyGeneration = inRecovery ? generation : -1;
            return inRecovery && row.getLong(2) >= position;
        }
    }

    /** The node's generation when its server was last found to be a standby. */
    public long standbyGeneration() {
        return standbyGeneration;
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            // half of it may have been applied
            broken = true;
            throw e;
        }
    }

    /** The statement that gives back the name that the connection was opened with. */
    public String restoreApplicationName() {
        return restoreApplicationName;
    }

    /** Remembers that code unknown to the driver ran, which may have changed the session: it is reset before the next use. */
    public void suspect() {
        suspect = true;
    }

    /** The session is one owner's for good, so that whatever changes in it is meant. */
    void trust() {
        suspect = false;
    }

    /** The isolation level of a transaction that does not choose one, in a session that has set none; asked for once. */
    public String defaultIsolation() throws SQLException {
        String known = defaultIsolation;
        if (known == null) {
            try (Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(DEFAULT_ISOLATION)) {
                known = row.next() ? row.getString(1) : "";
            }
            defaultIsolation = known;
        }
        return known;
    }

    /** Sets the longest wait for the server's answers; 0 for no limit. */
    public void networkTimeout(int millis) throws SQLException {
        if (networkTimeoutMillis != millis) {
            connection.setNetworkTimeout(Runnable::run, millis);
            networkTimeoutMillis = millis;
        }
    }

    /** Tells that the server's session is now in this state, after the application's own statement made it so. */
    public void applied(SessionState state) {
        applied = state;
    }

    public SessionState applied() {
        return applied;
    }

    /**
     * A statement prepared for this text with the defaults of {@link Connection#prepareStatement(String)}; the same one
     * at the next call, unless it is in use. It must be given back with {@link #giveBack}.
     */
    public PreparedStatement prepared(String sql) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry == null || entry.statement.isClosed()) {
            entry = new PreparedEntry(connection.prepareStatement(sql));
            statements.put(sql, entry);
            closeEldest();
        } else if (entry.inUse) {
            return connection.prepareStatement(sql);
        }
        entry.inUse = true;
        return entry.statement;
    }

    private void closeEldest() throws SQLException {
        if (statements.size() <= MAXIMUM_STATEMENTS) {
            return;
        }
        String eldest = null;
        for (Map.Entry<String, PreparedEntry> candidate : statements.entrySet()) {
            if (!candidate.getValue().inUse) {
                eldest = candidate.getKey();
                break;
            }
        }
        PreparedEntry removed = eldest == null ? null : statements.remove(eldest);
        if (removed != null) {
            removed.statement.close();
        }
    }

    /** Takes a statement back; one that is not kept is closed. */
    public void giveBack(String sql, PreparedStatement statement) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry != null && entry.statement == statement) {
            entry.inUse = false;
        } else {
            statement.close();
        }
    }

    /** Forgets a kept statement whose settings were changed, and closes it. */
    public void forget(String sql, PreparedStatement statement) throws SQLException {
        PreparedEntry entry = statements.get(sql);
        if (entry != null && entry.statement == statement) {
            statements.remove(sql);
        }
        statement.close();
    }

    /** Looks at an exception from this connection and remembers whether it means that the connection is lost. */
    public void failed(SQLException failure) {
        if (isFatal(failure)) {
            broken = true;
        }
    }

    /** Never gives this connection to another session. */
    public void taint() {
        broken = true;
    }

    /** Whether this connection may be given to another session: alive and outside a transaction. */
    public boolean isReusable() throws SQLException {
        return !broken && !connection.isClosed() && connection.getTransactionState() == TransactionState.IDLE;
    }

    /** Closes the connection at once, from any thread. */
    void abort() {
        taint();
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // it is closed already
        }
    }

    public boolean isBroken() {
        return broken;
    }

    /**
     * Whether an exception means that its physical connection is lost: class 08, a server that goes away, and timeouts by
     * which a server ends a session.
     */
    public static boolean isFatal(@Nullable SQLException failure) {
        if (failure == null) {
            return false;
        }
        String state = failure.getSQLState();
        return state != null
                && (state.startsWith("08")
                        || state.equals("57P01")
                        || state.equals("57P02")
                        || state.equals("57P03")
                        || state.equals("57P04")
                        || state.equals("57P05")
                        || state.equals(IDLE_IN_TRANSACTION_TIMEOUT)
                        || state.equals("25P04"));
    }

    private static final class PreparedEntry {
        private final PreparedStatement statement;
        private boolean inUse;

        PreparedEntry(PreparedStatement statement) {
            this.statement = statement;
        }
    }
}
