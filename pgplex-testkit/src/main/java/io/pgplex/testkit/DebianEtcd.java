package io.pgplex.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Debian's package etcd-server, downloaded and unpacked into the user's cache without being installed.
 *
 * <p>That needs no root, and leaves apt's own state alone: package lists that are fetched, because there
 * are none or they are too old, go into a temporary directory.
 */
final class DebianEtcd {
    private static final Duration DOWNLOAD_LIMIT = Duration.ofMinutes(2);
    private static final String PACKAGE = "etcd-server";

    private DebianEtcd() {}

    /** The program, downloaded unless it was before; null, with a reason added, when it cannot be had. */
    static @Nullable Path binary(List<String> reasons) {
        if (!Command.succeeds("apt-get", "--version") || !Command.succeeds("dpkg-deb", "--version")) {
            reasons.add("this is not a Debian to download its package " + PACKAGE + " from");
            return null;
        }
        try {
            return CacheDirectory.entry(PACKAGE, DebianEtcd::fill).resolve("usr/bin/etcd");
        } catch (ServerException | UncheckedIOException e) {
            reasons.add("Debian's package " + PACKAGE + " could not be had: " + e.getMessage());
            return null;
        }
    }

    private static void fill(Path target) throws IOException {
        Path work = Files.createTempDirectory("pgplex-apt-");
        try {
            Path archive = download(work);
            Command.Result unpacked =
                    Command.run(work, DOWNLOAD_LIMIT, List.of("dpkg-deb", "-x", archive.toString(), target.toString()));
            if (!unpacked.succeeded() || !Files.isExecutable(target.resolve("usr/bin/etcd"))) {
                throw new ServerException("dpkg-deb: " + unpacked.output());
            }
        } finally {
            Directories.delete(work);
        }
    }

    private static Path download(Path work) throws IOException {
        if (!aptGet(work, List.of(), "download", PACKAGE).succeeded()) {
            Path lists = Files.createDirectories(work.resolve("lists/partial")).resolveSibling("");
            Path cache = Files.createDirectories(work.resolve("cache/archives/partial"));
            List<String> own = List.of(
                    "-o", "Dir::State::lists=" + lists,
                    "-o", "Dir::Cache=" + cache.resolve("../..").normalize());
            aptGet(work, own, "update");
            Command.Result second = aptGet(work, own, "download", PACKAGE);
            if (!second.succeeded()) {
                throw new ServerException("apt-get: " + second.output());
            }
        }
        try (Stream<Path> files = Files.list(work)) {
            return files.filter(file -> file.toString().endsWith(".deb"))
                    .findFirst()
                    .orElseThrow(() -> new ServerException("apt-get downloaded nothing"));
        }
    }

    private static Command.Result aptGet(Path work, List<String> options, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("apt-get", "--quiet"));
        // apt's unprivileged user cannot write into our directory, and apt would warn of it
        command.addAll(List.of("-o", "APT::Sandbox::User=root"));
        command.addAll(options);
        command.addAll(List.of(arguments));
        return Command.run(work, DOWNLOAD_LIMIT, command);
    }
}
