package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Debian's Patroni, the Python packages that it needs, and Debian's PostgreSQL 15 for it, without an install.
 *
 * @param root where the packages are unpacked
 */
record PatroniPrograms(Path root) {
    private static final String ENTRY = "patroni-postgresql-15";
    private static final String POSTGRES = "usr/lib/postgresql/15/bin";

    /** Debian's own interpreter: the packages hold binary modules for it alone. */
    private static final String PYTHON = "/usr/bin/python3";

    private static final Duration CHECK_LIMIT = Duration.ofSeconds(30);

    private static final List<String> PACKAGES = List.of(
            "patroni",
            "python3-etcd",
            "python3-cdiff",
            "python3-click",
            "python3-dateutil",
            "python3-wcwidth",
            "python3-prettytable",
            "python3-psutil",
            "python3-urllib3",
            "python3-psycopg2",
            "python3-dnspython",
            "python3-yaml",
            "python3-six",
            "python3-pkg-resources",
            "postgresql-15",
            "postgresql-client-15",
            "libpq5");

    private static final class Holder {
        static final PatroniPrograms INSTANCE = find();
    }

    /**
     * The programs, downloaded unless they were before.
     *
     * @throws PatroniUnavailableException when they cannot be had or do not run here
     */
    static PatroniPrograms get() {
        try {
            return Holder.INSTANCE;
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
            String reason = e.getCause() == null
                    ? "an earlier attempt failed"
                    : e.getCause().getMessage();
            throw new PatroniUnavailableException("Patroni cannot be had: " + reason);
        }
    }

    private static PatroniPrograms find() {
        String obstacle = DebianPackages.obstacle();
        if (obstacle != null) {
            throw new ServerException(obstacle);
        }
        try {
            PatroniPrograms programs = new PatroniPrograms(DebianPackages.unpacked(ENTRY, PACKAGES));
            programs.check(List.of(PYTHON, "-c", "import patroni, psycopg2, etcd, yaml"));
            programs.check(List.of(programs.postgres().resolve("postgres").toString(), "--version"));
            programs.check(List.of(programs.postgres().resolve("pg_basebackup").toString(), "--version"));
            return programs;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the libraries that the packages do not hold are on this machine shows when they are used. */
    private void check(List<String> command) throws IOException {
        Command.Result result = Command.run(root, CHECK_LIMIT, inEnvironment(command));
        if (!result.succeeded()) {
            throw new ServerException(command.get(0) + ": " + result.output());
        }
    }

    /** The directory of PostgreSQL's programs. */
    Path postgres() {
        return root.resolve(POSTGRES);
    }

    /** The command line of Patroni, with its configuration. */
    List<String> patroni(Path configuration) {
        return inEnvironment(List.of(PYTHON, "-m", "patroni", configuration.toString()));
    }

    private List<String> inEnvironment(List<String> command) {
        List<String> whole = new ArrayList<>(List.of(
                "env",
                "PYTHONPATH=" + root.resolve("usr/lib/python3/dist-packages"),
                "PYTHONDONTWRITEBYTECODE=1",
                "LD_LIBRARY_PATH=" + libraries()));
        whole.addAll(command);
        return whole;
    }

    /** Debian keeps libraries in a directory named after the architecture. */
    private Path libraries() {
        try (Stream<Path> below = Files.list(root.resolve("usr/lib"))) {
            return below.filter(directory -> Files.exists(directory.resolve("libpq.so.5")))
                    .findFirst()
                    .orElseThrow(() -> new ServerException("there is no libpq.so.5 below " + root));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
