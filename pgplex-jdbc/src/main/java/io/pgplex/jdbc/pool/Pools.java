package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The pools of one cluster in this JVM, one a node and user, opened when first needed. Thread-safe. */
public final class Pools implements AutoCloseable {

    private record Key(String host, int port, String database, Credentials credentials, PoolSettings settings) {}

    private final Map<Key, Slot> slots = new ConcurrentHashMap<>();
    private final Voucher voucher;
    private volatile boolean closed;

    /** @param voucher asked where a primary was restarted */
    public Pools(Voucher voucher) {
        this.voucher = voucher;
    }

    /**
     * The pool of that node and user.
     *
     * @throws SQLException what the server said to the pool's first connection
     */
    public NodePool pool(Node node, Credentials credentials, PoolSettings settings) throws SQLException {
        Key key = new Key(node.host(), node.port(), node.database(), credentials, settings);
        while (true) {
            NodePool pool = slots.computeIfAbsent(key, absent -> new Slot()).open(key, node);
            if (pool != null) {
                return pool;
            }
            // another thread's login failed in that slot and took it away: this thread tries in a new one
        }
    }

    @Override
    public void close() {
        closed = true;
        slots.values().forEach(Slot::close);
    }

    /** One pool's place: who comes while it is being opened waits for that one only. */
    private final class Slot {
        private final ReentrantLock opening = new ReentrantLock();
        private volatile @Nullable NodePool pool;
        private boolean dropped;

        /** The pool; null where the slot is out of use, because a login failed in it and must leave no password. */
        @Nullable
        NodePool open(Key key, Node node) throws SQLException {
            NodePool open = pool;
            if (open != null) {
                return open;
            }
            opening.lock();
            try {
                open = pool;
                if (dropped) {
                    return null;
                }
                if (open == null) {
                    if (closed) {
                        throw new SQLException("the cluster's pools are closed", "08003");
                    }
                    open = opened(key, node);
                    pool = open;
                }
                return open;
            } finally {
                opening.unlock();
            }
        }

        private NodePool opened(Key key, Node node) throws SQLException {
            boolean failed = true;
            try {
                NodePool fresh = new NodePool(node, key.credentials(), key.settings(), voucher);
                failed = false;
                return fresh;
            } finally {
                if (failed) {
                    dropped = true;
                    slots.remove(key, this);
                }
            }
        }

        void close() {
            opening.lock();
            try {
                NodePool open = pool;
                if (open != null) {
                    open.close();
                }
            } finally {
                opening.unlock();
            }
        }
    }
}
