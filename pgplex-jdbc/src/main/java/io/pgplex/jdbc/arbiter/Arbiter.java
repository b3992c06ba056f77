package io.pgplex.jdbc.arbiter;

import io.pgplex.jdbc.transaction.GlobalTransactionId;
import io.pgplex.jdbc.transaction.InDoubtResolver;
import io.pgplex.jdbc.transaction.Settled;
import io.pgplex.jdbc.transaction.ShardAccess;
import io.pgplex.metadata.cache.Clients;
import io.pgplex.metadata.cache.ClusterKeys;
import io.pgplex.metadata.cache.ClusterMapCache;
import io.pgplex.metadata.model.ClusterMap;
import io.pgplex.metadata.model.Table;
import io.pgplex.metadata.store.Election;
import io.pgplex.metadata.store.Leadership;
import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.MetadataStore;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settles what crashed clients leave behind, while it is the one that the clients of its role have elected. It has a thread of
 * its own; {@link #as} and {@link #close} may be called by any.
 *
 * <p>The election only saves work: whatever an arbiter does is decided by rows on the shards. So while the metadata store is
 * away and nobody can be elected, each does it by itself, but seldom, and waits for nobody's lease to end.
 */
final class Arbiter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Arbiter.class);

    /** From one look at the shards to the next. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** The same while the store is away, and every client looks. */
    private static final Duration PAUSE_ALONE = Duration.ofSeconds(20);

    /** Every so many looks commit records are looked after too. */
    private static final int LOOKS_BETWEEN_CLEANING = 10;

    /** How long a dead arbiter is missed. */
    private static final Duration TIME_TO_LIVE = Duration.ofSeconds(5);

    /** A candidate waits as long as others lead. */
    private static final Duration FOR_EVER = Duration.ofDays(10_000);

    private static final long CLOSE_MILLIS = 5_000;

    private final ClusterMapCache maps;
    private final Election election;
    private final String role;
    private final InDoubtResolver resolver;
    private final Thread thread;
    private volatile ShardAccess shards;
    private volatile boolean closed;

    /** What was told before and need not be told again. Confined to the thread, as all below. */
    private Set<String> known = Set.of();

    private @Nullable Leadership leadership;
    private long looks;

    /** Begins to stand for election. */
    Arbiter(MetadataStore store, ClusterMapCache maps, String role, ShardAccess shards) {
        this.maps = maps;
        this.role = role;
        this.shards = shards;
        this.election = new Election(store, new ClusterKeys(maps.cluster()).arbiter(role), TIME_TO_LIVE);
        this.resolver = new InDoubtResolver(maps.cluster(), store);
        this.thread = new Thread(this::run, "pgplex-arbiter-" + maps.cluster());
        thread.setDaemon(true);
        thread.start();
    }

    /** Whose connections it uses from now on. */
    void as(ShardAccess others) {
        shards = others;
    }

    ShardAccess shards() {
        return shards;
    }

    private void run() {
        Duration pause = PAUSE;
        while (!closed) {
            try {
                TimeUnit.NANOSECONDS.sleep(pause.toNanos());
                pause = round();
            } catch (InterruptedException e) {
                // close() wants us gone; anybody else's interrupt is nothing
                pause = PAUSE;
            } catch (RuntimeException e) { // one failure must not end recovery
                LOG.warn("recovery of cluster {} failed; it goes on", maps.cluster(), e);
                pause = PAUSE_ALONE;
            }
        }
        boolean ignored = Thread.interrupted(); // which would keep the store from being told
        resign();
    }

    /** Looks once, if there may be anything to see; the pause until the next time. */
    private Duration round() throws InterruptedException {
        ClusterMap map = maps.current();
        if (map == null || !mayHoldAnything(map)) {
            return PAUSE;
        }
        boolean elected = isElected();
        ClusterMap now = maps.current();
        if (now == null) {
            return PAUSE;
        }
        boolean clean = elected && looks++ % LOOKS_BETWEEN_CLEANING == 0;
        List<Settled> told = resolver.arbitrate(now, shards, clean);
        tell(told);
        return elected ? PAUSE : PAUSE_ALONE;
    }

    /** On one shard no transaction is prepared, and no table is announced that a crash could leave so, but by definitions. */
    private static boolean mayHoldAnything(ClusterMap map) {
        return map.shards().size() > 1
                || map.tables().values().stream().anyMatch(table -> table.state() == Table.State.CREATING);
    }

    /** Waits until it is elected; false when the store is away. */
    private boolean isElected() throws InterruptedException {
        Leadership held = leadership;
        if (held != null && held.isHeld()) {
            return true;
        }
        resign();
        try {
            String candidate = Clients.document(
                    GlobalTransactionId.client(), ProcessHandle.current().pid());
            leadership = election.campaign(candidate, FOR_EVER, () -> {});
            LOG.debug("this client is the arbiter of role {} in cluster {}", role, maps.cluster());
            return true;
        } catch (MetadataException e) {
            LOG.debug("no arbiter of cluster {} can be elected now: {}", maps.cluster(), e.getMessage());
            return false;
        }
    }

    private void tell(List<Settled> told) {
        Set<String> left = new HashSet<>();
        for (Settled one : told) {
            if (one.done()) {
                LOG.info(
                        "cluster {}, transaction {}, shard {}: {}",
                        maps.cluster(),
                        one.gtxid(),
                        one.shard(),
                        one.action());
            } else if (left.add(one.topic()) && !known.contains(one.topic())) {
                LOG.warn(
                        "cluster {}, transaction {}, shard {}: not settled yet, {}",
                        maps.cluster(),
                        one.gtxid(),
                        one.shard(),
                        one.action());
            }
        }
        known = left;
    }

    private void resign() {
        Leadership ending = leadership;
        leadership = null;
        if (ending != null) {
            ending.close();
        }
    }

    /** Ends, and lets another be elected. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
