package io.pgplex.testkit;

import java.util.List;

/**
 * A real etcd, or one member of it, on a loopback port, without TLS, whose data outlive a restart.
 *
 * <p>The methods that start and end it are for one thread at a time.
 */
public interface EtcdServer extends AutoCloseable {
    /**
     * Finds an etcd and starts it: the file that the system property {@code pgplex.testkit.etcd} or the
     * environment variable {@code PGPLEX_ETCD} names, one on the {@code PATH}, one in Docker, or Debian's
     * package, unpacked into the user's cache.
     *
     * @throws EtcdUnavailableException when there is none; the message says what was tried
     */
    static EtcdServer launch() {
        return launch(1).get(0);
    }

    /**
     * Starts the members of one etcd, which goes on while more than half of them run. Several members need an etcd program on
     * this machine, and not only Docker.
     *
     * @throws EtcdUnavailableException when there is none; the message says what was tried
     */
    static List<EtcdServer> launch(int members) {
        return EtcdLauncher.launch(members);
    }

    default String host() {
        return "127.0.0.1";
    }

    /** The port that clients connect to; it stays the same over restarts. */
    int port();

    /** The address as etcd's clients want it: {@code http://127.0.0.1:<port>}. */
    default String endpoint() {
        return "http://" + host() + ":" + port();
    }

    boolean isRunning();

    /** Starts a stopped or killed etcd with the data it had, and waits until it is healthy. */
    void start();

    /** Ends it in order. */
    void stop();

    /** Ends it with {@code kill -9}. */
    void kill();

    /** Stops it where it stands: connections stay open, nothing answers. */
    void pause();

    /** Lets a paused etcd go on. */
    void resume();

    /** Stops it, if it runs, and starts it again. */
    default void restart() {
        if (isRunning()) {
            stop();
        }
        start();
    }

    /** Ends it at once, however it is, and removes its data. */
    @Override
    void close();
}
