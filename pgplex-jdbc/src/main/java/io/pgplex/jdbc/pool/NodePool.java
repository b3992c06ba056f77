package io.pgplex.jdbc.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.pgplex.metadata.model.Node;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The physical connections to one node for one user. Thread-safe.
 *
 * <p>It cannot deadlock: who holds no lease waits for one of the shared connections, and takes those of several shards in
 * the shards' order; who holds one already (a transaction that reaches another shard) never waits behind others, but gets
 * a connection of the overflow when the shared ones are out.
 */
public final class NodePool implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodePool.class);

    /**
     * Times the maximum size, most connections of the overflow. Every lease of it belongs to a session that holds a shared
     * connection of some node, so that a transaction never waits for another in clusters of so many nodes.
     */
    private static final int OVERFLOW_FACTOR = 64;

    private final Node node;
    private final PoolSettings settings;
    private final Voucher voucher;
    private final PhysicalDataSource physical;
    private final HikariDataSource shared;
    private final Semaphore permits;
    private final ReentrantLock overflowLock = new ReentrantLock();
    private volatile @Nullable HikariDataSource overflow;

    /** Whether it was told that the server keeps no epoch. */
    private final AtomicBoolean unguarded = new AtomicBoolean();

    /**
     * A pool with one open connection, which shows that the node is there and lets the user in.
     *
     * @param voucher asked where the node is a primary that was restarted
     * @throws SQLException what the server or pgjdbc said
     */
    public NodePool(Node node, Credentials credentials, PoolSettings settings, Voucher voucher) throws SQLException {
        this.node = node;
        this.voucher = voucher;
        this.settings = settings;
        this.physical = new PhysicalDataSource(node, credentials);
        this.permits = new Semaphore(settings.maximumSize());
        this.shared = open("pgplex-" + node.name(), settings.maximumSize(), settings.minimumIdle(), 1);
    }

    private HikariDataSource open(String name, int maximumSize, int minimumIdle, long initializationFailTimeout)
            throws SQLException {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setDataSource(physical);
        config.setMaximumPoolSize(maximumSize);
        config.setMinimumIdle(minimumIdle);
        config.setConnectionTimeout(settings.connectionTimeoutMillis());
        config.setIdleTimeout(settings.idleTimeoutMillis());
        config.setMaxLifetime(settings.maxLifetimeMillis());
        config.setInitializationFailTimeout(initializationFailTimeout);
        try {
            return new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            if (e.getCause() instanceof SQLException cause) {
                throw cause;
            }
            throw new SQLTransientConnectionException("could not connect to node " + node.name(), "08001", e);
        }
    }

    public Node node() {
        return node;
    }

    /**
     * A connection, idle and outside a transaction.
     *
     * @param holdingOthers whether the caller holds another lease and so must not wait behind others
     * @throws SQLException 08001 when none is free within the connection timeout
     */
    public Lease lease(boolean holdingOthers) throws SQLException {
        boolean permitted = permits.tryAcquire() || (!holdingOthers && await());
        if (permitted) {
            try {
                return new Lease(this, connection(shared), true);
            } catch (SQLException | RuntimeException e) {
                permits.release();
                throw e;
            }
        }
        if (holdingOthers) {
            return new Lease(this, connection(overflow()), false);
        }
        throw new SQLTransientConnectionException(
                "no connection to node " + node.name() + " became free within " + settings.connectionTimeoutMillis()
                        + " ms (" + settings.maximumSize() + " in use)",
                "08001");
    }

    /**
     * The same, on a server that takes the shard's writes.
     *
     * @throws SQLException also 25006 where the server is a standby or was fenced, 55000 where its epoch is another one
     */
    public Lease lease(boolean holdingOthers, Attachment as) throws SQLException {
        Lease lease = lease(holdingOthers);
        try {
            if (!lease.backend().attach(as, voucher) && unguarded.compareAndSet(false, true)) {
                LOG.warn(
                        "node {} has no schema pgplex, or an old one: it cannot refuse clients that do not know of a"
                                + " change of the primary; repeat JOIN CLUSTER for it, with its name and shard",
                        node.name());
            }
            return lease;
        } catch (SQLException e) {
            lease.backend().failed(e);
            lease.release();
            throw e;
        }
    }

    /** What the pool says when it has none is about itself; the caller wants to know which node, and what that said. */
    private Connection connection(HikariDataSource pool) throws SQLException {
        try {
            return pool.getConnection();
        } catch (SQLTransientConnectionException e) {
            Throwable cause = e.getCause();
            throw new SQLTransientConnectionException(
                    "no connection to node " + node.name() + " within " + settings.connectionTimeoutMillis() + " ms"
                            + (cause == null ? "" : ": " + cause.getMessage()),
                    "08001",
                    e);
        }
    }

    private boolean await() throws SQLException {
        try {
            return permits.tryAcquire(settings.connectionTimeoutMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLTransientConnectionException(
                    "interrupted while waiting for a connection to node " + node.name(), "08001", e);
        }
    }

    private HikariDataSource overflow() throws SQLException {
        HikariDataSource pool = overflow;
        if (pool == null) {
            overflowLock.lock();
            try {
                pool = overflow;
                if (pool == null) {
                    pool = open("pgplex-" + node.name() + "-overflow", overflowSize(), 0, -1);
                    overflow = pool;
                }
            } finally {
                overflowLock.unlock();
            }
        }
        return pool;
    }

    private int overflowSize() {
        return (int) Math.min(Integer.MAX_VALUE, (long) settings.maximumSize() * OVERFLOW_FACTOR);
    }

    /** Takes a leased connection back. */
    void giveBack(Connection connection, boolean reusable, boolean isShared) {
        try {
            if (!reusable) {
                HikariDataSource pool = isShared ? shared : overflow;
                if (pool != null) {
                    pool.evictConnection(connection);
                }
            }
            connection.close();
        } catch (SQLException e) {
            // HikariCP has closed or evicted it; nobody else will get it
        } finally {
            if (isShared) {
                permits.release();
            }
        }
    }

    /** Connections in use now. */
    public int leased() {
        HikariDataSource extra = overflow;
        return settings.maximumSize()
                - permits.availablePermits()
                + (extra == null ? 0 : extra.getHikariPoolMXBean().getActiveConnections());
    }

    @Override
    public void close() {
        shared.close();
        HikariDataSource extra = overflow;
        if (extra != null) {
            extra.close();
        }
    }
}
