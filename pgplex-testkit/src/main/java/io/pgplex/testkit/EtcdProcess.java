package io.pgplex.testkit;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An etcd that runs as a process of this machine. */
final class EtcdProcess implements EtcdServer {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final Path binary;
    private final Path directory;
    private final int port;
    private final int peerPort;
    private volatile @Nullable ServerProcess process;

    private EtcdProcess(Path binary, Path directory) {
        this.binary = binary;
        this.directory = directory;
        this.port = Ports.free();
        this.peerPort = Ports.free();
    }

    /** Starts an etcd with a data directory of its own. */
    static EtcdProcess launch(Path binary) {
        EtcdProcess etcd = new EtcdProcess(binary, RunDirectory.current().newSubdirectory("etcd"));
        try {
            etcd.start();
            return etcd;
        } catch (RuntimeException e) {
            etcd.close();
            throw e;
        }
    }

    /** Short intervals, since a member of its own has nobody to wait for; no fsync, since only processes die. */
    static List<String> options(String dataDirectory, String listenHost, int port, int peerPort) {
        String peer = "http://127.0.0.1:" + peerPort;
        return List.of(
                "--name=testkit",
                "--data-dir=" + dataDirectory,
                "--listen-client-urls=http://" + listenHost + ":" + port,
                "--advertise-client-urls=http://127.0.0.1:" + port,
                "--listen-peer-urls=" + peer,
                "--initial-advertise-peer-urls=" + peer,
                "--initial-cluster=testkit=" + peer,
                "--heartbeat-interval=20",
                "--election-timeout=200",
                "--log-level=warn",
                "--unsafe-no-fsync");
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
        command.addAll(options(directory.resolve("data").toString(), host(), port, peerPort));
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
        return "etcd (" + endpoint() + ")";
    }
}
