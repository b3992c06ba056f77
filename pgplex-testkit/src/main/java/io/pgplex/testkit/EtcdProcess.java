package io.pgplex.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An etcd that runs as a process of this machine. */
final class EtcdProcess implements EtcdServer {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Path binary;
    private final String name;
    private final Path directory;
    private final int port;
    private final int peerPort;
    /** The peer ports of all members by name. */
    private final Map<String, Integer> members;

    private volatile @Nullable ServerProcess process;

    private EtcdProcess(Path binary, String name, Map<String, Integer> members) {
        this.binary = binary;
        this.name = name;
        this.directory = RunDirectory.current().newSubdirectory(name);
        this.port = Ports.free();
        this.peerPort = Objects.requireNonNull(members.get(name));
        this.members = members;
    }

    /** Starts the members of an etcd, each with a data directory of its own. */
    static List<EtcdServer> launch(Path binary, int count) {
        Map<String, Integer> members = new TreeMap<>();
        for (int number = 1; number <= count; number++) {
            members.put("etcd" + number, Ports.free());
        }
        List<EtcdServer> launched = new ArrayList<>();
        members.keySet().forEach(name -> launched.add(new EtcdProcess(binary, name, Map.copyOf(members))));
        try {
            // none is healthy before most of them run
            List<CompletableFuture<Void>> starts = launched.stream()
                    .map(member -> CompletableFuture.runAsync(member::start, task -> new Thread(task).start()))
                    .toList();
            starts.forEach(CompletableFuture::join);
            return List.copyOf(launched);
        } catch (CompletionException e) {
            launched.forEach(EtcdServer::close);
            throw e.getCause() instanceof ServerException cause
                    ? cause
                    : new ServerException("could not start etcd", e);
        }
    }

    /**
     * The program's options: no fsync, since only processes die. A member of its own has nobody to wait for, so its intervals
     * are short; several keep etcd's own, as a busy machine needs.
     *
     * @param members the peer ports of all members by name
     */
    static List<String> options(
            String name,
            String dataDirectory,
            String listenHost,
            int port,
            int peerPort,
            Map<String, Integer> members) {
        boolean alone = members.size() == 1;
        String cluster = members.entrySet().stream()
                .map(member -> member.getKey() + "=" + peer(member.getValue()))
                .collect(Collectors.joining(","));
        return List.of(
                "--name=" + name,
                "--data-dir=" + dataDirectory,
                "--listen-client-urls=http://" + listenHost + ":" + port,
                "--advertise-client-urls=http://127.0.0.1:" + port,
                "--listen-peer-urls=" + peer(peerPort),
                "--initial-advertise-peer-urls=" + peer(peerPort),
                "--initial-cluster=" + cluster,
                "--heartbeat-interval=" + (alone ? 20 : 100),
                "--election-timeout=" + (alone ? 200 : 1000),
                "--log-level=warn",
                "--unsafe-no-fsync");
    }

    private static String peer(int port) {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public boolean isRunning() {
        ServerProcess current = process;
        return current != null && current.isAlive();
    }

    @Override
    public void start() {
        if (isRunning()) {
            throw new ServerException("etcd is running already");
        }
        List<String> command = new ArrayList<>(List.of(binary.toString()));
        command.addAll(options(name, directory.resolve("data").toString(), host(), port, peerPort, members));
        ServerProcess started = ServerProcess.start(command, directory, "KILL");
        process = started;
        Waiting.until(
                () -> !started.isAlive() || EtcdHealth.isGood(endpoint()),
                START_LIMIT,
                () -> "etcd did not start in time\n" + ServerProcess.endOfLog(directory));
        if (!started.isAlive()) {
            throw new ServerException("etcd did not start\n" + ServerProcess.endOfLog(directory));
        }
    }

    @Override
    public void stop() {
        running().stop("TERM", STOP_LIMIT);
    }

    @Override
    public void kill() {
        running().kill();
    }

    @Override
    public void pause() {
        running().pause();
    }

    @Override
    public void resume() {
        running().resume();
    }

    private ServerProcess running() {
        ServerProcess current = process;
        if (current == null || !current.isAlive()) {
            throw new ServerException("etcd is not running");
        }
        return current;
    }

    @Override
    public void close() {
        ServerProcess current = process;
        if (current != null && current.isAlive()) {
            current.quit();
        }
        Directories.delete(directory);
    }

    @Override
    public String toString() {
        return name + " (" + endpoint() + ")";
    }
}
