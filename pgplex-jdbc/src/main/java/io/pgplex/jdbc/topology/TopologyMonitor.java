package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.cache.ClusterMapListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one client's topology up to date and wakes who waits for a change. Thread-safe; {@link #current} is one volatile
 * read.
 */
public final class TopologyMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TopologyMonitor.class);

    private final ClusterMapCache maps;
    private final ClusterMapListener onMap = (before, after) -> happened(new TopologyEvent.MapChanged(after));
    private final List<TopologyListener> listeners = new CopyOnWriteArrayList<>();

    /** Held while an event is taken in; never over I/O. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private volatile Topology current = Topology.EMPTY;

    /** Begins to follow the cluster map. Nodes are looked at once {@link #watchAs} has said who looks. */
    public TopologyMonitor(ClusterMapCache maps) {
        this.maps = maps;
        maps.addListener(onMap);
        happened(new TopologyEvent.MapChanged(maps.current()));
    }

    /** The newest topology. */
    public Topology current() {
        return current;
    }

    /** Whose login the looks at nodes use, the newest that was given; the first call begins to look. */
    public void watchAs(Credentials credentials) {}

    /** A session has lost a connection, or got none, that it wanted when the node was at this generation. */
    public void lost(String node, long generation, String reason) {
        happened(new TopologyEvent.Lost(node, generation, reason));
    }

    /** Tells the listener of each change from now on. */
    public void addListener(TopologyListener listener) {
        listeners.add(listener);
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
                tell(before, after);
            }
        } finally {
            lock.unlock();
        }
    }

    private void tell(Topology before, Topology after) {
        for (TopologyListener listener : listeners) {
            try {
                listener.changed(before, after);
            } catch (RuntimeException e) { // one listener must not keep the others from hearing
                LOG.warn("a listener of the topology of cluster {} failed", maps.cluster(), e);
            }
        }
    }

    @Override
    public void close() {
        maps.removeListener(onMap);
    }
}
