package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.metadata.store.MetadataException;
import io.pgplex.metadata.store.Snapshot;
import io.pgplex.metadata.store.etcd.EtcdOptions;
import io.pgplex.metadata.store.etcd.EtcdStore;
import io.pgplex.testkit.EtcdServer;
import io.pgplex.testkit.PostgresServer;
import io.pgplex.testkit.Servers;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * What a program leaves behind: threads of this JVM, sessions of the servers, keys of etcd. Servers that do not run are
 * left out.
 *
 * @param threads by identity, since names come again
 * @param sessions process ids by server
 * @param keys keys with the revision of their last change
 */
record Footprint(Set<Thread> threads, Map<String, Set<Integer>> sessions, Map<String, Long> keys) {

    /** Threads that the JVM, pgjdbc and gRPC start once, whatever the number of connections, and end or keep as they like. */
    private static final Set<String> STRAGGLERS = Set.of(
            "Attach Listener",
            "Common-Cleaner",
            "PostgreSQL-JDBC-Cleaner",
            "grpc-shared-destroyer-0",
            "pgplex-closer",
            "CompletableFutureDelayScheduler");

    /** Longer than the minute for which gRPC keeps an idle thread while any of the JVM's channels is open. */
    private static final Duration PATIENCE = Duration.ofSeconds(75);

    static Footprint of(Servers servers) {
        // threads last: looking at the servers and etcd starts some, which are not the driver's
        Map<String, Long> keys = servers.hasEtcd() ? keys(servers.etcd()) : Map.of();
        Map<String, Set<Integer>> sessions = allSessions(servers);
        return new Footprint(liveThreads(), sessions, keys);
    }

    private static Map<String, Set<Integer>> allSessions(Servers servers) {
        Map<String, Set<Integer>> sessions = new HashMap<>();
        for (PostgresServer server : servers.primaries()) {
            if (server.isRunning()) {
                sessions.put(server.name(), sessions(server));
            }
        }
        return sessions;
    }

    private static Set<Thread> liveThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !STRAGGLERS.contains(thread.getName()))
                .filter(thread -> !thread.getName().startsWith("process reaper"))
                .filter(thread -> !thread.getName().startsWith("grpc-default-executor"))
                .filter(thread -> !thread.getName().startsWith("ForkJoinPool.commonPool"))
                .filter(thread -> !thread.getName().startsWith("pgplex-link"))
                .collect(Collectors.toSet());
    }

    private static Set<Integer> sessions(PostgresServer server) {
        try (Connection connection = server.connect("postgres");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pid FROM pg_stat_activity"
                        + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")) {
            Set<Integer> sessions = new HashSet<>();
            while (rows.next()) {
                sessions.add(rows.getInt(1));
            }
            return sessions;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, Long> keys(EtcdServer etcd) {
        if (!etcd.isRunning()) {
            return Map.of();
        }
        try (EtcdStore store = EtcdStore.open(EtcdOptions.of(Duration.ofSeconds(5), URI.create(etcd.endpoint())))) {
            Snapshot all = store.read("/pgplex/");
            return all.pairs().stream().collect(Collectors.toMap(pair -> pair.key(), pair -> pair.modRevision()));
        } catch (MetadataException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until nothing is there that was not there before; fails with what is left. */
    void awaitNothingNew(Servers servers) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        List<String> left = left(servers);
        while (!left.isEmpty() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(50);
            left = left(servers);
        }
        assertThat(left).isEmpty();
        // only once, and at the end: each look at etcd starts threads of its own
        assertThat(newKeys(servers)).isEmpty();
    }

    /** Waits until no thread is there that was not there before, while servers may hang. */
    void awaitNoNewThreads() throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!newThreads(liveThreads()).isEmpty() && System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(newThreads(liveThreads())).isEmpty();
    }

    private Set<String> newThreads(Set<Thread> now) {
        return now.stream()
                .filter(thread -> thread.isAlive() && !threads.contains(thread))
                .map(thread -> "thread " + thread.getName())
                .collect(Collectors.toSet());
    }

    private List<String> left(Servers servers) {
        Set<String> left = new HashSet<>(newThreads(liveThreads()));
        allSessions(servers).forEach((server, pids) -> pids.stream()
                .filter(pid -> !sessions.getOrDefault(server, Set.of()).contains(pid))
                .forEach(pid -> left.add("session " + pid + " of " + server)));
        return List.copyOf(left);
    }

    /** Keys that are new, changed or gone. */
    private Set<String> newKeys(Servers servers) {
        Map<String, Long> now = servers.hasEtcd() ? keys(servers.etcd()) : Map.of();
        Set<String> changed = new HashSet<>(now.keySet());
        changed.addAll(keys.keySet());
        changed.removeIf(key -> Objects.equals(now.get(key), keys.get(key)));
        // a client that was there before may have ended meanwhile, and its leases with it
        changed.removeIf(key -> !now.containsKey(key) && (key.contains("/clients/") || key.contains("/arbiter/")));
        return changed;
    }
}
