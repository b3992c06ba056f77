package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 *
 * <p>It follows what the topology's monitor says of the node ({@link Pools}): a node that is down is not asked for
 * connections, one that may hang is not waited for, and connections of earlier generations are not leased again. Without a
 * monitor it waits for the node as long as for a connection that is in use.
 */
public final class NodePool implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodePool.class);

    /**
     * Times the maximum size, most connections of the overflow. Every lease of it belongs to a session that holds a shared
     * connection of some node, so that a transaction never waits for another in clusters of so many nodes.
     */
    private static final int OVERFLOW_FACTOR = 64;

    /** The longest wait for a node that is down, in which the monitor sees it more than once. */
    private static final long DOWN_MILLIS = 1_000;

    private final Node node;
    private final Credentials credentials;
    private final PoolSettings settings;
    private final Voucher voucher;
    private final NodeGate gate;
    private final Semaphore permits;
    /** Held while {@link #shared} or {@link #overflow} is replaced. */
    private final ReentrantLock replacing = new ReentrantLock();
    /** Pools that were replaced and hold connections that are leased. */
    private final Set<PhysicalPool> retired = ConcurrentHashMap.newKeySet();

    private volatile PhysicalPool shared;
    private volatile @Nullable PhysicalPool overflow;
    private volatile boolean closed;

    /** Whether it was told that the server keeps no epoch. */
    private final AtomicBoolean unguarded = new AtomicBoolean();

    /**
     * A pool with one open connection, which shows that the node is there and lets the user in.
     *
     * @param voucher asked where the node is a primary that was restarted
     * @throws SQLException what the server or pgjdbc said
     */
    public NodePool(Node node, Credentials credentials, PoolSettings settings, Voucher voucher) throws SQLException {
        this(node, credentials, settings, voucher, new NodeGate(node));
    }

    NodePool(Node node, Credentials credentials, PoolSettings settings, Voucher voucher, NodeGate gate)
            throws SQLException {
        this.node = node;
        this.voucher = voucher;
        this.credentials = credentials;
        this.settings = settings;
        this.gate = gate;
        this.permits = new Semaphore(settings.maximumSize());
        this.shared = newShared(true);
    }

    private PhysicalPool newShared(boolean connects) throws SQLException {
        return new PhysicalPool(
                node,
                "pgplex-" + node.name(),
                gate,
                credentials,
                settings,
                settings.maximumSize(),
                settings.minimumIdle(),
                connects);
    }

    public Node node() {
        return node;
    }

    /** The node's generation now, that of connections which are leased from now on; 0 without a monitor. */
    public long generation() {
        return gate.generation();
    }

    /**
     * A connection, idle and outside a transaction. Where the node does not answer, it is waited for some seconds at the
     * most; for a connection that is in use, the whole connection timeout.
     *
     * @param holdingOthers whether the caller holds another lease and so must not wait behind others
     * @throws SQLException 08001 when there is none in that time; what the server says when it does not let the user in
     */
    public Lease lease(boolean holdingOthers) throws SQLException {
        return lease(holdingOthers, Math.min(DOWN_MILLIS, settings.connectionTimeoutMillis()));
    }

    private Lease lease(boolean holdingOthers, long downMillis) throws SQLException {
        boolean permitted = permits.tryAcquire() || (!holdingOthers && await());
        if (permitted) {
            try {
                return connect(true, downMillis);
            } catch (SQLException | RuntimeException e) {
                permits.release();
                throw e;
            }
        }
        if (holdingOthers) {
            return connect(false, downMillis);
        }
        throw new SQLTransientConnectionException(
                "no connection to node " + node.name() + " became free within " + settings.connectionTimeoutMillis()
                        + " ms (" + settings.maximumSize() + " in use)",
                "08001");
    }

    /**
     * The same, on a server that takes the shard's writes. A node that is down is not waited for: another one may lead the
     * shard by then.
     *
     * @throws SQLException also 25006 where the server is a standby or was fenced, 55000 where its epoch is another one
     */
    public Lease lease(boolean holdingOthers, Attachment as) throws SQLException {
        Lease lease = lease(holdingOthers, 0);
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

    private Lease connect(boolean isShared, long downMillis) throws SQLException {
        long began = 0;
        long downLeft = downMillis;
        SQLException cause = null;
        while (true) {
            if (gate.isDown()) {
                if (downLeft <= 0) {
                    throw unavailable(cause);
                }
                awaitOpen(downLeft);
                downLeft = gate.isDown() ? 0 : downMillis;
                continue;
            }
            long generation = gate.generation();
            PhysicalPool pool = isShared ? shared : overflow();
            try {
                Connection handle = pool.connection();
                if (!pool.isRetired()) {
                    return new Lease(this, pool, handle, isShared, generation);
                }
                // it was replaced meanwhile, and may end before this lease would
                pool.giveBack(handle, false);
            } catch (SQLTransientConnectionException e) {
                // HikariCP says that it has none; the caller wants to know which node, and what that said
                if (e.getCause() instanceof SQLException said) {
                    cause = said;
                }
            } catch (SQLException e) {
                // interrupted or closed
                if (!pool.isRetired() || closed) {
                    throw e.getSQLState() != null ? e : unavailable(e);
                }
            }
            if (cause != null && !NodeGate.isWorthAnotherTry(cause)) {
                throw cause;
            }
            long now = System.nanoTime();
            if (began == 0) {
                began = now - TimeUnit.MILLISECONDS.toNanos(PhysicalPool.SLICE_MILLIS);
            }
            if (TimeUnit.NANOSECONDS.toMillis(now - began) >= gate.patienceMillis(settings)) {
                throw unavailable(cause);
            }
        }
    }

    private SQLTransientConnectionException unavailable(@Nullable SQLException cause) {
        String seen = gate.reason();
        String reason = seen == null && cause != null ? cause.getMessage() : seen;
        return new SQLTransientConnectionException(
                "no connection to node " + node.name() + (gate.isDown() ? ", which is down" : " in time")
                        + (reason == null ? "" : ": " + reason),
                "08001",
                cause);
    }

    private void awaitOpen(long millis) throws SQLException {
        try {
            gate.awaitOpen(millis);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private boolean await() throws SQLException {
        try {
            return permits.tryAcquire(settings.connectionTimeoutMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private SQLException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new SQLTransientConnectionException(
                "interrupted while waiting for a connection to node " + node.name(), "08001", e);
    }

    private PhysicalPool overflow() throws SQLException {
        PhysicalPool pool = overflow;
        if (pool == null) {
            replacing.lock();
            try {
                pool = overflow;
                if (pool == null) {
                    pool = new PhysicalPool(
                            node,
                            "pgplex-" + node.name() + "-overflow",
                            gate,
                            credentials,
                            settings,
                            overflowSize(),
                            0,
                            false);
                    overflow = pool;
                }
            } finally {
                replacing.unlock();
            }
        }
        return pool;
    }

    private int overflowSize() {
        return (int) Math.min(Integer.MAX_VALUE, (long) settings.maximumSize() * OVERFLOW_FACTOR);
    }

    /** Takes a leased connection back. */
    void giveBack(PhysicalPool from, Connection connection, boolean reusable, boolean isShared) {
        try {
            from.giveBack(connection, reusable);
        } finally {
            if (isShared) {
                permits.release();
            }
        }
    }

    /** Closes idle connections, and the others when they are given back: the node's generation rises. */
    void evict() {
        shared.evict();
        PhysicalPool extra = overflow;
        if (extra != null) {
            extra.evict();
        }
    }

    /**
     * Goes on with new pools, whose logins wait behind none that hangs and after none that failed. Leased connections stay
     * alive, and are closed when they are given back.
     */
    void replace() {
        replaced().forEach(PhysicalPool::retire);
    }

    /** The same, but breaks connections that are leased: the node is not what they were leased for any more. */
    void abort() {
        for (PhysicalPool old : replaced()) {
            old.abort();
            old.retire();
        }
    }

    /** Puts new pools in the places of those that it returns. */
    private List<PhysicalPool> replaced() {
        replacing.lock();
        try {
            if (closed) {
                return List.of();
            }
            List<PhysicalPool> old = new ArrayList<>();
            PhysicalPool fresh = newShared(false);
            old.add(shared);
            shared = fresh;
            PhysicalPool extra = overflow;
            if (extra != null) {
                old.add(extra);
                overflow = null;
            }
            retired.removeIf(PhysicalPool::hasEnded);
            retired.addAll(old);
            return old;
        } catch (SQLException e) {
            throw new IllegalStateException("a pool that does not connect has failed to", e);
        } finally {
            replacing.unlock();
        }
    }

    /** Connections in use now. */
    public int leased() {
        PhysicalPool extra = overflow;
        return settings.maximumSize() - permits.availablePermits() + (extra == null ? 0 : extra.active());
    }

    @Override
    public void close() {
        List<PhysicalPool> all = new ArrayList<>();
        replacing.lock();
        try {
            closed = true;
            all.add(shared);
            PhysicalPool extra = overflow;
            if (extra != null) {
                all.add(extra);
            }
            all.addAll(retired);
        } finally {
            replacing.unlock();
        }
        all.forEach(PhysicalPool::close);
    }
}
