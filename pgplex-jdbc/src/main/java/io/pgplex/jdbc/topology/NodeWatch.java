package io.pgplex.jdbc.topology;

import io.pgplex.jdbc.pool.Credentials;
import io.pgplex.metadata.model.Node;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at one node again and again, in a daemon thread of its own: one that hangs keeps nobody from looking at the others.
 */
final class NodeWatch implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeWatch.class);

    /** From the begin of one look to that of the next. */
    static final long INTERVAL_MILLIS = 250;

    /** The same, while a change is near: the node leads a shard but does not take its writes yet. */
    static final long EAGER_MILLIS = 50;

    /** Looks at {@link #EAGER_MILLIS} in a row; what has not happened after so many may never do. */
    static final int MOST_EAGER_LOOKS = 400;

    /** The shortest time between two looks, however many sessions ask for one. */
    static final long SHORTEST_MILLIS = 20;

    private final Node node;
    private final TopologyMonitor monitor;
    private final Thread thread;
    private final Semaphore asked = new Semaphore(0);
    private volatile @Nullable NodeProbe probe;
    private volatile boolean ended;
    private int eagerLooks;

    NodeWatch(Node node, TopologyMonitor monitor) {
        this.node = node;
        this.monitor = monitor;
        this.thread = new Thread(this, "pgplex-monitor-" + node.name());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    Node node() {
        return node;
    }

    /** Has the next look happen at once. */
    void ask() {
        asked.release();
    }

    /** Ends the thread soon; one that waits for its node first ends that. */
    void end() {
        ended = true;
        asked.release();
    }

    boolean hasEnded() {
        return !thread.isAlive();
    }

    /** Waits until the thread has ended, breaking off what it waits for, or until the time is over. */
    void awaitEnd(long deadlineNanos) throws InterruptedException {
        // one that waits for nothing closes its connection in good order
        thread.join(SHORTEST_MILLIS);
        NodeProbe current = probe;
        if (thread.isAlive() && current != null) {
            current.abort();
        }
        long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
        if (left > 0) {
            thread.join(left);
        }
    }

    @Override
    public void run() {
        try {
            while (!ended) {
                long began = System.nanoTime();
                lookOrReconnect();
                await(began);
            }
        } finally {
            disconnect();
        }
    }

    private void await(long began) {
        try {
            long elapsed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
            long left = Math.max(0, interval() - elapsed);
            if (asked.tryAcquire(left, TimeUnit.MILLISECONDS)) {
                long early = SHORTEST_MILLIS - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
                if (early > 0 && !ended) {
                    Thread.sleep(early);
                }
                asked.drainPermits();
            }
        } catch (InterruptedException e) {
            // nobody has a reason to; the loop ends when it is told to
            LOG.debug("the watch of node {} was interrupted", node.name());
        }
    }

    private long interval() {
        if (!monitor.isChangeNear(node.name())) {
            eagerLooks = 0;
            return INTERVAL_MILLIS;
        }
        return ++eagerLooks > MOST_EAGER_LOOKS ? INTERVAL_MILLIS : EAGER_MILLIS;
    }

    /** One look; where it fails on a connection that was open, another on a fresh one, since only that may be gone. */
    private void lookOrReconnect() {
        boolean wasOpen = probe != null;
        if (!look() && wasOpen && !ended) {
            look();
        }
    }

    /** One look; false where the connection is of no use any more. Nothing that goes wrong in it ends the thread. */
    private boolean look() {
        long since = monitor.nowMillis();
        try {
            NodeProbe open = probe;
            if (open == null) {
                open = connect();
                probe = open;
            }
            monitor.happened(this, new TopologyEvent.Seen(node.name(), open.look(), monitor.nowMillis()));
            return true;
        } catch (SQLException e) {
            disconnect();
            String reason = Objects.requireNonNullElse(e.getMessage(), e.toString());
            long now = monitor.nowMillis();
            monitor.happened(
                    this,
                    NodeProbe.isAnswer(e)
                            ? new TopologyEvent.Answered(node.name(), reason, now)
                            : missed(NodeProbe.isCertain(e), reason, since, now));
            return false;
        } catch (RuntimeException | Error e) { // whatever it is, the node must be looked at again
            LOG.warn("a look at node {} failed", node.name(), e);
            disconnect();
            monitor.happened(this, missed(false, e.toString(), since, monitor.nowMillis()));
            return false;
        }
    }

    /** Of a look that took longer than it may, the rest was this client's own pause, in which no server was asked. */
    private TopologyEvent missed(boolean certain, String reason, long since, long now) {
        long earliest = now - TimeUnit.SECONDS.toMillis(NodeProbe.TIMEOUT_SECONDS);
        return new TopologyEvent.Missed(node.name(), certain, reason, Math.max(since, earliest), now);
    }

    /** A connection by the newest login, or where the server refuses that, by another one that is known. */
    private NodeProbe connect() throws SQLException {
        List<Credentials> known = monitor.credentials();
        for (int i = 0; i < known.size() - 1; i++) {
            try {
                return NodeProbe.open(node, known.get(i));
            } catch (SQLException e) {
                if (!NodeProbe.isRefusedLogin(e)) {
                    throw e;
                }
            }
        }
        return NodeProbe.open(node, known.get(known.size() - 1));
    }

    private void disconnect() {
        NodeProbe open = probe;
        probe = null;
        if (open != null) {
            open.close();
        }
    }
}
