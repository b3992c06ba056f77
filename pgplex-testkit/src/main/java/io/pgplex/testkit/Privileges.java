package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * How PostgreSQL, which refuses to run as root, is run all the same when this JVM is root.
 *
 * <p>The programs put in front replace themselves with the server, so that the process stays a direct
 * child of this JVM.
 */
enum Privileges {
    /** Nothing to drop: this JVM is not root. */
    ORDINARY,
    /** In a user namespace of its own the server is nobody, and yet owns root's files. */
    NAMESPACE,
    /** The server is another user, and must be given its files. */
    OTHER_USER;

    private static final int NOBODY = 65534;

    private static final class Holder {
        static final Privileges CURRENT = choose();
    }

    static Privileges current() {
        return Holder.CURRENT;
    }

    private static Privileges choose() {
        if (!isRoot()) {
            return ORDINARY;
        }
        return Command.succeeds("unshare", "-U", "true") ? NAMESPACE : OTHER_USER;
    }

    private static boolean isRoot() {
        try {
            Path probe = Files.createTempFile("pgplex-owner-", "");
            try {
                return Integer.valueOf(0).equals(Files.getAttribute(probe, "unix:uid"));
            } finally {
                Files.delete(probe);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The command line that runs a PostgreSQL program with no more rights than it accepts. */
    List<String> run(List<String> command) {
        List<String> whole = new ArrayList<>(prefix());
        whole.addAll(command);
        return whole;
    }

    private List<String> prefix() {
        return switch (this) {
            case ORDINARY -> List.of();
            case NAMESPACE -> List.of("unshare", "-U");
            case OTHER_USER -> List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
        };
    }

    /** Makes a directory and all in it the server's own. */
    void handOver(Path directory) {
        if (this != OTHER_USER) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.setAttribute(path, "unix:uid", NOBODY);
                Files.setAttribute(path, "unix:gid", NOBODY);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the server can read what lies below this JVM's home directory. */
    boolean mayEnterHome() {
        return this != OTHER_USER;
    }
}
