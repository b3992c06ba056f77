package io.pgplex.jdbc.arbiter;

import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.store.Lease;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import io.pgplex.metadata.store.Transaction;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Tells the cluster's other clients that this one lives: a key {@code clients/<id>} under a lease. Thread-safe.
 *
 * <p>Nothing depends on it but how long arbiters leave alone what this client has prepared. So it is taken in the background,
 * and again when it was lost, and no commit waits for it.
 */
public final class ClientLease implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClientLease.class);

    /** How long a client that died counts as living. */
    static final Duration TIME_TO_LIVE = Duration.ofSeconds(5);

    /** The pause after a failure. */
    private static final Duration AGAIN = Duration.ofSeconds(1);

    /** Seconds for which the thread outlives its last task. */
    private static final long IDLE_THREAD_SECONDS = 1;

    /** One for each time that this JVM opens a cluster: each has a key of its own. */
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final MetadataStore store;
    private final String id;
    private final String key;

    /** What shall stand under this client's other keys. */
    private final Map<String, String> said = new ConcurrentHashMap<>();

    private final ScheduledThreadPoolExecutor thread;
    /** Confined to the thread, until it has ended, as the next. */
    private @Nullable Lease lease;

    /** What stands under the other keys. */
    private final Map<String, String> stored = new HashMap<>();

    private boolean isReported;
    private volatile boolean closed;

    /** Begins to take the lease. */
    public ClientLease(MetadataStore store, String cluster) {
        this.store = store;
        this.id = Clients.id(GlobalTransactionId.client(), NUMBER.incrementAndGet());
        this.key = new ClusterKeys(cluster).client(id);
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread fresh = new Thread(task, "pgplex-client-" + cluster);
            fresh.setDaemon(true);
            return fresh;
        });
        thread.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        plan(this::take, Duration.ZERO);
    }

    /** What this client's key ends with. */
    public String id() {
        return id;
    }

    /**
     * Puts a key that vanishes with this client, in the background, and as often as it takes.
     *
     * @param value null to remove the key
     */
    public void say(String other, @Nullable String value) {
        boolean news = value == null ? said.remove(other) != null : !value.equals(said.put(other, value));
        if (news) {
            plan(this::tell, Duration.ZERO);
        }
    }

    private void plan(Runnable task, Duration delay) {
        try {
            ScheduledFuture<?> ignored = thread.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            LOG.trace("the cluster's connections are closed, and its client is about to be gone");
        }
    }

    private void take() {
        try {
            Lease fresh = store.grantLease(TIME_TO_LIVE, () -> plan(this::take, Duration.ZERO));
            lease = fresh;
            String document = Clients.document(
                    GlobalTransactionId.client(), ProcessHandle.current().pid());
            Map<String, String> others = Map.copyOf(said);
            Transaction.Builder puts = Transaction.builder().put(key, document, fresh);
            others.forEach((other, value) -> puts.put(other, value, fresh));
            store.commit(puts.build());
            stored.clear();
            stored.putAll(others);
            isReported = false;
            tell(); // what was said meanwhile
            if (closed) {
                end();
            }
        } catch (MetadataException | RuntimeException e) { // one failure must not end the attempts
            LOG.atLevel(isReported ? Level.TRACE : Level.DEBUG)
                    .setCause(e)
                    .log("{} is not there: until it is, arbiters may take this client for a dead one", key);
            isReported = true;
            end();
            plan(this::take, AGAIN);
        }
    }

    private void tell() {
        Lease held = lease;
        Map<String, String> others = Map.copyOf(said);
        if (held == null || !held.isAlive() || others.equals(stored)) {
            return; // take() will tell
        }
        Transaction.Builder changes = Transaction.builder();
        others.forEach((other, value) -> {
            if (!value.equals(stored.get(other))) {
                changes.put(other, value, held);
            }
        });
        stored.keySet().stream().filter(other -> !others.containsKey(other)).forEach(changes::delete);
        try {
            store.commit(changes.build());
            stored.clear();
            stored.putAll(others);
        } catch (MetadataException | RuntimeException e) { // one failure must not end the attempts
            LOG.debug("{} could not be changed yet", key, e);
            plan(this::tell, AGAIN);
        }
    }

    private void end() {
        Lease ending = lease;
        lease = null;
        if (ending != null) {
            ending.close();
        }
    }

    /** Gives the lease back, and with it the key; where the store cannot be reached, it runs out. */
    @Override
    public void close() {
        closed = true;
        // not interrupted: the store would not know whether the client has heard of a lease that it has just granted
        thread.shutdown();
        boolean interrupted = false;
        try {
            // each call of the store has a timeout
            boolean ignored = thread.awaitTermination(TIME_TO_LIVE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        end();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
