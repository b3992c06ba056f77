package io.pgplex.jdbc.failover;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.jdbc.pool.PhysicalConnections;
import io.pgplex.metadata.model.Node;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Utils;
import org.postgresql.jdbc.PgConnection;

/**
 * A connection to one node, of one shard, by which it is told what it shall be. Confined to a thread. Every method throws what
 * the server or pgjdbc says; the connection is of no use afterwards.
 */
final class NodeControl implements AutoCloseable {

    /** What {@code pg_stat_activity} shows. */
    static final String APPLICATION_NAME = "pgplex-failover";

    /** The longest wait for a server's answer, but for the end of a recovery, which is asked for again and again. */
    private static final int ANSWER_SECONDS = 5;

    private static final long POLL_MILLIS = 10;

    /** How long a server may take to read its configuration again. */
    private static final long RELOAD_MILLIS = 2_000;

    /** The application's own limits are not meant for this, and a server that was made read-only must take it. */
    private static final String BEGIN_SESSION = "SET search_path TO pg_catalog, pg_temp; SET statement_timeout TO 0;"
            + " SET default_transaction_read_only TO off; SET default_transaction_isolation TO 'read committed'";

    private static final String STATE = "SELECT pg_catalog.pg_is_in_recovery(),"
            + " coalesce(pg_catalog.pg_wal_lsn_diff(GREATEST(pg_catalog.pg_last_wal_receive_lsn(),"
            + " pg_catalog.pg_last_wal_replay_lsn()), '0/0'), 0)::pg_catalog.int8,"
            + " GREATEST((SELECT c.timeline_id FROM pg_catalog.pg_control_checkpoint() c),"
            + " (SELECT r.min_recovery_end_timeline FROM pg_catalog.pg_control_recovery() r)),"
            + " m.epoch, m.fenced, m.retired FROM (VALUES (1)) AS always(one)"
            + " LEFT JOIN pgplex.membership m ON m.cluster OPERATOR(pg_catalog.=) ? AND m.shard OPERATOR(pg_catalog.=) ?";

    /** Parameters: host, port. The columns are null for a role that may not see them. */
    private static final String OTHER_SENDERS = "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver r"
            + " WHERE r.sender_host OPERATOR(pg_catalog.<>) ? OR r.sender_port OPERATOR(pg_catalog.<>) ?)";

    private static final String FOLLOWERS = "SELECT r.application_name,"
            + " r.state OPERATOR(pg_catalog.=) 'streaming',"
            + " coalesce(pg_catalog.pg_wal_lsn_diff(r.flush_lsn, '0/0'), 0)::pg_catalog.int8,"
            + " r.sync_state OPERATOR(pg_catalog.<>) 'async' FROM pg_catalog.pg_stat_replication r";

    private final Node node;
    private final String cluster;
    private final String shard;
    private final PgConnection connection;

    private NodeControl(Node node, String cluster, String shard, PgConnection connection) {
        this.node = node;
        this.cluster = cluster;
        this.shard = shard;
        this.connection = connection;
    }

    /**
     * Connects, outside any pool.
     *
     * @param seconds how long to wait for the server
     */
    static NodeControl open(Node node, String cluster, String shard, Credentials credentials, int seconds)
            throws SQLException {
        Map<String, String> properties = new HashMap<>(credentials.properties());
        properties.put(PGProperty.CONNECT_TIMEOUT.getName(), Integer.toString(seconds));
        properties.put(PGProperty.SOCKET_TIMEOUT.getName(), Integer.toString(ANSWER_SECONDS));
        properties.put(PGProperty.LOGIN_TIMEOUT.getName(), "0");
        properties.put(PGProperty.APPLICATION_NAME.getName(), APPLICATION_NAME);
        properties.put(PGProperty.TARGET_SERVER_TYPE.getName(), "any");
        properties.remove(PGProperty.READ_ONLY.getName());
        Credentials login = new Credentials(credentials.user(), credentials.password(), properties);
        PgConnection connection = PhysicalConnections.open(node.host(), node.port(), node.database(), login);
        NodeControl control = new NodeControl(node, cluster, shard, connection);
        try {
            control.execute(BEGIN_SESSION);
            return control;
        } catch (SQLException e) {
            control.close();
            throw e;
        }
    }

    /**
     * What a node is.
     *
     * @param standby whether it is in recovery
     * @param received up to where a standby has received the WAL, in bytes
     * @param timeline the highest timeline that it knows to have replayed
     * @param epoch its epoch; 0 where it does not belong to the shard
     * @param fenced whether it takes no clients
     * @param retired whether it must be rebuilt
     */
    record State(boolean standby, long received, int timeline, long epoch, boolean fenced, boolean retired) {}

    /**
     * What receives a primary's WAL.
     *
     * @param flushed up to where it has the WAL on disk, in bytes
     * @param confirms whether commits wait for it, or may once another is gone
     */
    record Follower(String name, boolean streaming, long flushed, boolean confirms) {}

    Node node() {
        return node;
    }

    State state() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STATE)) {
            statement.setString(1, cluster);
            statement.setString(2, shard);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new State(
                        row.getBoolean(1),
                        row.getLong(2),
                        row.getInt(3),
                        row.getLong(4),
                        row.getBoolean(5),
                        row.getBoolean(6));
            }
        }
    }

    /** Whether this login may change the primary, by the functions of schema {@code pgplex} on this node. */
    boolean mayDecide() throws SQLException {
        return truth("SELECT pg_catalog.bool_and(coalesce(pg_catalog.has_function_privilege("
                + "pg_catalog.to_regprocedure(f.name), 'EXECUTE'), false)) FROM (VALUES"
                + " ('pgplex.promote(text, text)'), ('pgplex.fence(text, text, bigint, boolean)'),"
                + " ('pgplex.admit(text, text, bigint)'), ('pgplex.expel(timestamptz, boolean)'),"
                + " ('pgplex.standby_name()'), ('pgplex.promoted_at()')) AS f(name)");
    }

    boolean isStandby() throws SQLException {
        return truth("SELECT pg_catalog.pg_is_in_recovery()");
    }

    /** False where the server was admitted at that epoch or a later one: then it is not to be fenced. */
    boolean fence(long epoch, boolean retire) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pgplex.fence(?, ?, ?, ?)")) {
            statement.setString(1, cluster);
            statement.setString(2, shard);
            statement.setLong(3, epoch);
            statement.setBoolean(4, retire);
            return truth(statement);
        }
    }

    /** False where the server knows a later epoch. */
    boolean admit(long epoch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pgplex.admit(?, ?, ?)")) {
            statement.setString(1, cluster);
            statement.setString(2, shard);
            statement.setLong(3, epoch);
            return truth(statement);
        }
    }

    /** The server's clock, for {@link #expel}. */
    String now() throws SQLException {
        return text(
                "SELECT pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
                        + " || '+00'");
    }

    /** Ends sessions that began before that time; how many are still there. */
    int expel(String before, boolean idleOnly) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pgplex.expel(?::pg_catalog.timestamptz, ?)")) {
            statement.setString(1, before);
            statement.setBoolean(2, idleOnly);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getInt(1) : 0;
            }
        }
    }

    /** False where it is no standby of the shard, or the server could not begin. */
    boolean promote() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pgplex.promote(?, ?)")) {
            statement.setString(1, cluster);
            statement.setString(2, shard);
            return truth(statement);
        }
    }

    /** By what name its primary knows this standby. */
    String standbyName() throws SQLException {
        return text("SELECT pgplex.standby_name()");
    }

    /** Where in the WAL this primary's timeline began. */
    long promotedAt() throws SQLException {
        return number("SELECT pgplex.promoted_at()");
    }

    /** The end of this primary's WAL, of which some may not be on disk yet. */
    long position() throws SQLException {
        return number(
                "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::pg_catalog.int8");
    }

    /** Up to where this standby has replayed. */
    long replayed() throws SQLException {
        return number("SELECT coalesce(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_last_wal_replay_lsn(), '0/0'), 0)"
                + "::pg_catalog.int8");
    }

    List<Follower> followers() throws SQLException {
        List<Follower> followers = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(FOLLOWERS)) {
            while (rows.next()) {
                followers.add(new Follower(rows.getString(1), rows.getBoolean(2), rows.getLong(3), rows.getBoolean(4)));
            }
        }
        return followers;
    }

    String synchronousNames() throws SQLException {
        return text("SELECT pg_catalog.current_setting('synchronous_standby_names')");
    }

    /**
     * Sets {@code synchronous_standby_names}, and waits until the server has read it.
     *
     * @throws SQLException 42501 where this login may not
     */
    void setSynchronousNames(String names) throws SQLException, InterruptedException {
        if (synchronousNames().equals(names)) {
            return;
        }
        execute("ALTER SYSTEM SET synchronous_standby_names TO " + literal(names));
        reload();
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RELOAD_MILLIS);
        while (!synchronousNames().equals(names)) {
            if (System.nanoTime() - deadline > 0) {
                throw new SQLException("node " + node.name() + " does not read its configuration again", "55000");
            }
            TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        }
    }

    /**
     * Has this standby follow another primary, on which a slot for it is made if it uses one.
     *
     * @return false where it follows that one already
     * @throws SQLException 42501 where this login may not; 0A000 where the setting cannot be changed by machine
     */
    boolean follow(NodeControl primary) throws SQLException {
        String conninfo = text("SELECT pg_catalog.current_setting('primary_conninfo')");
        String changed = PrimaryConninfo.leadingTo(conninfo, primary.node.host(), primary.node.port());
        if (changed == null) {
            throw new SQLException("primary_conninfo of node " + node.name() + " is not a list of keywords", "0A000");
        }
        String slot = text("SELECT pg_catalog.current_setting('primary_slot_name')");
        if (!slot.isEmpty()) {
            primary.makeSlot(slot);
        }
        if (changed.equals(conninfo)) {
            return false;
        }
        execute("ALTER SYSTEM SET primary_conninfo TO " + literal(changed));
        reload();
        return true;
    }

    /** Whether no other server sends WAL to this standby, as far as this login may know. */
    boolean receivesOnlyFrom(NodeControl primary) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OTHER_SENDERS)) {
            statement.setString(1, primary.node.host());
            statement.setInt(2, primary.node.port());
            return truth(statement);
        }
    }

    private void makeSlot(String slot) throws SQLException {
        execute("SELECT pg_catalog.pg_create_physical_replication_slot(" + literal(slot) + ", true)"
                + " WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots s"
                + " WHERE s.slot_name OPERATOR(pg_catalog.=) " + literal(slot) + "::pg_catalog.name)");
    }

    private void reload() throws SQLException {
        execute("SELECT pg_catalog.pg_reload_conf()");
    }

    private String literal(String text) throws SQLException {
        boolean standard = connection.unwrap(BaseConnection.class).getStandardConformingStrings();
        return "'" + Utils.escapeLiteral(null, text, standard) + "'";
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    private boolean truth(String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return truth(statement);
        }
    }

    private static boolean truth(PreparedStatement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            return row.next() && row.getBoolean(1);
        }
    }

    private String text(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            @Nullable String found = row.next() ? row.getString(1) : null;
            return found == null ? "" : found;
        }
    }

    private long number(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getLong(1) : 0;
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
