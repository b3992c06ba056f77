package io.pgplex.jdbc.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.pgplex.metadata.model.Node;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One of HikariCP's pools for a node, which is replaced by another as a whole where its connections, or its pauses after
 * failures, are of no use any more. Thread-safe.
 */
final class PhysicalPool {

    /**
     * How long one call waits in HikariCP, the least that it allows: {@link NodePool} looks in between whether the node is
     * still worth waiting for. Who waits because all connections are leased waits for the node pool's permits, not here.
     */
    static final long SLICE_MILLIS = 250;

    /** How long an idle connection may take to show that it is alive; the monitor's patience. */
    private static final long VALIDATION_MILLIS = 1_000;

    private final PhysicalDataSource source;
    private final HikariDataSource hikari;
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile boolean retired;

    /**
     * A pool.
     *
     * @param connects whether it opens a connection now, which shows that the node is there and lets the user in
     * @throws SQLException what the server or pgjdbc said to that
     */
    PhysicalPool(
            Node node,
            String name,
            NodeGate gate,
            Credentials credentials,
            PoolSettings settings,
            int maximumSize,
            int minimumIdle,
            boolean connects)
            throws SQLException {
        this.source = new PhysicalDataSource(node, credentials, gate);
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(source);
        config.setMaximumPoolSize(maximumSize);
        config.setMinimumIdle(minimumIdle);
        config.setConnectionTimeout(SLICE_MILLIS);
        config.setValidationTimeout(VALIDATION_MILLIS);
        config.setIdleTimeout(settings.idleTimeoutMillis());
        config.setMaxLifetime(settings.maxLifetimeMillis());
        // HikariCP's own look at the server takes a second to fail
        config.setInitializationFailTimeout(-1);
        if (connects) {
            source.getConnection().close();
        }
        this.hikari = new HikariDataSource(config);
    }

    /**
     * A connection that is free, or opened, within {@link #SLICE_MILLIS}.
     *
     * @throws SQLTransientConnectionException where there is none
     * @throws SQLException where the thread was interrupted or the pool is closed
     */
    Connection connection() throws SQLException {
        return hikari.getConnection();
    }

    /** Takes a leased connection back. */
    void giveBack(Connection connection, boolean reusable) {
        try {
            if (!reusable) {
                hikari.evictConnection(connection);
            }
            connection.close();
        } catch (SQLException e) {
            // HikariCP has closed or evicted it; nobody else will get it
        }
        if (retired) {
            endUnlessInUse();
        }
    }

    int active() {
        return hikari.getHikariPoolMXBean().getActiveConnections();
    }

    /** Closes idle connections soon, and the others when they are given back. */
    void evict() {
        hikari.getHikariPoolMXBean().softEvictConnections();
    }

    /** Whether nobody should take a connection from it any more. */
    boolean isRetired() {
        return retired;
    }

    /** Ends it once the last of its connections is given back; those that are leased stay alive until then. */
    void retire() {
        retired = true;
        evict();
        endUnlessInUse();
    }

    /** In a thread of its own, since HikariCP waits until logins that are under way have ended. */
    private void endUnlessInUse() {
        if (active() == 0 && ending.compareAndSet(false, true)) {
            Thread thread = new Thread(this::close, hikari.getPoolName() + "-end");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Whether nothing of it is left to end. */
    boolean hasEnded() {
        return ending.get();
    }

    /** Breaks all its connections at once, leased ones too, and those whose login is under way once that has ended. */
    void abort() {
        retired = true;
        source.abort();
    }

    /** Ends it, and breaks connections that are leased. */
    void close() {
        retired = true;
        hikari.close();
        source.abort();
    }
}
