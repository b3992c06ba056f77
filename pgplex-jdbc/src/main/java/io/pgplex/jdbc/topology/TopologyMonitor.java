package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapListener;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one client's topology up to date and wakes who waits for a change. Thread-safe; {@link #current} is one volatile
 * read.
 *
 * <p>Each node has a thread and a connection of its own, outside the pools, so that neither a pool that is used up nor
 * another node that hangs keeps it from being looked at.
 */
public final class TopologyMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TopologyMonitor.class);

    /** Logins that are kept for nodes that refuse newer ones. */
    private static final int MOST_CREDENTIALS = 8;

    /** How long {@link #close} waits for threads whose nodes hang, which end by themselves by then. */
    private static final long CLOSE_SECONDS = 5;

    private final ClusterMapCache maps;
    private final ClusterMapListener onMap = (before, after) -> happened(new TopologyEvent.MapChanged(after));
    private final List<TopologyListener> listeners = new CopyOnWriteArrayList<>();

    /** Held while an event is taken in; never over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private volatile Topology current = Topology.EMPTY;

    /** Newest first; empty until somebody has logged in. */
    private volatile List<Credentials> credentials = List.of();

    /** Who looks at each node; guarded by {@link #lock}. */
    private final Map<String, NodeWatch> watches = new HashMap<>();

    /** Those that were told to end, for {@link #close} to wait for; guarded by {@link #lock}. */
    private final List<NodeWatch> ending = new ArrayList<>();

    private boolean closed;
    private final long startNanos = System.nanoTime();

    /** Begins to follow the cluster map. Nodes are looked at once {@link #watchAs} has said who looks. */
    public TopologyMonitor(ClusterMapCache maps) {
        this.maps = maps;
        lock.lock();
        try {
            // a map that comes meanwhile waits for the lock, and so is never overtaken by this one
            maps.addListener(onMap);
            happened(new TopologyEvent.MapChanged(maps.current()));
        } finally {
            lock.unlock();
        }
    }

    /** The newest topology. */
    public Topology current() {
        return current;
    }

    /** Whose login the looks at nodes use, the newest that was given; the first call begins to look. */
    public void watchAs(Credentials newest) {
        List<Credentials> known = credentials;
        if (!known.isEmpty() && known.get(0).equals(newest)) {
            return;
        }
        lock.lock();
        try {
            List<Credentials> all = new ArrayList<>();
            all.add(newest);
            for (Credentials other : credentials) {
                if (!other.equals(newest) && all.size() < MOST_CREDENTIALS) {
                    all.add(other);
                }
            }
            credentials = List.copyOf(all);
            watchNodes();
        } finally {
            lock.unlock();
        }
    }

    /** The logins to look with, the newest first. */
    List<Credentials> credentials() {
        return credentials;
    }

    /** The time on the clock of {@link NodeState}, in milliseconds; always above 0. */
    public long nowMillis() {
        return 1 + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }

    /** Whether a node leads a shard, but was last seen in recovery or fenced, so that it may soon take its writes. */
    boolean isChangeNear(String node) {
        Topology topology = current;
        NodeState state = topology.node(node);
        NodeReport report = state == null ? null : state.report();
        if (report == null || !(report.standby() || report.fenced())) {
            return false;
        }
        for (ShardState shard : topology.shards().values()) {
            if (shard.primary().equals(node)) {
                return true;
            }
        }
        return false;
    }

    /** A session has lost a connection, or got none, that it wanted when the node was at this generation. */
    public void lost(String node, long generation, String reason) {
        happened(new TopologyEvent.Lost(node, generation, reason));
    }

    /** What a thread saw, unless its node has left the map or has another address by now. */
    void happened(NodeWatch watch, TopologyEvent event) {
        lock.lock();
        try {
            if (watches.get(watch.node().name()) == watch) {
                happened(event);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Tells the listener of each change from now on. */
    public void addListener(TopologyListener listener) {
        listeners.add(listener);
    }

    /** Tells the listener what is known now, as a change from {@link Topology#EMPTY}, and of each change from then on. */
    void addListenerAndTell(TopologyListener listener) {
        lock.lock();
        try {
            tell(listener, Topology.EMPTY, current);
            addListener(listener);
        } finally {
            lock.unlock();
        }
    }

    /** Stops telling it. */
    public void removeListener(TopologyListener listener) {
        listeners.remove(listener);
    }

    /**
     * Waits until the topology is newer than this one.
     *
     * @param deadlineNanos when to give up, on {@link System#nanoTime}'s clock
     * @return whether it is
     * @throws InterruptedException when the thread is interrupted
     */
    public boolean awaitChange(Topology known, long deadlineNanos) throws InterruptedException {
        lock.lock();
        try {
            long left = deadlineNanos - System.nanoTime();
            while (current.version() == known.version() && left > 0) {
                left = changed.awaitNanos(Math.min(left, TimeUnit.DAYS.toNanos(1)));
            }
            return current.version() != known.version();
        } finally {
            lock.unlock();
        }
    }

    private void happened(TopologyEvent event) {
        lock.lock();
        try {
            Topology before = current;
            Topology after = TopologyReducer.reduce(before, event);
            if (after.version() != before.version()) {
                current = after;
                changed.signalAll();
                if (event instanceof TopologyEvent.MapChanged) {
                    watchNodes();
                    askNewLeaders(before, after);
                } else if (event instanceof TopologyEvent.Lost lost) {
                    ask(lost.node());
                }
                for (TopologyListener listener : listeners) {
                    tell(listener, before, after);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has each node of the map looked at by a thread of its own, and no other node. */
    private void watchNodes() {
        if (closed || credentials.isEmpty()) {
            return;
        }
        Topology topology = current;
        ending.removeIf(NodeWatch::hasEnded);
        for (NodeWatch watch : List.copyOf(watches.values())) {
            NodeState state = topology.node(watch.node().name());
            if (state == null || !state.isAt(watch.node())) {
                watches.remove(watch.node().name());
                watch.end();
                ending.add(watch);
            }
        }
        for (NodeState state : topology.nodes().values()) {
            if (!watches.containsKey(state.node().name())) {
                NodeWatch watch = new NodeWatch(state.node(), this);
                watches.put(state.node().name(), watch);
                watch.start();
            }
        }
    }

    private void askNewLeaders(Topology before, Topology after) {
        for (ShardState shard : after.shards().values()) {
            ShardState known = before.shard(shard.name());
            if (known != null && !known.primary().equals(shard.primary())) {
                ask(shard.primary());
            }
        }
    }

    private void ask(String node) {
        NodeWatch watch = watches.get(node);
        if (watch != null) {
            watch.ask();
        }
    }

    private void tell(TopologyListener listener, Topology before, Topology after) {
        try {
            listener.changed(before, after);
        } catch (RuntimeException e) { // one listener must not keep the others from hearing
            LOG.warn("a listener of the topology of cluster {} failed", maps.cluster(), e);
        }
    }

    /** Ends the threads, and waits until they have ended. */
    @Override
    public void close() {
        maps.removeListener(onMap);
        List<NodeWatch> last;
        lock.lock();
        try {
            closed = true;
            ending.addAll(watches.values());
            watches.clear();
            last = List.copyOf(ending);
            ending.clear();
        } finally {
            lock.unlock();
        }
        last.forEach(NodeWatch::end);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        try {
            for (NodeWatch watch : last) {
                watch.awaitEnd(deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
