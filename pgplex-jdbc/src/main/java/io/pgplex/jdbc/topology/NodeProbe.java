package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PhysicalConnections;
import io.pgplex.metadata.model.Node;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.jdbc.PgConnection;

/**
 * A monitor's connection to one node, and what it asks there. Used by one thread, except {@link #abort}. A look takes one
 * round trip, and a second one where the server keeps an epoch; each ends within about {@link #TIMEOUT_SECONDS}.
 *
 * <p>All of it may be asked by a role that owns nothing and has no {@code pg_monitor}, on PostgreSQL 14 to 18. What such a
 * role cannot ask is the timeline that a standby replays just now: {@code pg_walfile_name} is refused in recovery and
 * {@code pg_stat_wal_receiver} shows {@code received_tli} to {@code pg_read_all_stats} only. So a standby's timeline is the
 * highest of that column, where it is shown, the timeline of the last restartpoint and that up to which the standby has
 * written pages, both from the control file, which follow some minutes later at the most ({@code checkpoint_timeout}).
 */
final class NodeProbe implements AutoCloseable {

    /** The longest wait for a connection, and for each answer on it. */
    static final int TIMEOUT_SECONDS = 1;

    /** What {@code pg_stat_activity} shows. */
    static final String APPLICATION_NAME = "pgplex-monitor";

    /** With it, names in {@link #LOOK} mean what they say; a limit that a role has must not end a look. */
    private static final String BEGIN_SESSION = "SET search_path TO pg_catalog, pg_temp; SET statement_timeout TO 0";

    private static final String LOOK = "WITH s AS MATERIALIZED (SELECT pg_catalog.pg_is_in_recovery() AS standby),"
            + " w AS MATERIALIZED (SELECT s.standby,"
            + " CASE WHEN s.standby THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END"
            + " AS reached,"
            + " CASE WHEN s.standby THEN pg_catalog.pg_last_wal_receive_lsn() END AS received FROM s)"
            + " SELECT w.standby,"
            + " CASE WHEN w.standby THEN GREATEST("
            + "(SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() c),"
            + " (SELECT r.min_recovery_end_timeline FROM pg_catalog.pg_control_recovery() r),"
            + " (SELECT v.received_tli FROM pg_catalog.pg_stat_wal_receiver v))"
            + " ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name(w.reached), 1, 8))::bit(32)"
            + "::pg_catalog.int4 END,"
            + " coalesce(pg_catalog.pg_wal_lsn_diff(w.reached, '0/0'), 0)::pg_catalog.int8,"
            // a standby that replays from its own pg_wal after a start has received less than it has replayed
            + " coalesce(pg_catalog.pg_wal_lsn_diff(GREATEST(w.received, w.reached), '0/0'), 0)::pg_catalog.int8,"
            + " CASE WHEN NOT w.standby OR (w.reached >= w.received"
            + " AND EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver)) THEN 0"
            + " ELSE GREATEST(0, 1000 * EXTRACT(EPOCH FROM pg_catalog.clock_timestamp()"
            + " - coalesce(pg_catalog.pg_last_xact_replay_timestamp(), pg_catalog.pg_postmaster_start_time())))"
            + "::pg_catalog.int8 END,"
            + " NOT w.standby AND pg_catalog.current_setting('transaction_read_only')::pg_catalog.bool,"
            + " (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_db_numbackends(d.oid)) FROM pg_catalog.pg_database d)"
            + "::pg_catalog.int4,"
            + " pg_catalog.current_setting('max_connections')::pg_catalog.int4"
            + " - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4"
            // from PostgreSQL 16 on
            + " - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int4,"
            // whether pgplex's schema is one that keeps an epoch: version 3 and later
            + " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a"
            + " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
            + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE n.nspname = 'pgplex' AND c.relname = 'membership'"
            + " AND a.attname IN ('epoch', 'fenced') AND NOT a.attisdropped) = 2"
            + " FROM w";

    private static final String EPOCH = "SELECT m.epoch, m.fenced FROM pgplex.membership m";

    private final PgConnection connection;
    private final PreparedStatement look;
    private @Nullable PreparedStatement epoch;

    private NodeProbe(PgConnection connection) throws SQLException {
        this.connection = connection;
        try (Statement statement = connection.createStatement()) {
            statement.execute(BEGIN_SESSION);
        }
        this.look = connection.prepareStatement(LOOK);
    }

    /**
     * Connects. The node's host name is looked up anew, as far as the JVM does ({@code networkaddress.cache.ttl}).
     *
     * @throws SQLException what the server or pgjdbc says
     */
    static NodeProbe open(Node node, Credentials credentials) throws SQLException {
        Map<String, String> properties = new HashMap<>(credentials.properties());
        String seconds = Integer.toString(TIMEOUT_SECONDS);
        properties.put(PGProperty.CONNECT_TIMEOUT.getName(), seconds);
        properties.put(PGProperty.SOCKET_TIMEOUT.getName(), seconds);
        // none, for which pgjdbc would start a thread
        properties.put(PGProperty.LOGIN_TIMEOUT.getName(), "0");
        properties.put(PGProperty.APPLICATION_NAME.getName(), APPLICATION_NAME);
        properties.put(PGProperty.TARGET_SERVER_TYPE.getName(), "any");
        properties.remove(PGProperty.READ_ONLY.getName());
        PgConnection connection = PhysicalConnections.open(
                node.host(),
                node.port(),
                node.database(),
                new Credentials(credentials.user(), credentials.password(), properties));
        try {
            return new NodeProbe(connection);
        } catch (SQLException e) {
            connection.abort(Runnable::run);
            throw e;
        }
    }

    /**
     * What the node is now.
     *
     * @throws SQLException what the server or pgjdbc says; the connection may be of no use then
     */
    NodeReport look() throws SQLException {
        try (ResultSet row = look.executeQuery()) {
            row.next();
            boolean fenced = row.getBoolean(6);
            long admitted = 0;
            if (row.getBoolean(9)) {
                try (ResultSet membership = membership().executeQuery()) {
                    if (membership.next()) {
                        admitted = membership.getLong(1);
                        // the fence, and not the session's default: this session may be older than that, or than its
                        // end
                        fenced = membership.getBoolean(2);
                    }
                }
            }
            return new NodeReport(
                    row.getBoolean(1),
                    row.getInt(2),
                    row.getLong(3),
                    row.getLong(4),
                    row.getLong(5),
                    admitted,
                    fenced,
                    row.getInt(7),
                    row.getInt(8));
        }
    }

    private PreparedStatement membership() throws SQLException {
        PreparedStatement prepared = epoch;
        if (prepared == null) {
            prepared = connection.prepareStatement(EPOCH);
            epoch = prepared;
        }
        return prepared;
    }

    /** Whether the server said it, rather than the network or pgjdbc, and goes on. */
    static boolean isAnswer(SQLException failure) {
        String state = failure.getSQLState();
        return state != null && !state.startsWith("08") && !isLeaving(state) && !hasNetworkCause(failure);
    }

    /** Whether the server refuses this role, or its password. */
    static boolean isRefusedLogin(SQLException failure) {
        String state = failure.getSQLState();
        return state != null && (state.startsWith("28") || state.equals("42501"));
    }

    /**
     * Whether a failure shows for certain that no server takes connections there now: nobody listens, the server ended the
     * connection, or says that it goes, or is not there yet.
     */
    static boolean isCertain(SQLException failure) {
        String state = failure.getSQLState();
        if (state != null && isLeaving(state)) {
            return true;
        }
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            // a plain SocketException is a reset or broken connection; those for hosts that cannot be reached have
            // classes
            if (cause instanceof ConnectException
                    || cause instanceof EOFException
                    || cause.getClass() == SocketException.class) {
                return true;
            }
        }
        return false;
    }

    /** Shut down by an administrator, ended by a crash, or not ready for connections. */
    private static boolean isLeaving(String state) {
        return state.equals("57P01") || state.equals("57P02") || state.equals("57P03");
    }

    private static boolean hasNetworkCause(SQLException failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    /** Breaks the connection at once, from any thread. */
    void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // it is closed already
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // it is closed already
        }
    }
}
