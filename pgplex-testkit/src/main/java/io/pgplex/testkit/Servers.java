package io.pgplex.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers of a cluster and its etcd, running, but not told of each other yet.
 *
 * <p>Thread-safe, but for {@link #close()}.
 */
public final class Servers implements AutoCloseable {
    /** A primary and the standbys that follow it. */
    public record Shard(String name, PostgresServer primary, List<PostgresServer> standbys) {}

    private static final Logger LOGGER = LoggerFactory.getLogger(Servers.class);

    private final Topology topology;
    private final List<AutoCloseable> started = Collections.synchronizedList(new ArrayList<>());
    private final ReentrantLock referenceLock = new ReentrantLock();
    private List<Shard> shards = List.of();
    private List<EtcdServer> etcd = List.of();
    private @Nullable PostgresServer reference;

    private Servers(Topology topology) {
        this.topology = topology;
    }

    /**
     * Starts everything at once and waits until all of it accepts connections.
     *
     * @throws ServerException when something does not start; nothing is left running then
     */
    public static Servers start(Topology topology) {
        Servers servers = new Servers(topology);
        try {
            servers.startAll();
            return servers;
        } catch (RuntimeException e) {
            servers.close();
            throw e;
        }
    }

    private void startAll() {
        ExecutorService threads = Executors.newFixedThreadPool(topology.shards() + 1, task -> {
            Thread thread = new Thread(task, "pgplex-testkit-start");
            thread.setDaemon(true);
            return thread;
        });
        try {
            Future<List<EtcdServer>> startedEtcd = threads.submit(this::startEtcd);
            List<Future<Shard>> startedShards = IntStream.rangeClosed(1, topology.shards())
                    .mapToObj(number -> threads.submit((Callable<Shard>) () -> startShard(number)))
                    .toList();
            shards = startedShards.stream().map(Servers::result).toList();
            etcd = result(startedEtcd);
        } finally {
            shutDown(threads);
        }
    }

    /** Waits for the rest when one has failed, so that what is closed afterwards is everything. */
    private static void shutDown(ExecutorService threads) {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(5, TimeUnit.MINUTES)) {
                throw new ServerException("servers are still starting");
            }
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        }
    }

    private List<EtcdServer> startEtcd() {
        if (topology.etcd() == Topology.EtcdUse.NONE) {
            return List.of();
        }
        try {
            List<EtcdServer> members = EtcdServer.launch(topology.etcdMembers());
            started.addAll(members);
            return members;
        } catch (EtcdUnavailableException e) {
            if (topology.etcd() == Topology.EtcdUse.REQUIRED) {
                throw e;
            }
            LOGGER.warn("going on without etcd: {}", e.getMessage());
            return List.of();
        }
    }

    private Shard startShard(int number) {
        PostgresServer primary = startPrimary("pg" + number);
        List<PostgresServer> standbys = new ArrayList<>();
        for (int standby = 1; standby <= topology.standbys(); standby++) {
            PostgresServer server = primary.createStandby(primary.name() + "_r" + standby, topology.synchronous());
            started.add(server);
            standbys.add(server);
        }
        // with a single standby the one that is promoted has nobody to wait for
        if (topology.synchronous() && standbys.size() > 1) {
            List<PostgresServer> members = new ArrayList<>(standbys);
            members.add(primary);
            standbys.forEach(standby -> Standby.setSynchronous(standby, othersQuoted(members, standby)));
        }
        return new Shard("s" + number, primary, List.copyOf(standbys));
    }

    private static List<String> othersQuoted(List<PostgresServer> members, PostgresServer one) {
        return members.stream()
                .filter(member -> member != one)
                .map(member -> PostgresServer.quoted(member.name()))
                .toList();
    }

    private PostgresServer startPrimary(String name) {
        PostgresServer server = PostgresServer.builder(name)
                .locale(topology.locale())
                .passwords(topology.passwords())
                .link(topology.links())
                .start();
        started.add(server);
        return server;
    }

    private static <T extends @Nullable Object> T result(Future<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            throw Waiting.interrupted(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new ServerException("could not start a server", e);
        }
    }

    public Topology topology() {
        return topology;
    }

    /** The shards in the order of their names: s1 with primary pg1, s2 with primary pg2, ... */
    public List<Shard> shards() {
        return shards;
    }

    /** The servers that were started as primaries, in the order of their names. */
    public List<PostgresServer> primaries() {
        return shards.stream().map(Shard::primary).toList();
    }

    /** A primary or standby by its name, such as pg1 or pg1_r1. */
    public PostgresServer server(String name) {
        for (Shard shard : shards) {
            if (shard.primary().name().equals(name)) {
                return shard.primary();
            }
            for (PostgresServer standby : shard.standbys()) {
                if (standby.name().equals(name)) {
                    return standby;
                }
            }
        }
        throw new IllegalArgumentException("there is no server " + name);
    }

    public boolean hasEtcd() {
        return !etcd.isEmpty();
    }

    /** The etcd, or its first member; an error when there is none. */
    public EtcdServer etcd() {
        return etcdMembers().get(0);
    }

    /** The members of the etcd; an error when there is none. */
    public List<EtcdServer> etcdMembers() {
        if (etcd.isEmpty()) {
            throw new EtcdUnavailableException("these servers were started without etcd");
        }
        return etcd;
    }

    /** The member that leads the etcd now; waits while there is none. */
    public EtcdServer etcdLeader() {
        return EtcdHealth.awaitLeader(etcdMembers());
    }

    /**
     * One more plain server with the same locale, which is no part of the cluster: the reference to compare
     * answers with. It is started when first asked for.
     */
    public PostgresServer reference() {
        referenceLock.lock();
        try {
            PostgresServer present = reference;
            if (present == null) {
                present = PostgresServer.builder("reference")
                        .locale(topology.locale())
                        .passwords(topology.passwords())
                        .start();
                started.add(present);
                reference = present;
            }
            return present;
        } finally {
            referenceLock.unlock();
        }
    }

    /** Ends every server and removes what it stored. */
    @Override
    public void close() {
        List<AutoCloseable> all = List.copyOf(started);
        started.clear();
        all.parallelStream().forEach(Servers::close);
    }

    private static void close(AutoCloseable server) {
        if (server instanceof PostgresServer postgres) {
            postgres.close();
        } else if (server instanceof EtcdServer etcdServer) {
            etcdServer.close();
        }
    }
}
