package io.pgplex.jdbc.pool;

import io.pgplex.metadata.model.Node;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The pools of one cluster in this JVM, one a node and user, opened when first needed. Thread-safe.
 *
 * <p>The topology's monitor tells them how the nodes answer, in the order in which it learns it; no call of it waits for a
 * server.
 */
public final class Pools implements AutoCloseable {

    private record Address(String host, int port, String database) {
        static Address of(Node node) {
            return new Address(node.host(), node.port(), node.database());
        }
    }

    private record Key(Address address, Credentials credentials, PoolSettings settings) {}

    private final Map<Key, Slot> slots = new ConcurrentHashMap<>();
    private final Voucher voucher;
    private final Map<Address, NodeGate> gates = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param voucher asked where a primary was restarted */
    public Pools(Voucher voucher) {
        this.voucher = voucher;
    }

    /**
     * The pool of that node and user.
     *
     * @throws SQLException what the server said to the pool's first connection; 08001 where the node is down
     */
    public NodePool pool(Node node, Credentials credentials, PoolSettings settings) throws SQLException {
        Key key = new Key(Address.of(node), credentials, settings);
        return slots.computeIfAbsent(key, absent -> new Slot()).open(key, node);
    }

    private NodeGate gate(Node node) {
        return gates.computeIfAbsent(Address.of(node), absent -> new NodeGate(node));
    }

    /**
     * The node answers. Where it was down, its pools start anew: logins that still hang, and HikariCP's pauses after those
     * that have failed, belong to the past.
     */
    public void up(Node node, long generation) {
        NodeGate gate = gate(node);
        boolean wasDown = gate.isDown();
        renew(node, gate, generation);
        if (wasDown) {
            Address address = Address.of(node);
            slots.entrySet().removeIf(slot -> slot.getKey().address().equals(address) && slot.getValue().pool == null);
            poolsOf(node).forEach(NodePool::replace);
        }
        gate.stand(NodeGate.Standing.ANSWERS, null);
    }

    /** Nobody has looked at the node yet: all that is known is what generation its connections are of. */
    public void generation(Node node, long generation) {
        renew(node, gate(node), generation);
    }

    /** The node has failed somebody, and may hang. */
    public void doubt(Node node, long generation, @Nullable String reason) {
        NodeGate gate = gate(node);
        renew(node, gate, generation);
        gate.stand(NodeGate.Standing.DOUBTFUL, reason);
    }

    /** The node does not answer, and is not asked for connections until it does. */
    public void down(Node node, long generation, @Nullable String reason) {
        NodeGate gate = gate(node);
        gate.stand(NodeGate.Standing.DOWN, reason);
        renew(node, gate, generation);
    }

    /** No cluster map names the node any more: idle connections to it are closed, and the others when they are given back. */
    public void evict(Node node) {
        poolsOf(node).forEach(NodePool::evict);
    }

    /** Breaks the connections to a node, leased ones too: another one has taken its place as a shard's primary. */
    public void abort(Node node) {
        poolsOf(node).forEach(NodePool::abort);
    }

    /** Where the generation is another one, what was connected before is not leased again. */
    private void renew(Node node, NodeGate gate, long generation) {
        if (gate.generation() != generation) {
            // in this order: a connection that is leased in between counts as one of the generation before
            poolsOf(node).forEach(NodePool::evict);
            gate.generation(generation);
        }
    }

    private List<NodePool> poolsOf(Node node) {
        Address address = Address.of(node);
        List<NodePool> found = new ArrayList<>();
        slots.forEach((key, slot) -> {
            NodePool pool = slot.pool;
            if (pool != null && key.address().equals(address)) {
                found.add(pool);
            }
        });
        return found;
    }

    /** Connections to that node that are in use by that user now. */
    public int leased(Node node, Credentials credentials, PoolSettings settings) {
        Slot slot = slots.get(new Key(Address.of(node), credentials, settings));
        NodePool open = slot == null ? null : slot.pool;
        return open == null ? 0 : open.leased();
    }

    @Override
    public void close() {
        closed = true;
        slots.values().forEach(Slot::close);
    }

    /** One pool's place: who comes while it is being opened waits for that one only. */
    private final class Slot {
        private final AtomicBoolean begun = new AtomicBoolean();
        private final CompletableFuture<NodePool> opened = new CompletableFuture<>();
        private volatile @Nullable NodePool pool;

        /** The pool, opened in a thread of its own, so that nobody has to wait until a login that hangs has ended. */
        NodePool open(Key key, Node node) throws SQLException {
            NodePool open = pool;
            if (open != null) {
                return open;
            }
            NodeGate gate = gate(node);
            if (!gate.isDown() && begun.compareAndSet(false, true)) {
                Thread thread = new Thread(() -> begin(key, node, gate), "pgplex-open-" + node.name());
                thread.setDaemon(true);
                thread.start();
            }
            return await(node, gate, key.settings());
        }

        private NodePool await(Node node, NodeGate gate, PoolSettings settings) throws SQLException {
            long began = System.nanoTime();
            while (!gate.isDown()) {
                try {
                    return opened.get(PhysicalPool.SLICE_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException e) {
                    long waited = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                    if (waited >= gate.patienceMillis(settings)) {
                        throw new SQLTransientConnectionException(
                                "node " + node.name() + " has not let the user in within " + waited + " ms", "08001");
                    }
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof SQLException refused) {
                        throw refused;
                    }
                    throw new SQLTransientConnectionException(
                            "could not connect to node " + node.name(), "08001", e.getCause());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new SQLTransientConnectionException(
                            "interrupted while connecting to node " + node.name(), "08001", e);
                }
            }
            throw new SQLTransientConnectionException(
                    "no connection to node " + node.name() + ", which is down: " + gate.reason(), "08001");
        }

        private void begin(Key key, Node node, NodeGate gate) {
            try {
                NodePool fresh = new NodePool(node, key.credentials(), key.settings(), voucher, gate);
                pool = fresh;
                if (closed || slots.get(key) != this) {
                    fresh.close();
                    throw new SQLException(
                            "the cluster's pools are closed, or node " + node.name() + " was down", "08003");
                }
                opened.complete(fresh);
            } catch (SQLException | RuntimeException | Error e) { // whatever it is, others wait for it
                // in this order: who comes next tries anew; and a login that failed leaves no password
                slots.remove(key, this);
                pool = null;
                opened.completeExceptionally(e);
            }
        }

        void close() {
            NodePool open = pool;
            if (open != null) {
                open.close();
            }
        }
    }
}
